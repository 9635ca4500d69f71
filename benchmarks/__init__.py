"""What the tap costs beside a bare loop over the same requests; `make bench` runs it."""

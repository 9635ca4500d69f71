"""The benchmark: the tap compared with a bare loop over the same requests. `make bench` runs it."""

"""The tests of the fleet: `make test-fleet`."""

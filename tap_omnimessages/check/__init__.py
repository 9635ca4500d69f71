"""Ask an API what its documents leave open, in a few dozen requests, before the first load."""

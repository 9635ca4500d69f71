"""Tools for maintaining the project; no part of the tap."""

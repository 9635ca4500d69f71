"""The answers of both APIs, computed from a world and the switches; no HTTP in here."""

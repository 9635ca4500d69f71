"""The switches: variants of the APIs, and faults."""

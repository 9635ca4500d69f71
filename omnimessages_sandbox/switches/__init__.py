"""What a user can switch: variants of the APIs, and faults."""

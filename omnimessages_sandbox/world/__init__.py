"""The invented account: its people, its records, and their state at any time."""

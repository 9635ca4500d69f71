"""What maintaining the project needs; no part of the tap."""

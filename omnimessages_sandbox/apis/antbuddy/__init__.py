"""AntBuddy's `GET /messages` (API page `antbuddy-get-omni-messages`)."""

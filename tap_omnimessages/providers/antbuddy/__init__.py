"""AntBuddy's omnichannel conversations (API page `antbuddy-get-omni-messages`)."""

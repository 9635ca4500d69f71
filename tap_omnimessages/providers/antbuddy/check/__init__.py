"""Questions about AntBuddy's API, and how to find the answers."""

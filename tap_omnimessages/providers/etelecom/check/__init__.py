"""Questions about eTelecom's API, and how to find the answers."""

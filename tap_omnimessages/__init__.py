"""Singer tap for AntBuddy omnichannel conversations and eTelecom ZNS notifications."""

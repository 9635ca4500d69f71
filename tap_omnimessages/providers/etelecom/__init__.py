"""eTelecom's ZNS notifications (API page `etelecom-list-messages`)."""

"""eTelecom's `POST ….Zalo/ListMessages` (API page `etelecom-list-messages`)."""

"""Follow a sync and show how far it is."""

"""One folder for each provider, and what they share."""

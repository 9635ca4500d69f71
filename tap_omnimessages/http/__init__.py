"""Talk to one API: requests, retries, throttling, failures."""

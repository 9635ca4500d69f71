"""The web server: routes, the control address, and injected faults."""

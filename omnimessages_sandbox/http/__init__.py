"""The web server: routes, control address and fault injection."""

"""Singer and singer-sdk: streams, state, output. The only place for private SDK hooks."""

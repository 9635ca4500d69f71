"""The responses of both APIs, computed from a world and the switches, without HTTP."""

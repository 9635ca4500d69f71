"""Where the sandbox serves: its host, and the base path of each API."""

from __future__ import annotations

HOST = "127.0.0.1"
ANTBUDDY_BASE = "/antbuddy"
ETELECOM_BASE = "/etelecom/v1/shop"
ETELECOM_BASES = (ETELECOM_BASE, "/etelecom/v1/partner")


class AddressTakenError(OSError):
    """The port is taken or not allowed; the text says why in one sentence."""

"""The host of the sandbox, and the base path of each API."""

from __future__ import annotations

HOST = "127.0.0.1"
ANTBUDDY_BASE = "/antbuddy"
ETELECOM_BASE = "/etelecom/v1/shop"
ETELECOM_BASES = (ETELECOM_BASE, "/etelecom/v1/partner")


class AddressTakenError(OSError):
    """The port is taken or not allowed; the text gives the reason in one sentence."""

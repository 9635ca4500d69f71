"""Remove NUL characters from JSON texts, because PostgreSQL and others cannot store them."""

from __future__ import annotations

import re

# How JSON writes the character; a backslash that is escaped itself begins no escape.
_ESCAPE = re.compile(rb"\\(?:(?P<nul>u0000)|.)", re.DOTALL)
NUL = rb"\u0000"


def remove_nul(text: bytes) -> tuple[bytes, int]:
    """Remove each NUL character from a JSON text.

    Args:
        text: A valid JSON text, in which the character can only be escaped.

    Returns:
        The text without them, and how many there were.
    """
    removed = 0

    def keep(found: re.Match[bytes]) -> bytes:
        nonlocal removed
        if found["nul"] is None:
            return found[0]
        removed += 1
        return b""

    return _ESCAPE.sub(keep, text), removed

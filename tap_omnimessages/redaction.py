"""Remove keys, phone numbers and long ids from text before it is logged."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_TEXT_CHARACTERS = 160
_LONG_NUMBER = re.compile(r"\+?\d(?:[\s.-]?\d){6,}")
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f]+")


def redact(text: str, secrets: Iterable[str]) -> str:
    """Make an API's text safe for a log: one short line without keys and phone numbers.

    An API may repeat in its errors what it was sent, or what it stores.

    Args:
        text: What the API wrote.
        secrets: The texts to remove, such as the API key.

    Returns:
        At most 160 characters.
    """
    for secret in secrets:
        text = text.replace(secret, "[key]")
    text = _BLANKS.sub(" ", mask_numbers(text)).strip()
    return text if len(text) <= _TEXT_CHARACTERS else f"{text[:_TEXT_CHARACTERS]}…"


def mask_numbers(text: str) -> str:
    """Replace numbers of seven and more digits, which may be phone numbers or ids."""
    return _LONG_NUMBER.sub("[number]", text)

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
    """Return an API's text as one short line that is safe for a log.

    An error of an API may repeat the request, or data that the API stores.

    Args:
        text: The text that the API sent.
        secrets: The texts to remove, such as the API key.

    Returns:
        At most 160 characters and an ellipsis, without secrets and long numbers.
    """
    for secret in secrets:
        text = text.replace(secret, "[key]")
    text = _BLANKS.sub(" ", mask_numbers(text)).strip()
    return text if len(text) <= _TEXT_CHARACTERS else f"{text[:_TEXT_CHARACTERS]}…"


def mask_numbers(text: str) -> str:
    """Replace each number of seven or more digits, which may be a phone number or an id."""
    return _LONG_NUMBER.sub("[number]", text)

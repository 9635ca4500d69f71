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
    """Make what an API said fit for a log: no key, no phone number, one short line.

    An API may repeat what it was sent, or what it holds.
    """
    for secret in secrets:
        text = text.replace(secret, "[key]")
    text = _BLANKS.sub(" ", mask_numbers(text)).strip()
    return text if len(text) <= _TEXT_CHARACTERS else f"{text[:_TEXT_CHARACTERS]}…"


def mask_numbers(text: str) -> str:
    """Replace what may be a phone number or an id."""
    return _LONG_NUMBER.sub("[number]", text)

"""Remove keys, phone numbers and long ids from text before it is logged."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable

_TEXT_CHARACTERS = 160
_LONG_NUMBER = re.compile(r"\+?\d(?:[\s.-]?\d){6,}")
# Keys that are ordinary words, such as the sandbox's: too short to be secret, and often in a text.
_ORDINARY = re.compile(r"[A-Z]?[a-z]{0,14}|[0-9]{1,5}|.{1,3}", re.DOTALL)
_ABOUT_KEYS = re.compile(r"key|token|secret|credential|auth|password|bearer", re.IGNORECASE)
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
        text = _mask_secret(text, secret)
    text = _BLANKS.sub(" ", mask_numbers(text)).strip()
    return text if len(text) <= _TEXT_CHARACTERS else f"{text[:_TEXT_CHARACTERS]}…"


def _mask_secret(text: str, secret: str) -> str:
    """Replace a secret in each form in which an API may repeat it.

    An ordinary word is replaced only where the text is about keys: "server fault 503" stays
    readable for a user whose key is "server".
    """
    if not secret:
        return text
    if _ORDINARY.fullmatch(secret):
        word = rf"(?<!\w){re.escape(secret)}(?!\w)"
        is_meant = text.strip() == secret or _ABOUT_KEYS.search(text)
        return re.sub(word, "[key]", text) if is_meant else text
    forms = {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "[key]")
    return text


def mask_numbers(text: str) -> str:
    """Replace each number of seven or more digits, which may be a phone number or an id."""
    return _LONG_NUMBER.sub("[number]", text)

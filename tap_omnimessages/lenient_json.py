"""A decoder for JSON that strict parsers refuse although its meaning is clear."""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import Any

import msgspec

# Python refuses to parse longer integers.
_MOST_DIGITS = 4000
# One escape in a JSON text: a surrogate pair, half of one, or any other.
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|\\.",
    re.DOTALL,
)
_decode_any = msgspec.json.Decoder().decode


def decode_row(text: bytes | msgspec.Raw) -> Any:  # noqa: ANN401 - any JSON value
    """Decode the JSON text of one row.

    Bytes that are not UTF-8 are replaced, and numbers too large for Python stay texts. Such faults
    show only here, because the rows of a response are left undecoded until they are read.

    Raises:
        json.JSONDecodeError: The text is not JSON even after its repair.
    """
    try:
        return _decode_any(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return json.loads(repair_json(bytes(text)), parse_float=_parse_float, parse_int=_parse_int)


def _parse_float(text: str) -> float | str:
    """Parse a number; keep the text of one that is too large for a double."""
    value = float(text)
    return value if isfinite(value) else text


def _parse_int(text: str) -> int | str:
    return int(text) if len(text) <= _MOST_DIGITS else text


def repair_json(body: bytes) -> bytes:
    """Replace invalid UTF-8 and lone surrogates in a JSON text, and nothing else.

    JavaScript that cuts a text in the middle of an emoji writes half a surrogate pair. That is no
    reason to lose a page.
    """
    text = body.decode("utf-8", "replace").encode()
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found["half"] else found[0], text)

"""Read JSON that a strict parser refuses but whose meaning is plain."""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import Any

import msgspec

# Python refuses to read longer ones.
_MOST_DIGITS = 4000
# One escape of a JSON text: a whole surrogate pair, half of one, or any other.
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|\\.",
    re.DOTALL,
)
_decode_any = msgspec.json.Decoder().decode


def decode_row(text: bytes | msgspec.Raw) -> Any:  # noqa: ANN401 - whatever the API put into its list
    """Decode one row of a decoded answer.

    A body is only skimmed where rows are kept as texts, so that oddities inside a row show up
    here: bytes that are no text, and numbers that no machine number can hold.
    """
    try:
        return _decode_any(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return json.loads(repair_json(bytes(text)), parse_float=_parse_float, parse_int=_parse_int)


def _parse_float(text: str) -> float | str:
    """Read a number, or keep its text where no machine number can hold it."""
    value = float(text)
    return value if isfinite(value) else text


def _parse_int(text: str) -> int | str:
    return int(text) if len(text) <= _MOST_DIGITS else text


def repair_json(body: bytes) -> bytes:
    """Replace in a JSON text what no strict parser accepts, and nothing else.

    JavaScript that cuts a text in the middle of an emoji writes half a surrogate pair: a page
    must not be lost for that.
    """
    text = body.decode("utf-8", "replace").encode()
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found["half"] else found[0], text)

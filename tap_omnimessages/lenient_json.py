"""A decoder for JSON that strict parsers refuse although its meaning is clear.

The rows of a response stay JSON texts until they are read. The decoder of the whole response finds
every fault of their structure; invalid UTF-8 and numbers that are too large show in a row only.
"""

from __future__ import annotations

import json
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from tap_omnimessages.json_repair import repair_json

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

# Python refuses to parse longer integers.
_MOST_DIGITS = 4000
# A double keeps any decimal of so few characters.
_EXACT_CHARACTERS = 16
# What a response may nest less deeply than the stack allows, for those who read and write its rows.
_RESERVED_FRAMES = 150


def parse_decimal(text: str) -> float | Decimal | str:
    """Parse a number with a fraction or an exponent.

    Returns:
        A double where it keeps every digit; else a `Decimal`, or the text of a number that is too
        large for a double.
    """
    value = float(text)
    if not isfinite(value):
        return text
    if len(text) <= _EXACT_CHARACTERS and (value or "e" not in text.lower()):
        return value
    exact = Decimal(text)
    return value if exact == Decimal(repr(value)) else exact


def _parse_int(text: str) -> int | str:
    return int(text) if len(text) <= _MOST_DIGITS else text


_decode_any = msgspec.json.Decoder(float_hook=parse_decimal).decode
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def decode_row(text: bytes | msgspec.Raw) -> Any:  # noqa: ANN401 - any JSON value
    """Decode the JSON text of one row, or of one of its values.

    Bytes that are not UTF-8 are replaced, and decimals keep their digits. Numbers too large for
    Python stay texts, as do values that are nested too deeply.

    Raises:
        json.JSONDecodeError: The text is not JSON even after its repair.
    """
    try:
        return _decode_any(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        repaired = repair_json(bytes(text))
    try:
        return json.loads(repaired, parse_float=parse_decimal, parse_int=_parse_int)
    except RecursionError:
        return repaired.decode()


def decode_fields(text: bytes | msgspec.Raw) -> dict[str, msgspec.Raw]:
    """Decode an object into its fields, which stay JSON texts.

    Raises:
        msgspec.MsgspecError: The text is not a JSON object even after its repair.
    """
    try:
        return _decode_fields(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _decode_fields(repair_json(bytes(text)))


def decode_reserved(decode: Callable[[bytes], T], text: bytes, frames: int = _RESERVED_FRAMES) -> T:
    """Call a decoder with less of the stack than there is.

    What a decoder accepts here is nested so little that nobody runs out of stack later.

    Raises:
        RecursionError: The text is nested too deeply.
    """
    return decode_reserved(decode, text, frames - 1) if frames else decode(text)

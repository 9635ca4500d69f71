"""Turning an answer's body into values, or into a failure that says what came instead."""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import Any, TypeVar

import msgspec

from tap_omnimessages.failures import Failure, error_fields

T = TypeVar("T")

_ABOUT_THE_KEY = re.compile(
    r"unauthori|unauthenticated|forbidden|api.?key|access.?token", re.IGNORECASE
)

_GOOD_CODES = {"", "0", "200", "ok", "success"}
# Python refuses to read longer ones.
_MOST_DIGITS = 4000
# One escape of a JSON text: a whole surrogate pair, half of one, or any other.
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|\\.",
    re.DOTALL,
)


def decode_body(body: bytes, decoder: msgspec.json.Decoder[T], needed: str) -> T:
    """Decode a body that came with status 200.

    Args:
        body: The body.
        decoder: Reads the form that a proper answer has.
        needed: What a proper answer holds, for the failure's text.

    Returns:
        The decoded answer.

    Raises:
        Failure: The body is no JSON or has not that form. It is retriable, since a gateway may
            have answered in the API's place.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        raise_if_error(body)
        raise lacks(needed) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return decoder.decode(mend(body))
    except msgspec.ValidationError:
        raise lacks(needed) from None
    except (msgspec.DecodeError, RecursionError):
        raise _explain(body) from None


_decode_any = msgspec.json.Decoder().decode


def decode_row(text: bytes | msgspec.Raw) -> Any:  # noqa: ANN401 - whatever the API put into its list
    """Decode one row of a decoded answer.

    A body is only skimmed where rows are kept as texts, so that oddities inside a row show up
    here: bytes that are no text, and numbers that no machine number can hold.
    """
    try:
        return _decode_any(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return json.loads(mend(bytes(text)), parse_float=_parse_float, parse_int=_parse_int)


def _parse_float(text: str) -> float | str:
    """Read a number, or keep its text where no machine number can hold it."""
    value = float(text)
    return value if isfinite(value) else text


def _parse_int(text: str) -> int | str:
    return int(text) if len(text) <= _MOST_DIGITS else text


def lacks(needed: str) -> Failure:
    """Say that an answer has not what it must have."""
    return Failure(f"the answer does not hold {needed}", retriable=True)


def is_false(value: Any) -> bool:  # noqa: ANN401 - any JSON value may come
    """Tell whether a field `success` says no: the APIs of this family write true or 1."""
    return not value or (isinstance(value, str) and value.lower() in {"false", "0"})


def raise_if_error(body: bytes, *, success: bool = True) -> None:
    """Raise a failure where a body with status 200 tells of an error (A14, E22).

    Args:
        body: The body.
        success: What the body says of its success, true if it says nothing.

    Raises:
        Failure: `success` is false, or the body has a code or a message. It is retriable unless
            it speaks of the key.
    """
    code, message = error_fields(body)
    if success and not (code or message):
        return
    words = ": ".join(part for part in (code, message) if part)
    text = "HTTP 200, but the answer tells of an error"
    if code in {"401", "403"} or _ABOUT_THE_KEY.search(words):
        raise Failure(text, retriable=False, words=words, status=401)
    raise Failure(text, retriable=True, words=words)


def raise_if_error_code(body: bytes) -> None:
    """Raise a failure where an empty list comes with an error's code (E22).

    Raises:
        Failure: As `raise_if_error`.
    """
    if error_fields(body)[0].lower() not in _GOOD_CODES:
        raise_if_error(body)


def mend(body: bytes) -> bytes:
    """Replace in a JSON text what no strict parser accepts, and nothing else.

    JavaScript that cuts a text in the middle of an emoji writes half a surrogate pair: a page
    must not be lost for that.
    """
    text = body.decode("utf-8", "replace").encode()
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found["half"] else found[0], text)


def _explain(body: bytes) -> Failure:
    """Say what came instead of JSON."""
    start = body.lstrip()[:1]
    if not start:
        return Failure("the answer is empty", retriable=True, no_answer=True)
    if start == b"<":
        hint = "Check the setting {url_setting}."
        what = "the answer is a web page instead of JSON"
        return Failure(what, retriable=True, no_answer=True, hint=hint)
    return Failure("the answer is not valid JSON, or was cut off", retriable=True)

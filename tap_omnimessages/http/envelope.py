"""Turning an answer's body into values, or into a failure that says what came instead."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from tap_omnimessages.http.failures import RequestFailure, error_fields
from tap_omnimessages.lenient_json import repair_json

T = TypeVar("T")

_ABOUT_THE_KEY = re.compile(
    r"unauthori|unauthenticated|forbidden|api.?key|access.?token", re.IGNORECASE
)

_GOOD_CODES = {"", "0", "200", "ok", "success"}


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
        raise missing_field(needed) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return decoder.decode(repair_json(body))
    except msgspec.ValidationError:
        raise missing_field(needed) from None
    except (msgspec.DecodeError, RecursionError):
        raise describe_body(body) from None


def missing_field(needed: str) -> RequestFailure:
    """Say that an answer has not what it must have."""
    return RequestFailure(f"the answer does not hold {needed}", retriable=True)


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
    api_message = ": ".join(part for part in (code, message) if part)
    text = "HTTP 200, but the answer tells of an error"
    if code in {"401", "403"} or _ABOUT_THE_KEY.search(api_message):
        raise RequestFailure(text, retriable=False, api_message=api_message, status=401)
    raise RequestFailure(text, retriable=True, api_message=api_message)


def raise_if_error_code(body: bytes) -> None:
    """Raise a failure where an empty list comes with an error's code (E22).

    Raises:
        Failure: As `raise_if_error`.
    """
    if error_fields(body)[0].lower() not in _GOOD_CODES:
        raise_if_error(body)


def describe_body(body: bytes) -> RequestFailure:
    """Say what came instead of JSON."""
    start = body.lstrip()[:1]
    if not start:
        return RequestFailure("the answer is empty", retriable=True, no_response=True)
    if start == b"<":
        hint = "Check the setting {url_setting}."
        what = "the answer is a web page instead of JSON"
        return RequestFailure(what, retriable=True, no_response=True, hint=hint)
    return RequestFailure("the answer is not valid JSON, or was cut off", retriable=True)

"""Decode the envelope of a response, or build the failure that describes what came instead.

Codes such as A14 are explained in docs/api-notes.md.
"""

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
        decoder: Decodes the shape of a usable response.
        needed: What a usable response contains, for the failure's text.

    Returns:
        The decoded body.

    Raises:
        RequestFailure: The body is no JSON, or has another shape. It is retriable, because a
            gateway may have responded in the API's place.
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
    """Build the failure for a response that lacks a required field."""
    return RequestFailure(f"the response does not contain {needed}", retriable=True)


def is_false(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Return whether a field `success` says no; the APIs write true or 1 for yes (A14)."""
    return not value or (isinstance(value, str) and value.lower() in {"false", "0"})


def raise_if_error(body: bytes, *, success: bool = True) -> None:
    """Raise a failure where a body with status 200 reports an error (A14, E22).

    Args:
        body: The body.
        success: The field `success` of the body; True where there is none.

    Raises:
        RequestFailure: `success` is false, or the body has a code or a message. It is retriable
            unless it mentions the API key.
    """
    code, message = error_fields(body)
    if success and not (code or message):
        return
    api_message = ": ".join(part for part in (code, message) if part)
    text = "HTTP 200, but the response reports an error"
    if code in {"401", "403"} or _ABOUT_THE_KEY.search(api_message):
        raise RequestFailure(text, retriable=False, api_message=api_message, status=401)
    raise RequestFailure(text, retriable=True, api_message=api_message)


def raise_if_error_code(body: bytes) -> None:
    """Raise a failure where an empty list comes with an error code (E22).

    Raises:
        RequestFailure: As `raise_if_error`.
    """
    if error_fields(body)[0].lower() not in _GOOD_CODES:
        raise_if_error(body)


def describe_body(body: bytes) -> RequestFailure:
    """Build the failure that describes what came instead of JSON."""
    start = body.lstrip()[:1]
    if not start:
        return RequestFailure("the response is empty", retriable=True, no_response=True)
    if start == b"<":
        hint = "Check the setting {url_setting}."
        what = "the response is a web page instead of JSON"
        return RequestFailure(what, retriable=True, no_response=True, hint=hint)
    return RequestFailure("the response is not valid JSON, or was cut off", retriable=True)

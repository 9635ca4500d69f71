"""Decode the envelope of a response, or build the failure that describes what came instead.

Codes such as A14 are explained in docs/api-notes.md.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from tap_omnimessages.http.failures import RequestFailure, error_fields
from tap_omnimessages.json_repair import describe_fault, looks_like_json, repair_json
from tap_omnimessages.lenient_json import decode_fields, decode_reserved, decode_row
from tap_omnimessages.redaction import redact

T = TypeVar("T")

_ABOUT_THE_KEY = re.compile(
    r"unauthori|unauthenticated|forbidden|api.?key|access.?token", re.IGNORECASE
)

_GOOD_CODES = {"", "0", "200", "ok", "success"}
# Names of fields that report trouble beside a list, wherever an API puts them.
_TROUBLE = re.compile(
    r"err|fail|time_?d?_?out|partial|truncat|incomplete|warn|throttl|exceed|degraded", re.IGNORECASE
)
_HARMLESS = {b"null", b"false", b"0", b'""', b"[]", b"{}", b'"0"', b'"false"'}
_STATUS_FIELDS = {"code", "statuscode", "status_code", "httpcode", "httpstatus"}
_TEXT_FIELDS = {"message", "msg", "detail", "details", "description", "reason", "title"}
# What an API may say beside an empty list without reporting trouble.
_BENIGN = re.compile(
    r"(ok|okay|success|successful|successfully|done|empty|found 0.*|0 .*found|"
    r"no (data|records?|rows?|results?|sessions?|messages?|items?)( found)?|"
    r"(get|list|fetch|query).{0,30}success(ful|fully)?|thành công|không có dữ liệu)[.!]?",
    re.IGNORECASE,
)
_YES = {"1", "200", "true", "y", "yes", "ok", "success", "successful", "succeeded", "done"}
_FIRST_ERROR_STATUS = 400


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
            gateway may have responded in the API's place, or the body may have been cut off.
    """
    try:
        return decode_reserved(decoder.decode, body)
    except msgspec.ValidationError:
        raise explain_missing(body, needed) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return decode_reserved(decoder.decode, repair_json(body))
    except msgspec.ValidationError:
        raise explain_missing(body, needed) from None
    except (msgspec.DecodeError, RecursionError):
        raise describe_body(body) from None


def explain_missing(body: bytes, needed: str) -> RequestFailure:
    """Build the failure for a response that lacks a required field.

    Args:
        body: The body, which is JSON.
        needed: What a usable response contains.

    Returns:
        A retriable failure: the error that the body reports, or else that the field is missing.
        Where everything in the body is empty, it may mean that there are no rows.
    """
    text = f"the response does not contain {needed}"
    try:
        content = decode_row(body)
    except ValueError:
        return RequestFailure(text, retriable=True)
    if _is_hollow(content):
        return RequestFailure(text, retriable=True, may_mean_no_rows=True)
    try:
        raise_if_error(body)
    except RequestFailure as failure:
        return failure
    return RequestFailure(text, retriable=True)


def _is_hollow(content: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Return whether a body holds nothing but empty values and words of success."""
    if not isinstance(content, dict):
        return content in (None, [])
    return all(_is_empty_or_success(name.lower(), value) for name, value in content.items())


def _is_empty_or_success(name: str, value: Any) -> bool:  # noqa: ANN401 - any JSON value
    text = str(value).strip().lower()
    if name in {"success", "status", "ok"}:
        return text in _YES
    if name in _STATUS_FIELDS:
        return text in _GOOD_CODES
    if name in _TEXT_FIELDS and isinstance(value, str):
        return not text or bool(_BENIGN.fullmatch(text))
    return value in ("", 0) or _is_hollow(value)


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


def describe_body(body: bytes) -> RequestFailure:
    """Build the failure that describes what came instead of JSON.

    A gateway may respond in the API's place for a while. JSON that is broken and comes again
    unchanged is the API's own; see `RequestFailure.is_broken`.
    """
    start = body.lstrip()[:1]
    if not start.strip(b"\x00"):
        return RequestFailure("the response is empty", retriable=True, no_response=True)
    if start == b"<":
        hint = "Check the setting {url_setting}."
        what = "the response is a web page instead of JSON"
        return RequestFailure(what, retriable=True, no_response=True, hint=hint)
    if looks_like_json(body):
        what = f"the API sends broken JSON: {describe_fault(body)}"
        hint = "Send this sentence to the API's provider."
        return RequestFailure(what, retriable=True, hint=hint, is_broken=True)
    return RequestFailure("the response is not JSON", retriable=True)


def raise_if_trouble(body: bytes, success: Any, *, is_empty: bool, nested: str = "") -> None:  # noqa: ANN401
    """Raise a failure where a body with status 200 reports trouble beside its list (A14, E22).

    Args:
        body: The body.
        success: The value of its field `success`; `msgspec.UNSET` where there is none.
        is_empty: Whether the list is empty. An empty list beside any word of trouble is trouble.
        nested: The field whose own fields are checked, too.

    Raises:
        RequestFailure: The body reports trouble; retriable.
    """
    # Any true number or boolean says yes; of texts only these.
    if isinstance(success, str) and success.strip().lower() not in _YES:
        raise _trouble_in("success")  # noqa: EM101 - the name of a field
    try:
        fields = decode_fields(body)
        inner = decode_fields(fields[nested]) if nested in fields else {}
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return
    if is_empty and _text_of(bytes(fields.get("code", b'""'))).lower() not in _GOOD_CODES:
        raise_if_error(body)
    for name, raw in (*fields.items(), *inner.items()):
        value = bytes(raw)
        if _TROUBLE.search(name) and value not in _HARMLESS:
            raise _trouble_in(name)
        key = name.lower()
        if key in _STATUS_FIELDS and _is_error_status(value):
            raise _trouble_in(name)
        if is_empty and key in _TEXT_FIELDS and value[:1] == b'"':
            text = _text_of(value)
            if text and not _BENIGN.fullmatch(text.strip()):
                raise _trouble_in(name)


def _is_error_status(raw: bytes) -> bool:
    digits = raw.strip(b'"')
    # Longer numbers are no HTTP status.
    return digits.isdigit() and len(digits) <= 3 and int(digits) >= _FIRST_ERROR_STATUS  # noqa: PLR2004


def _text_of(raw: bytes) -> str:
    try:
        return str(msgspec.json.decode(raw))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""


def _trouble_in(field: str) -> RequestFailure:
    # A name may be data itself.
    name = redact(field, ())[:40]
    text = f"HTTP 200, but the response reports trouble in its field `{name}`"
    return RequestFailure(text, retriable=True)

"""AntBuddy's answers: pages of sessions, still as JSON texts, and what they say of their number."""

from __future__ import annotations

from typing import Any

import msgspec

from tap_omnimessages.http.envelope import (
    decode_body,
    is_false,
    missing_field,
    raise_if_error,
    raise_if_error_code,
)


class _Data(msgspec.Struct):
    sessions: list[msgspec.Raw] | None = None
    total: Any = None


class _Answer(msgspec.Struct):
    success: Any = msgspec.UNSET
    data: _Data | msgspec.UnsetType | None = msgspec.UNSET


_decoder = msgspec.json.Decoder(_Answer)
_NEEDED = "a list data.sessions"


class SessionsResponse(msgspec.Struct):
    """One page: the JSON texts of its sessions, and what it says of their number.

    Attributes:
        sessions: The sessions' JSON texts.
        total: The number in `total`; None where there is none.
        listed: Whether there was a list; null or nothing in its place may be a slip (A15).
    """

    sessions: list[bytes]
    total: int | None
    listed: bool


def parse_response(body: bytes) -> SessionsResponse:
    """Read the body of an answer.

    Raises:
        Failure: It is no proper answer; `success` may be true, 1 or missing (A14).
    """
    answer = decode_body(body, _decoder, _NEEDED)
    data = answer.data
    sessions = data.sessions if data else None
    if answer.success is msgspec.UNSET:
        if sessions is None:
            raise_if_error(body)
            raise missing_field(_NEEDED)
    elif is_false(answer.success):
        raise_if_error(body, success=False)
    if not sessions:
        raise_if_error_code(body)
    return SessionsResponse(
        [bytes(raw) for raw in sessions or ()],
        _whole_number(data.total) if data else None,
        listed=sessions is not None,
    )


def _whole_number(value: Any) -> int | None:  # noqa: ANN401 - any JSON value may come
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() else None

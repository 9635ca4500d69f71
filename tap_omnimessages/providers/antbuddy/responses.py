"""Parse AntBuddy's responses into pages of sessions, which stay JSON texts.

Codes such as A14 are explained in docs/api-notes.md.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tap_omnimessages.http.envelope import (
    decode_body,
    explain_missing,
    is_false,
    raise_if_error,
    raise_if_trouble,
)


class _Data(msgspec.Struct):
    sessions: list[msgspec.Raw] | None = None
    total: Any = None


class _Body(msgspec.Struct):
    success: Any = msgspec.UNSET
    data: _Data | msgspec.UnsetType | None = msgspec.UNSET


_decoder = msgspec.json.Decoder(_Body)
_NEEDED = "a list data.sessions"


class SessionsResponse(msgspec.Struct):
    """One page of sessions.

    Attributes:
        sessions: The sessions' JSON texts.
        total: The number in `total`; None where there is none.
        listed: Whether there was a list; a null or missing list may be a slip (A15).
        nulls: How many rows were null, and were left out.
    """

    sessions: list[bytes]
    total: int | None
    listed: bool
    nulls: int = 0

    @property
    def has_rows(self) -> bool:
        """Whether the page has sessions."""
        return bool(self.sessions)


def parse_response(body: bytes) -> SessionsResponse:
    """Parse the body of a response.

    Raises:
        RequestFailure: The body is no page; `success` may be true, 1 or missing (A14).
    """
    content = decode_body(body, _decoder, _NEEDED)
    data = content.data
    sessions = data.sessions if data else None
    if content.success is msgspec.UNSET:
        if sessions is None:
            raise explain_missing(body, _NEEDED)
    elif is_false(content.success):
        raise_if_error(body, success=False)
    raise_if_trouble(body, content.success, is_empty=not sessions, nested="data")
    texts = [bytes(raw) for raw in sessions or ()]
    rows = [text for text in texts if text != b"null"]
    return SessionsResponse(
        rows,
        _whole_number(data.total) if data else None,
        listed=sessions is not None,
        nulls=len(texts) - len(rows),
    )


def _whole_number(value: Any) -> int | None:  # noqa: ANN401 - any JSON value
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() else None

"""eTelecom's answers: pages of notifications, still as JSON texts, and their cursors."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from tap_omnimessages.http.envelope import (
    decode_body,
    is_false,
    missing_field,
    raise_if_error,
    raise_if_error_code,
)
from tap_omnimessages.lenient_json import decode_row
from tap_omnimessages.timestamps import parse_time

if TYPE_CHECKING:
    from datetime import datetime

TimeField: TypeAlias = Literal["updated_at", "submit_time"]


class _Paging(msgspec.Struct):
    next: Any = None
    after: Any = None
    limit: Any = None


class _Answer(msgspec.Struct):
    messages: list[msgspec.Raw] | msgspec.UnsetType | None = msgspec.UNSET
    paging: _Paging | msgspec.UnsetType | None = msgspec.UNSET
    success: Any = True


_decoder = msgspec.json.Decoder(_Answer)
_NEEDED = "a list messages"


class NotificationsResponse(msgspec.Struct):
    """One page: the JSON texts of its notifications, and what it says of the next one.

    Attributes:
        notifications: The notifications' JSON texts.
        next: The cursor of the next page; empty where there is none.
        after: Mostly an echo of the request's cursor.
        limit: The page size that the server says it used; None where it says nothing.
        listed: Whether there was a list; null or nothing in its place may be a slip.
    """

    notifications: list[bytes]
    next: str
    after: str
    limit: int | None
    listed: bool

    def is_full(self, asked: int) -> bool:
        """Tell whether the page holds all that it may, `asked` being the `limit` sent."""
        return len(self.notifications) >= (self.limit or asked)

    def times(self, field: TimeField) -> list[datetime]:
        """Give the notifications' times that can be read, in the page's order."""
        times = []
        for text in self.notifications:
            with suppress(ValueError):
                time = parse_time(getattr(skim(text), field))
                times += [time] if time else []
        return times


def parse_response(body: bytes) -> NotificationsResponse:
    """Read the body of an answer.

    Raises:
        Failure: It is no proper answer. A missing or null list beside `paging` is an empty
            page; without `paging` it is an error (E22).
    """
    answer = decode_body(body, _decoder, _NEEDED)
    if is_false(answer.success):
        raise_if_error(body, success=False)
    if answer.messages is msgspec.UNSET or answer.messages is None:
        if not answer.paging:
            raise_if_error(body)
            raise missing_field(_NEEDED)
        listed = False
    else:
        listed = True
    if not answer.messages:
        raise_if_error_code(body)
    paging = answer.paging or _Paging()
    limit = paging.limit
    return NotificationsResponse(
        [bytes(raw) for raw in answer.messages or ()],
        next=_cursor(paging.next),
        after=_cursor(paging.after),
        limit=limit if isinstance(limit, int) and limit > 0 else None,
        listed=listed,
    )


def _cursor(value: Any) -> str:  # noqa: ANN401 - any JSON value may come
    return str(value or "") if isinstance(value, str | int) else ""


class Notification(msgspec.Struct, gc=False):
    """What paging must know of a notification; the rest is decoded where records are made."""

    id: Any = None
    updated_at: Any = None
    submit_time: Any = None


_skim_usual = msgspec.json.Decoder(Notification).decode


def skim(text: bytes) -> Notification:
    """Read what paging must know of a notification; nothing where it is no JSON object."""
    try:
        return _skim_usual(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        row = decode_row(text)
    # A row without an id stops the run where records are made, with its stream's name.
    if not isinstance(row, dict):
        return Notification()
    return Notification(row.get("id"), row.get("updated_at"), row.get("submit_time"))

"""Parse eTelecom's responses into pages of notifications, which stay JSON texts.

Codes such as E22 are explained in docs/api-notes.md.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from tap_omnimessages.http.envelope import (
    decode_body,
    explain_missing,
    is_false,
    raise_if_error,
    raise_if_trouble,
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


class _Body(msgspec.Struct):
    messages: list[msgspec.Raw] | msgspec.UnsetType | None = msgspec.UNSET
    paging: _Paging | msgspec.UnsetType | None = msgspec.UNSET
    success: Any = msgspec.UNSET


_decoder = msgspec.json.Decoder(_Body)
_NEEDED = "a list messages"


class NotificationsResponse(msgspec.Struct):
    """One page of notifications, and the cursor of the next.

    Attributes:
        notifications: The notifications' JSON texts.
        next: The cursor of the next page; empty where there is none.
        after: The `after` of the response, mostly an echo of the request's cursor (E4).
        limit: The page size that the server used; None where it does not say.
        listed: Whether there was a list; a null or missing list may be a slip (E22).
        nulls: How many rows were null, and were left out.
    """

    notifications: list[bytes]
    next: str
    after: str
    limit: int | None
    listed: bool
    nulls: int = 0

    @property
    def has_rows(self) -> bool:
        """Whether the page has notifications."""
        return bool(self.notifications)

    def is_full(self, asked: int) -> bool:
        """Return whether the page is as large as the limit allows; `asked` is the `limit` sent."""
        return len(self.notifications) >= (self.limit or asked)

    def edges(self, field: TimeField) -> list[Any]:
        """Return the times of the first and the last notification, as the API writes them."""
        ends = [self.notifications[0], self.notifications[-1]] if self.notifications else []
        return [getattr(skim(text), field) for text in ends]

    def times(self, field: TimeField) -> list[datetime]:
        """Return the notifications' readable times, in the page's order."""
        times = []
        for text in self.notifications:
            with suppress(ValueError):
                time = parse_time(getattr(skim(text), field))
                times += [time] if time else []
        return times


def parse_response(body: bytes) -> NotificationsResponse:
    """Parse the body of a response.

    Raises:
        RequestFailure: The body is no page. A missing or null list beside `paging` is an empty
            page; without `paging` it is an error (E22).
    """
    content = decode_body(body, _decoder, _NEEDED)
    if content.success is not msgspec.UNSET and is_false(content.success):
        raise_if_error(body, success=False)
    if content.messages is msgspec.UNSET or content.messages is None:
        if not content.paging:
            raise explain_missing(body, _NEEDED)
        listed = False
    else:
        listed = True
    raise_if_trouble(body, content.success, is_empty=not content.messages)
    paging = content.paging or _Paging()
    limit = paging.limit
    texts = [bytes(raw) for raw in content.messages or ()]
    rows = [text for text in texts if text != b"null"]
    return NotificationsResponse(
        rows,
        next=_cursor(paging.next),
        after=_cursor(paging.after),
        limit=limit if isinstance(limit, int) and limit > 0 else None,
        listed=listed,
        nulls=len(texts) - len(rows),
    )


def _cursor(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return str(value or "") if isinstance(value, str | int) else ""


class Notification(msgspec.Struct, gc=False):
    """The fields of a notification that paging needs; records decode the rest."""

    id: Any = None
    updated_at: Any = None
    submit_time: Any = None


_skim_usual = msgspec.json.Decoder(Notification).decode


def skim(text: bytes) -> Notification:
    """Decode the fields that paging needs; all None where the row is no JSON object."""
    try:
        return _skim_usual(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        row = decode_row(text)
    # A row without an id stops the run where records are made; the error names the stream.
    if not isinstance(row, dict):
        return Notification()
    return Notification(row.get("id"), row.get("updated_at"), row.get("submit_time"))

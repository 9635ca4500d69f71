"""Views, which are records at one moment, and lives, which are records over time."""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = Any
"""Any JSON value."""

NOTIFICATION_TIMES = (
    "request_time",
    "created_at",
    "updated_at",
    "sent_time",
    "delivery_time",
    "submit_time",
)


def dumps(value: Json) -> bytes:
    """Encode JSON; `msgspec.Raw` parts and integers of any size (38-digit ids) are allowed."""
    try:
        return msgspec.json.encode(value)
    except OverflowError:
        return json.dumps(value, ensure_ascii=False).encode()


def loads(body: bytes) -> Json:
    """Decode JSON; integers of any size stay exact."""
    return json.loads(body)


@dataclass(slots=True)
class SessionView:
    """An AntBuddy session at one moment.

    Attributes:
        id: Its `sessionId`; empty if the given record has none.
        created_us: Its `createdAt` in microseconds since 1970; None if it is unreadable.
        head: The record without its messages; a `messages` list in it is a placeholder.
        message_us: Each message's `created_time` in microseconds since 1970, oldest first.
        messages: Each message as encoded JSON, in the same order.
        untouched: Whether format switches leave the record as it is.
        given_count: The number of messages in a given record. While all of them are shown,
            `messageCount` stays as given; otherwise, or if None, it is the length of the list.
    """

    id: str
    created_us: int | None
    head: Json
    message_us: Sequence[int | None]
    messages: Sequence[bytes]
    untouched: bool = False
    given_count: int | None = None

    @property
    def last_us(self) -> int:
        """The time of the last message, or of the session's start if it has none."""
        times = [us for us in self.message_us if us is not None]
        return max(times, default=self.created_us or 0)

    def record(self) -> Json:
        """Return the session in the documented format, as Python values."""
        return loads(self.with_messages([msgspec.Raw(message) for message in self.messages]))

    def with_messages(self, messages: Sequence[Json], head: Json = None) -> bytes:
        """Encode the session with other messages than its own.

        Args:
            messages: The messages, encoded (`msgspec.Raw`) or as Python values.
            head: The session's own fields; None for those of the view.

        Returns:
            The session's JSON.
        """
        record = self.head if head is None else head
        if not isinstance(record, dict) or not isinstance(record.get("messages"), list):
            return dumps(record)
        shown = {**record, "messages": messages}
        if "messageCount" in shown and head is None and self.given_count != len(messages):
            shown["messageCount"] = len(messages)
        return dumps(shown)


@dataclass(slots=True)
class NotificationView:
    """An eTelecom notification at one moment.

    Attributes:
        id: Its `id` as text; empty if the given record has none.
        times: Its times in microseconds since 1970, by field name (`NOTIFICATION_TIMES`). The
            generated JSON has whole seconds.
        body: Its JSON in the documented format.
        untouched: Whether format switches leave the record as it is.
    """

    id: str
    times: dict[str, int | None]
    body: bytes
    untouched: bool = False

    def record(self) -> Json:
        """Return the notification as Python values."""
        return loads(self.body)


View_co = TypeVar("View_co", covariant=True)


class Life(Protocol[View_co]):
    """A record over time; its state depends on the time alone."""

    @property
    def id(self) -> str:
        """The record's id."""

    @property
    def moments(self) -> Sequence[int]:
        """The times at which the view changes, ascending, in microseconds since 1970."""

    def at(self, now_us: int) -> View_co | None:
        """Return the view at a time, or None while the record does not exist."""


def next_moment(life: Life[Any], now_us: int) -> int | None:
    """Return the first time after `now_us` at which the record changes, or None."""
    moments = life.moments
    if not moments or moments[-1] <= now_us:
        return None
    return moments[bisect_right(moments, now_us)]


@dataclass(slots=True)
class SessionLife:
    """A generated session: messages that arrive, and later edits of messages.

    Attributes:
        id: The `sessionId`.
        head: The session's own fields in the API's order.
        message_us: The time of each message, ascending, in microseconds since 1970.
        messages: Each message as first written, as JSON.
        edits: Later changes, ascending: the time, the message's index and its new JSON.
        moments: All these times, ascending.
    """

    id: str
    head: dict[str, Any]
    message_us: tuple[int, ...]
    messages: tuple[bytes, ...]
    edits: tuple[tuple[int, int, bytes], ...]
    moments: tuple[int, ...]
    _latest: tuple[int, SessionView] | None = None

    def at(self, now_us: int) -> SessionView | None:
        """Return the session at a time, or None before its first message."""
        stage = bisect_right(self.moments, now_us)
        if not stage:
            return None
        latest = self._latest
        if latest is not None and latest[0] == stage:
            return latest[1]
        count = bisect_right(self.message_us, now_us)
        shown = list(self.messages[:count])
        for us, index, body in self.edits:
            if us <= now_us:
                shown[index] = body
        view = SessionView(
            self.id, self.message_us[0], self.head, self.message_us[:count], tuple(shown)
        )
        self._latest = (stage, view)
        return view

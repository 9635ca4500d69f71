"""What a session or a notification looks like at one moment, and the life that it goes through."""

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
    """Encode JSON; integers of any size (ids of 38 digits) and `msgspec.Raw` parts are fine."""
    try:
        return msgspec.json.encode(value)
    except OverflowError:
        return json.dumps(value, ensure_ascii=False).encode()


def loads(body: bytes) -> Json:
    """Decode JSON, keeping integers of any size exact."""
    return json.loads(body)


@dataclass(slots=True)
class SessionView:
    """An AntBuddy session as it looks at one moment.

    Attributes:
        id: Its `sessionId`; empty when the given record has none.
        created_us: Its `createdAt` in microseconds since 1970, or None when it cannot be read.
        head: The record without its messages' contents; a `messages` list in it is a placeholder.
        message_us: Each message's `created_time` in microseconds, oldest first.
        messages: Each message as encoded JSON, in the same order.
        untouched: Whether no switch may change the record's format.
        whole: How many messages the given record held; None when `messageCount` follows the list.
    """

    id: str
    created_us: int | None
    head: Json
    message_us: Sequence[int | None]
    messages: Sequence[bytes]
    untouched: bool = False
    whole: int | None = None

    @property
    def last_us(self) -> int:
        """The time of the last message, else of the session's start."""
        times = [us for us in self.message_us if us is not None]
        return max(times, default=self.created_us or 0)

    def record(self) -> Json:
        """Give the session as the documented format shows it, as plain Python values."""
        return loads(self.encoded())

    def encoded(self) -> bytes:
        """Give the session as the documented format shows it, as JSON."""
        return self.with_messages([msgspec.Raw(message) for message in self.messages])

    def with_messages(self, messages: Sequence[Json], head: Json = None) -> bytes:
        """Encode the session with these messages in place of its own.

        Args:
            messages: The messages to show, encoded (`msgspec.Raw`) or plain.
            head: Other values for the session's own fields.

        Returns:
            The session's JSON.
        """
        record = self.head if head is None else head
        if not isinstance(record, dict) or not isinstance(record.get("messages"), list):
            return dumps(record)
        shown = {**record, "messages": messages}
        if "messageCount" in shown and head is None and self.whole != len(messages):
            shown["messageCount"] = len(messages)
        return dumps(shown)


@dataclass(slots=True)
class NotificationView:
    """An eTelecom notification as it looks at one moment.

    Attributes:
        id: Its `id` as text; empty when the given record has none.
        times: Its times in microseconds since 1970 by field name (`NOTIFICATION_TIMES`); what the
            API prints is cut to seconds.
        body: Its JSON in the documented format.
        untouched: Whether no switch may change the record's format.
    """

    id: str
    times: dict[str, int | None]
    body: bytes
    untouched: bool = False

    def record(self) -> Json:
        """Give the notification as plain Python values."""
        return loads(self.body)


View_co = TypeVar("View_co", covariant=True)


class Life(Protocol[View_co]):
    """A record over time: a pure function of the clock."""

    @property
    def id(self) -> str:
        """The record's id."""

    @property
    def moments(self) -> Sequence[int]:
        """The times at which its view changes, ascending, in microseconds since 1970."""

    def at(self, now_us: int) -> View_co | None:
        """Give its view at a time, or None while it does not exist."""


def next_moment(life: Life[Any], now_us: int) -> int | None:
    """Give the first time after `now_us` at which the record changes, or None if it never does."""
    moments = life.moments
    if not moments or moments[-1] <= now_us:
        return None
    return moments[bisect_right(moments, now_us)]


@dataclass(slots=True)
class SessionLife:
    """A generated session: messages that arrive, and edits of messages that come later.

    Attributes:
        id: The `sessionId`.
        head: The session's own fields in the API's order.
        message_us: When each message is written, ascending.
        messages: Each message as first written, encoded.
        edits: Later changes: (time, index of the message, its new JSON), ascending in time.
        moments: All those times, ascending.
    """

    id: str
    head: dict[str, Any]
    message_us: tuple[int, ...]
    messages: tuple[bytes, ...]
    edits: tuple[tuple[int, int, bytes], ...]
    moments: tuple[int, ...]
    _latest: tuple[int, SessionView] | None = None

    def at(self, now_us: int) -> SessionView | None:
        """Give the session as it looks at a time, or None before its first message."""
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

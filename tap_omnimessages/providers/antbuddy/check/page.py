"""A page of sessions, as a check compares it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_omnimessages.lenient_json import decode_row
from tap_omnimessages.timestamps import parse_time

if TYPE_CHECKING:
    from datetime import datetime

    from tap_omnimessages.check.prober import Reply
    from tap_omnimessages.extract.windows import Window
    from tap_omnimessages.providers.antbuddy.responses import SessionsResponse


class SeenMessage(NamedTuple):
    """A message: the hash of its id, and when it was written."""

    key: int
    time: datetime | None


class SeenSession(NamedTuple):
    """A session: the hash of its id, when it began, its messages, and the row."""

    key: int
    began: datetime | None
    messages: list[SeenMessage]
    fields: dict[str, Any]

    @property
    def times(self) -> list[datetime]:
        """When its messages were written, in the order of the API."""
        return [message.time for message in self.messages if message.time is not None]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Its messages as the API sends them."""
        messages = self.fields.get("messages")
        items = messages if isinstance(messages, list) else []
        return [item for item in items if isinstance(item, dict)]


@dataclass(frozen=True)
class SeenPage:
    """A page of sessions.

    Attributes:
        window: The window that was asked for.
        limit: The `limit` that was sent.
        reply: The response.
    """

    window: Window
    limit: int
    reply: Reply[SessionsResponse]

    @property
    def total(self) -> int | None:
        """The `total` of the page."""
        return self.reply.page.total

    @cached_property
    def sessions(self) -> list[SeenSession]:
        """The sessions."""
        return [_read(text) for text in self.reply.page.sessions]

    @cached_property
    def keys(self) -> list[int]:
        """The keys of the sessions."""
        return [session.key for session in self.sessions]

    @cached_property
    def flat(self) -> list[tuple[int, int]]:
        """The session and the message of each message, in the order of the page."""
        return [(s.key, message.key) for s in self.sessions for message in s.messages]

    @property
    def starts(self) -> list[datetime]:
        """When the sessions began, as far as that can be read."""
        return [session.began for session in self.sessions if session.began is not None]

    def __len__(self) -> int:
        """Return how many sessions it has."""
        return len(self.reply.page.sessions)


class Paging(NamedTuple):
    """Pages of one window, in the order in which they were requested.

    Attributes:
        first: Limit 2, offset 0.
        second: Limit 2, offset 2.
        control: Limit 6, offset 0.
    """

    first: SeenPage
    second: SeenPage
    control: SeenPage


def _time(value: Any) -> datetime | None:  # noqa: ANN401 - any JSON value
    with suppress(ValueError):
        return parse_time(value)
    return None


def _read(text: bytes) -> SeenSession:
    row = decode_row(text)
    fields = row if isinstance(row, dict) else {}
    messages = fields.get("messages")
    items = (
        [item for item in messages if isinstance(item, dict)] if isinstance(messages, list) else []
    )
    key = hash(str(fields.get("sessionId")))
    return SeenSession(
        key,
        _time(fields.get("createdAt")),
        [
            SeenMessage(hash(str(item.get("_id"))), _time(item.get("created_time")))
            for item in items
        ],
        fields,
    )

"""A page of notifications, as a check compares it."""

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
    from tap_omnimessages.providers.etelecom.responses import NotificationsResponse


class SeenNotification(NamedTuple):
    """A notification: the hash of its id, and the row."""

    key: int
    fields: dict[str, Any]

    def time(self, field: str) -> datetime | None:
        """Return one of its times; None where it is not set or cannot be read."""
        with suppress(ValueError):
            return parse_time(self.fields.get(field))
        return None

    @property
    def updated(self) -> datetime | None:
        """When it last changed, or was created."""
        return self.time("updated_at") or self.time("created_at")


@dataclass(frozen=True)
class SeenPage:
    """A page of notifications.

    Attributes:
        window: The window that was asked for.
        limit: The `limit` that was sent.
        reply: The response.
    """

    window: Window
    limit: int
    reply: Reply[NotificationsResponse]

    @cached_property
    def rows(self) -> list[SeenNotification]:
        """The notifications."""
        return [_read(text) for text in self.reply.page.notifications]

    @cached_property
    def keys(self) -> list[int]:
        """The keys of the notifications."""
        return [row.key for row in self.rows]

    @property
    def updates(self) -> list[datetime]:
        """When the notifications last changed, as far as that can be read."""
        return [time for row in self.rows if (time := row.updated) is not None]

    @property
    def paging(self) -> dict[str, Any]:
        """The paging of the response, as the API sends it."""
        paging = self.reply.body.get("paging")
        return paging if isinstance(paging, dict) else {}

    def __len__(self) -> int:
        """Return how many notifications it has."""
        return len(self.reply.page.notifications)


def _read(text: bytes) -> SeenNotification:
    row = decode_row(text)
    fields = row if isinstance(row, dict) else {}
    return SeenNotification(hash(str(fields.get("id"))), fields)

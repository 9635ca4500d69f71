"""A world of the given records, in the APIs' own JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from typing_extensions import override

from omnimessages_sandbox.times import DAY, parse_time, record_time
from omnimessages_sandbox.world.base import World
from omnimessages_sandbox.world.lives import (
    NOTIFICATION_TIMES,
    Json,
    Life,
    NotificationView,
    SessionView,
    dumps,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_FROM, _UNTIL = "_visible_from", "_visible_until"
_DEFAULT_START = "2020-01-01T00:00:00Z"
_CENTURY = 100 * 366 * DAY


@dataclass(slots=True, frozen=True)
class Visibility:
    """When a record is shown.

    Attributes:
        from_us: The first moment, in microseconds since 1970, UTC; None for always.
        until_us: The first moment without it; None for never.
    """

    from_us: int | None = None
    until_us: int | None = None

    @classmethod
    def of(cls, record: Json) -> tuple[Visibility, Json]:
        """Split a given record into its visibility and the record to show."""
        if not isinstance(record, dict) or not (_FROM in record or _UNTIL in record):
            return cls(), record
        shown = {name: value for name, value in record.items() if name not in (_FROM, _UNTIL)}
        bounds = (record.get(_FROM), record.get(_UNTIL))
        return cls(*(None if bound is None else parse_time(bound) for bound in bounds)), shown

    def covers(self, now_us: int) -> bool:
        """Whether the record is shown at a time."""
        return (self.from_us is None or self.from_us <= now_us) and (
            self.until_us is None or now_us < self.until_us
        )

    @property
    def moments(self) -> list[int]:
        """The times at which the record appears or disappears."""
        return [us for us in (self.from_us, self.until_us) if us is not None]


class FixedSession:
    """A given session; each message has its own visibility."""

    def __init__(self, record: Json, *, untouched: bool = False) -> None:
        """Create the session from AntBuddy's own JSON.

        Args:
            record: The session; any JSON value when `untouched`.
            untouched: Whether the format switches leave the record as it is.
        """
        self._visible, self._head = Visibility.of(record)
        fields = self._head if isinstance(self._head, dict) else {}
        given = fields.get("messages")
        self._given_count = len(given) if isinstance(given, list) else 0
        self._messages: list[tuple[Visibility, int | None, bytes]] = []
        for message in given if isinstance(given, list) else ():
            visible, shown = Visibility.of(message)
            time = shown.get("created_time") if isinstance(shown, dict) else None
            self._messages.append((visible, record_time(time), dumps(shown)))
        self._untouched = untouched
        self.created_us = record_time(fields.get("createdAt"))
        self.id = str(fields.get("sessionId") or "")
        self.moments: Sequence[int] = sorted(
            {us for visible, _, _ in self._messages for us in visible.moments}
            | set(self._visible.moments)
        )

    def at(self, now_us: int) -> SessionView | None:
        """Return the session at a time, or None while it is not shown."""
        if not self._visible.covers(now_us):
            return None
        shown = [(us, body) for visible, us, body in self._messages if visible.covers(now_us)]
        return SessionView(
            self.id,
            self.created_us,
            self._head,
            [us for us, _ in shown],
            [body for _, body in shown],
            self._untouched,
            self._given_count,
        )


class FixedNotification:
    """A given notification.

    A notification that changes is two records; the second is visible from the change on.
    """

    def __init__(self, record: Json, *, untouched: bool = False) -> None:
        """Create the notification from eTelecom's own JSON.

        Args:
            record: The notification; any JSON value when `untouched`.
            untouched: Whether the format switches leave the record as it is.
        """
        self._visible, shown = Visibility.of(record)
        fields = shown if isinstance(shown, dict) else {}
        self.id = str(fields.get("id") or "")
        self.moments: Sequence[int] = sorted(self._visible.moments)
        times = {name: record_time(fields.get(name)) for name in NOTIFICATION_TIMES}
        self.view = NotificationView(self.id, times, dumps(shown), untouched)

    def at(self, now_us: int) -> NotificationView | None:
        """Return the notification at a time, or None while it is not shown."""
        return self.view if self._visible.covers(now_us) else None


class FixedWorld(World):
    """The given sessions and notifications, nothing else.

    A record is shown at all times, even before its own `createdAt`. To limit that, add
    `"_visible_from"` (inclusive) or `"_visible_until"` (exclusive) with an ISO time to a session,
    a message or a notification; the APIs do not show these two fields. A record with an unreadable
    time lies in every window.
    """

    def __init__(
        self,
        sessions: Sequence[Json] = (),
        notifications: Sequence[Json] = (),
        raw: bool = False,  # noqa: FBT001, FBT002 - it reads well by name
    ) -> None:
        """Create the world.

        Args:
            sessions: Sessions in AntBuddy's own JSON.
            notifications: Notifications in eTelecom's own JSON.
            raw: Whether to serve the records, which may be any JSON values, as they are. Format
                switches have no effect then; those for paging, order and filter still apply.
        """
        self._sessions = [FixedSession(record, untouched=raw) for record in sessions]
        self._notifications = [FixedNotification(record, untouched=raw) for record in notifications]
        created = [session.created_us for session in self._sessions]
        created += [life.view.times["created_at"] for life in self._notifications]
        known = [us for us in created if us is not None]
        self.start_us = min(known, default=parse_time(_DEFAULT_START))
        self.session_span_us = self.notification_span_us = _CENTURY

    @override
    def session_lives(
        self, from_us: int | None = None, to_us: int | None = None
    ) -> Iterable[Life[SessionView]]:
        """Return all sessions, whatever the range."""
        return self._sessions

    @override
    def notification_lives(
        self,
        from_us: int | None = None,
        to_us: int | None = None,
        *,
        rating_bumps: bool = True,
        webhook_bumps: bool = True,
    ) -> Iterable[Life[NotificationView]]:
        """Return all notifications as given, whatever the range and the bumps."""
        return self._notifications

"""The interface of a world: records that change over time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from omnimessages_sandbox.times import TimeLike, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from omnimessages_sandbox.world.lives import Life, NotificationView, SessionView


class World(ABC):
    """The account that both APIs serve; its records depend on the time alone.

    Attributes:
        start_us: When the account begins, in microseconds since 1970, UTC.
        session_span_us: The longest time in microseconds from a session's start to its last change.
        notification_span_us: The longest time from a notification's creation to its last change.
    """

    start_us: int
    session_span_us: int
    notification_span_us: int

    @abstractmethod
    def session_lives(
        self, from_us: int | None = None, to_us: int | None = None
    ) -> Iterable[Life[SessionView]]:
        """Return at least the sessions that start in a time range.

        Args:
            from_us: The start, inclusive, in microseconds since 1970; None for the account's start.
            to_us: The end, likewise; None for no end, which only a world with an end accepts.
        """

    @abstractmethod
    def notification_lives(
        self,
        from_us: int | None = None,
        to_us: int | None = None,
        *,
        rating_bumps: bool = True,
        webhook_bumps: bool = True,
    ) -> Iterable[Life[NotificationView]]:
        """Return at least the notifications that are created in a time range.

        Args:
            from_us: The start, inclusive, in microseconds since 1970; None for the account's start.
            to_us: The end, likewise.
            rating_bumps: Whether a rating moves `updated_at` (E11: not every change may move it;
                docs/api-notes.md explains such codes).
            webhook_bumps: Whether delivery, reading and charging move `updated_at`.
        """

    def sessions(self, now: TimeLike) -> Iterator[dict[str, Any]]:
        """Yield every session exactly as AntBuddy would show it at a time.

        Args:
            now: The time; ISO text, datetime or epoch number.

        Yields:
            Sessions in the API's own JSON, with their messages.
        """
        now_us = parse_time(now)
        for life in self.session_lives(None, now_us):
            view = life.at(now_us)
            if view is not None:
                yield view.record()

    def notifications(self, now: TimeLike) -> Iterator[dict[str, Any]]:
        """Yield every notification exactly as eTelecom would show it at a time.

        Args:
            now: The time; ISO text, datetime or epoch number.

        Yields:
            Notifications in the API's own JSON.
        """
        now_us = parse_time(now)
        for life in self.notification_lives(None, now_us):
            view = life.at(now_us)
            if view is not None:
                yield view.record()

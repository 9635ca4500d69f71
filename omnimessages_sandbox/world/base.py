"""What every world offers: records over time, and how they look at one moment."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from omnimessages_sandbox.times import TimeLike, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from omnimessages_sandbox.world.lives import Life, NotificationView, SessionView


class World(ABC):
    """The account that both APIs show: a pure function of the clock.

    Attributes:
        start_us: When the account begins, in microseconds since 1970, UTC.
        session_span_us: How long after its start a session can still change at most.
        notification_span_us: The same for a notification, counted from its creation.
    """

    start_us: int
    session_span_us: int
    notification_span_us: int

    @abstractmethod
    def session_lives(
        self, from_us: int | None = None, to_us: int | None = None
    ) -> Iterable[Life[SessionView]]:
        """Give at least the sessions that start in a time range.

        Args:
            from_us: Microseconds since 1970, inclusive, or None for the account's beginning.
            to_us: The same for the end; None for no end is only valid in a world that has one.
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
        """Give at least the notifications that are created in a time range.

        Args:
            from_us: Microseconds since 1970, inclusive, or None for the account's beginning.
            to_us: The same for the end.
            rating_bumps: Whether a rating moves `updated_at` (ambiguity E11).
            webhook_bumps: Whether delivery, reading and charging move `updated_at` (E11).
        """

    def sessions(self, now: TimeLike) -> Iterator[dict[str, Any]]:
        """Give every session exactly as AntBuddy would show it at a time.

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
        """Give every notification exactly as eTelecom would show it at a time.

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

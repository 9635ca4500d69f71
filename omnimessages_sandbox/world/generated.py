"""A world that is drawn from a seed, day by day."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from omnimessages_sandbox.times import DAY, HOUR, TimeLike, parse_time
from omnimessages_sandbox.world import notification_lives, session_lives
from omnimessages_sandbox.world.base import World
from omnimessages_sandbox.world.dice import dice
from omnimessages_sandbox.world.notification_lives import NotificationLife, plan_notification
from omnimessages_sandbox.world.people import People
from omnimessages_sandbox.world.session_lives import plan_session

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from omnimessages_sandbox.world.lives import Life, NotificationView, SessionLife, SessionView

# Relative traffic of each hour from 0:00 UTC (7:00 in Vietnam), and of each weekday from Monday.
_HOURS = (2, 6, 9, 10, 9, 6, 6, 8, 9, 9, 8, 6, 6, 7, 6, 4, 2, 1, 0.5, 0.3, 0.2, 0.2, 0.3, 0.8)
_WEEKDAYS = (1.15, 1.1, 1.1, 1.05, 1.1, 0.85, 0.65)
_FIRST_WEEKDAY = 3  # 1 January 1970 was a Thursday.
_SPREAD = 0.15

# A person writes on every ninth day at most. A session ends sooner, so a conversation has many
# sessions, but never two at a time.
_CYCLE_DAYS = 9
_ROOM = 2

_KEPT_LIVES = 400_000


class DayCache:
    """The most recently used days, bounded by the number of records in them."""

    def __init__(self) -> None:
        """Create an empty cache."""
        self._lock = threading.RLock()
        self._days: OrderedDict[Hashable, Sequence[Any]] = OrderedDict()
        self._lives = 0

    def get(self, key: Hashable, draw: Callable[[], Sequence[Any]]) -> Sequence[Any]:
        """Return the records of a day, drawing them if they are not cached."""
        with self._lock:
            found = self._days.get(key)
            if found is not None:
                self._days.move_to_end(key)
                return found
            drawn = draw()
            self._days[key] = drawn
            self._lives += len(drawn)
            while self._lives > _KEPT_LIVES and len(self._days) > 1:
                self._lives -= len(self._days.popitem(last=False)[1])
            return drawn


class GeneratedWorld(World):
    """An invented account whose records depend on its seed and the time alone.

    Sessions start at the opening hours of a Vietnamese shop, get replies minutes to days later and
    are closed. Notifications are sent, received, seen, charged and rated. Each day has its own
    random generator, so earlier calls never change a result.
    """

    session_span_us = session_lives.SPAN
    notification_span_us = notification_lives.SPAN

    def __init__(
        self,
        seed: int = 0,
        start: TimeLike = "2026-01-01T00:00:00Z",
        sessions_per_day: float = 40,
        notifications_per_day: float = 60,
    ) -> None:
        """Create the world; days are drawn when they are needed.

        Args:
            seed: The seed; another seed is another account.
            start: When the account begins; ISO text, datetime or epoch number.
            sessions_per_day: Sessions that start on an average day.
            notifications_per_day: Notifications created on an average day.
        """
        self.seed = seed
        self.start_us = parse_time(start)
        self.sessions_per_day = sessions_per_day
        self.notifications_per_day = notifications_per_day
        self._people = People(seed)
        self._people_per_day = int(sessions_per_day * _ROOM) + 8
        self._days = DayCache()

    @override
    def session_lives(
        self, from_us: int | None = None, to_us: int | None = None
    ) -> Iterator[Life[SessionView]]:
        """Yield the sessions of the days that a time range touches, in order of start."""
        for day in self._touched(from_us, to_us):
            yield from self._days.get(("sessions", day), lambda day=day: self._draw_sessions(day))  # type: ignore[misc]

    @override
    def notification_lives(
        self,
        from_us: int | None = None,
        to_us: int | None = None,
        *,
        rating_bumps: bool = True,
        webhook_bumps: bool = True,
    ) -> Iterator[Life[NotificationView]]:
        """Yield the notifications of the days that a time range touches, in order of creation."""
        silent = frozenset() if rating_bumps else notification_lives.RATING_STEPS
        silent |= frozenset() if webhook_bumps else notification_lives.WEBHOOK_STEPS
        for day in self._touched(from_us, to_us):
            yield from self._days.get(
                ("notifications", day, silent),
                lambda day=day: self._draw_notifications(day, silent),  # type: ignore[misc]
            )

    def _touched(self, from_us: int | None, to_us: int | None) -> range:
        if to_us is None:
            problem = "a generated world has no end: to_us must be set"
            raise ValueError(problem)
        first = self.start_us if from_us is None else max(from_us, self.start_us)
        return range(first // DAY, to_us // DAY + 1)

    def _draw_sessions(self, day: int) -> list[SessionLife]:
        rng = dice(self.seed, "sessions", day)
        starts = [us - us % 1000 for us in self._times(day, self.sessions_per_day, rng)]
        room = self._people_per_day
        first = (day % _CYCLE_DAYS) * room
        people = rng.sample(range(first, first + room), len(starts))
        return [
            plan_session(self._people, self._people.customer(index), us, rng)
            for us, index in zip(starts, people, strict=True)
        ]

    def _draw_notifications(self, day: int, silent: frozenset[str]) -> list[NotificationLife]:
        rng = dice(self.seed, "notifications", day)
        people = self._people_per_day * _CYCLE_DAYS
        return [
            plan_notification(
                self._people,
                self._people.customer(rng.randrange(people)),
                us,
                sequence,
                rng,
                silent,
            )
            for sequence, us in enumerate(self._times(day, self.notifications_per_day, rng))
        ]

    def _times(self, day: int, per_day: float, rng: random.Random) -> list[int]:
        """Draw the times at which a day's records begin: ascending, none before the account."""
        busy = per_day * _WEEKDAYS[(day + _FIRST_WEEKDAY) % 7]
        expected = busy * rng.uniform(1 - _SPREAD, 1 + _SPREAD)
        count = int(expected) + (rng.random() < expected % 1)
        hours = rng.choices(range(24), _HOURS, k=count)
        times = sorted(day * DAY + hour * HOUR + rng.randrange(HOUR) for hour in hours)
        return [us for us in times if us >= self.start_us]

"""What all workers of one API share: how many may ask at the same time, and not before when."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tap_omnimessages.errors import RequestCancelledError
from tap_omnimessages.http.stats import RequestStats

if TYPE_CHECKING:
    from collections.abc import Generator

# Good answers, for each request that may be under way, before one more may be.
_ANSWERS_BEFORE_GROWTH = 10


class Throttle:
    """Lets requests pass: fewer at a time where the API has refused some for their number.

    Attributes:
        is_closed: Whether nobody waits for answers any more.
    """

    def __init__(self, most: int) -> None:
        """Begin at full speed.

        Args:
            most: How many requests may ever be under way at the same time.
        """
        self._most = most
        self._allowed = most
        self._under_way = 0
        self._good_answers = 0
        self._free_at = 0.0
        self._slowed_at = 0.0
        self._slots = 0
        self._pauses = 0
        self._paused_seconds = 0.0
        self.is_closed = False
        self._changed = threading.Condition()

    @contextmanager
    def slot(self) -> Generator[float]:
        """Wait until asking is allowed, and count as under way until the block ends.

        Yields:
            When the turn began, on the monotonic clock in seconds.

        Raises:
            StoppedError: `close` was called.
        """
        with self._changed:
            while not self.is_closed:
                seconds = self._free_at - time.monotonic()
                if seconds > 0:
                    self._wait(seconds)
                elif self._under_way >= self._allowed:
                    self._wait(None)
                else:
                    break
            if self.is_closed:
                raise RequestCancelledError
            self._under_way += 1
            self._slots += 1
        try:
            yield time.monotonic()
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()

    def _wait(self, seconds: float | None) -> None:
        self._changed.wait(seconds)

    def pause(self, seconds: float) -> None:
        """Keep every worker from asking for this long."""
        with self._changed:
            now = time.monotonic()
            if now + seconds > max(now, self._free_at):
                # Workers that wait at the same time make one wait together.
                self._pauses += self._free_at <= now
                self._paused_seconds += now + seconds - max(now, self._free_at)
                self._free_at = now + seconds

    @property
    def request_stats(self) -> RequestStats:
        """How many turns were given, and how long everyone was kept from asking until now."""
        with self._changed:
            to_come = max(0.0, self._free_at - time.monotonic())
            return RequestStats(self._slots, self._pauses, self._paused_seconds - to_come)

    def slow_down(self, asked_at: float) -> None:
        """Halve the number of requests under way.

        Args:
            asked_at: When the turn of the refused request began. What was asked before the last
                halving says nothing of the number allowed since.
        """
        with self._changed:
            self._good_answers = 0
            if asked_at >= self._slowed_at:
                self._allowed = max(1, self._allowed // 2)
                self._slowed_at = time.monotonic()

    def speed_up(self) -> None:
        """Count a good answer; after a number of them in a row one request more is allowed."""
        if self._allowed >= self._most:
            return
        with self._changed:
            self._good_answers += 1
            if self._good_answers >= self._allowed * _ANSWERS_BEFORE_GROWTH:
                self._good_answers = 0
                self._allowed += 1
                self._changed.notify_all()

    def close(self) -> None:
        """Send everyone away who waits, and everyone who comes."""
        with self._changed:
            self.is_closed = True
            self._changed.notify_all()

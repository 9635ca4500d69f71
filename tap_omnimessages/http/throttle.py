"""Limit the concurrent requests to one API, and pause all of them."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tap_omnimessages.errors import RequestCancelledError
from tap_omnimessages.http.stats import RequestStats

if TYPE_CHECKING:
    from collections.abc import Generator

# Good responses, for each allowed request, before one more request is allowed.
_RESPONSES_BEFORE_GROWTH = 10


class Throttle:
    """Limits concurrent requests; halves the limit when the API rate-limits.

    Attributes:
        is_closed: Whether nobody waits for responses any more.
    """

    def __init__(self, most: int) -> None:
        """Start at full speed.

        Args:
            most: The most requests at the same time.
        """
        self._most = most
        self._allowed = most
        self._under_way = 0
        self._good_responses = 0
        self._free_at = 0.0
        self._slowed_at = 0.0
        self._slots = 0
        self._pauses = 0
        self._paused_seconds = 0.0
        self.is_closed = False
        self._changed = threading.Condition()

    @contextmanager
    def slot(self) -> Generator[float]:
        """Wait until a request is allowed, and count it as under way until the block ends.

        Yields:
            When the request was allowed, in monotonic seconds.

        Raises:
            RequestCancelledError: `close` was called.
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
        """Keep every worker from sending requests for this many seconds."""
        with self._changed:
            now = time.monotonic()
            if now + seconds > max(now, self._free_at):
                # Pauses of several workers that overlap are one pause.
                self._pauses += self._free_at <= now
                self._paused_seconds += now + seconds - max(now, self._free_at)
                self._free_at = now + seconds

    @property
    def request_stats(self) -> RequestStats:
        """How many requests were sent, and how long all of them were paused until now."""
        with self._changed:
            to_come = max(0.0, self._free_at - time.monotonic())
            return RequestStats(self._slots, self._pauses, self._paused_seconds - to_come)

    def slow_down(self, sent_at: float) -> None:
        """Halve the number of allowed requests.

        Args:
            sent_at: When the refused request was allowed. A request from before the last halving
                says nothing about the limit since.
        """
        with self._changed:
            self._good_responses = 0
            if sent_at >= self._slowed_at:
                self._allowed = max(1, self._allowed // 2)
                self._slowed_at = time.monotonic()

    def speed_up(self) -> None:
        """Count a good response; after enough of them in a row, one more request is allowed."""
        if self._allowed >= self._most:
            return
        with self._changed:
            self._good_responses += 1
            if self._good_responses >= self._allowed * _RESPONSES_BEFORE_GROWTH:
                self._good_responses = 0
                self._allowed += 1
                self._changed.notify_all()

    def close(self) -> None:
        """Cancel the requests that wait, and all that come."""
        with self._changed:
            self.is_closed = True
            self._changed.notify_all()

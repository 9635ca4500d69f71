"""The sandbox's clock, which runs from real time or stands still."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from omnimessages_sandbox.times import DAY, HOUR, SECOND, TimeLike, parse_time, to_datetime

if TYPE_CHECKING:
    from datetime import datetime


class Clock:
    """A clock that any thread can set, move and freeze.

    After it is set, a running clock runs on, and a frozen clock stays frozen.
    """

    def __init__(self, now: TimeLike | None = None) -> None:
        """Create the clock.

        Args:
            now: The time to freeze the clock at; None for real time.
        """
        self._lock = threading.Lock()
        self._offset_us = 0
        self._frozen_us = None if now is None else parse_time(now)

    @property
    def now_us(self) -> int:
        """The time in microseconds since 1970, UTC."""
        with self._lock:
            return self._read()

    @property
    def now(self) -> datetime:
        """The time as an aware UTC datetime."""
        return to_datetime(self.now_us)

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._frozen_us is not None

    def set(self, now: TimeLike) -> None:
        """Set the clock, forward or backward.

        Args:
            now: The new time: an ISO text, a datetime or an epoch number.
        """
        target = parse_time(now)
        with self._lock:
            self._write(target)

    def advance(self, *, days: float = 0, hours: float = 0, seconds: float = 0) -> None:
        """Move the clock; a negative duration moves it back.

        Args:
            days: Days to add.
            hours: Hours to add.
            seconds: Seconds to add.
        """
        step = round(days * DAY + hours * HOUR + seconds * SECOND)
        with self._lock:
            self._write(self._read() + step)

    def freeze(self, *, frozen: bool = True) -> None:
        """Stop the clock, or let it run on from its time.

        Args:
            frozen: Whether to stop it.
        """
        with self._lock:
            now = self._read()
            self._frozen_us = now if frozen else None
            self._write(now)

    def _read(self) -> int:
        if self._frozen_us is not None:
            return self._frozen_us
        return time.time_ns() // 1000 + self._offset_us

    def _write(self, target: int) -> None:
        if self._frozen_us is not None:
            self._frozen_us = target
        else:
            self._offset_us = target - time.time_ns() // 1000

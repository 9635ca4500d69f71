"""Progress of one stream: from the windows and pages it has read to what is shown of them."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Protocol

from tap_omnimessages.extract.windows import Leg
from tap_omnimessages.progress.bar import ProgressBar, is_bar_wanted
from tap_omnimessages.progress.lines import ProgressLines, Status, log_status, summarize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from tap_omnimessages.extract.windows import Plan, Window
    from tap_omnimessages.http.stats import RequestStats

# An estimate from a smaller share of the plan, or from less time, would be far off.
_SHARE_BEFORE_ESTIMATE = 0.02
_SECONDS_BEFORE_ESTIMATE = 5.0
# The tap waits for the loader if writing takes more than this share of the time.
_SHARE_OF_WAITING = 0.5
# The parts of a window are not exactly equal: their edges are whole microseconds.
_ROUNDING = 0.01


class Display(Protocol):
    """Shows a stream's progress, as a bar or as log lines."""

    interval_seconds: float
    """Seconds between two calls of `show`, and before the first."""

    def show(self, status: Status) -> None:
        """Show how far the stream is."""
        ...

    def close(self) -> None:
        """Remove what should not stay on the screen after the stream."""
        ...


class Progress:
    """Counts the windows and records of a stream, and shows them from time to time.

    Leaving the context manager logs the summary. A thread of its own shows the progress, so that a
    slow request or a slow loader shows too.
    """

    def __init__(  # noqa: PLR0913
        self,
        stream: str,
        plan: Plan,
        read_stats: Callable[[], RequestStats],
        logger: logging.Logger,
        *,
        read_write_seconds: Callable[[], float] = lambda: 0.0,
        display: Display | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start counting.

        Args:
            stream: The stream's name.
            plan: The windows that the stream reads.
            read_stats: Returns the requests and pauses so far, of all streams of the source.
            logger: The stream's logger; without its level INFO, no progress is shown.
            read_write_seconds: Returns how many seconds writing the output has taken so far.
            display: Shows the progress; by default a bar on a terminal, otherwise log lines.
            clock: Returns the time in monotonic seconds.
        """
        self._stream = stream
        self._read_stats = read_stats
        self._read_write_seconds = read_write_seconds
        self._logger = logger
        self._clock = clock
        self._is_wanted = logger.isEnabledFor(logging.INFO)
        self._display = display or (ProgressBar() if is_bar_wanted() else ProgressLines(logger))
        # Reentrant, because a signal handler may close the progress while it is shown.
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._legs = plan.legs
        self._leg = next((leg for leg, windows in self._legs.items() if windows), Leg.FORWARD)
        self._window = next(iter(self._legs[self._leg]), None)
        self._number = 0
        self._revisited = 0
        self._records = 0
        self._planned_time = sum(map(_time_of, self._legs.values()), timedelta())
        self._done_time = timedelta()
        self._stats = read_stats()
        self._began = self._shown_at = clock()
        self._write_seconds = read_write_seconds()

    def __enter__(self) -> Self:
        if self._is_wanted and self._window is not None:
            threading.Thread(target=self._keep_showing, name="progress", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        # A caller that stops early reports an error of its own.
        if kind is not GeneratorExit:
            status = self._status()
            log_status(self._logger, summarize(status, is_whole=kind is None), status)

    def begin(self, window: Window, leg: Leg) -> None:
        """Record that the pages of a window come next.

        Args:
            window: A window of the plan, a part of one, or a cached window that covers more.
            leg: The leg of the plan to which the window belongs.
        """
        with self._lock:
            self._window, self._leg = window, leg
            self._number += 1
            self._revisited += leg is Leg.REVISIT

    def add(self, records: int) -> None:
        """Count the records of a page."""
        self._records += records
        self.show()

    def finish_window(self) -> None:
        """Record that the window has been read."""
        with self._lock:
            self._done_time += self._time_in_plan()
        self.show()

    def show(self) -> None:
        """Show the progress, unless it was shown less than the display's interval ago."""
        if not self._is_due() or not self._is_wanted:
            return
        with self._lock:
            if not self._is_due() or self._ended.is_set() or self._window is None:
                return
            status = self._status()
            self._shown_at = self._clock()
            self._write_seconds = self._read_write_seconds()
            try:
                self._display.show(status)
            except Exception as error:  # noqa: BLE001 - a display must not end a sync
                self._close_display()
                self._display = ProgressLines(self._logger)
                self._logger.debug("The progress bar broke (%s).", type(error).__name__)

    def _is_due(self) -> bool:
        return self._clock() >= self._shown_at + self._display.interval_seconds

    def close(self) -> None:
        """Stop showing the progress; remove a bar."""
        self._ended.set()
        with self._lock:
            self._close_display()

    def _close_display(self) -> None:
        with suppress(Exception):
            self._display.close()

    def _keep_showing(self) -> None:
        while not self._ended.wait(self._display.interval_seconds):
            self.show()

    def _status(self) -> Status:
        now = self._clock()
        share = self._done_time / self._planned_time if self._planned_time else 1.0
        number = max(1, self._number) if self._window else 0
        writing = self._read_write_seconds() - self._write_seconds
        return Status(
            stream=self._stream,
            window=self._window,
            number=number,
            windows=number + sum(self._count_left()),
            revisited=self._revisited,
            share=share,
            records=self._records,
            seconds=now - self._began,
            seconds_left=_estimate(now - self._began, share),
            waits_for_loader=writing > (now - self._shown_at) * _SHARE_OF_WAITING,
            request_stats=self._read_stats() - self._stats,
        )

    def _time_in_plan(self) -> timedelta:
        """Return how much of this window lies in the plan: a cached window may reach beyond it."""
        window, leg = self._window, self._legs[self._leg]
        if window is None or not leg:
            return timedelta()
        first, last = (leg[-1], leg[0]) if self._leg is Leg.BACKFILL else (leg[0], leg[-1])
        read = min(window.end, last.end) - max(window.start, first.start)
        return max(read, timedelta())

    def _count_left(self) -> Iterator[int]:
        """Count the windows after this one; the rest of a large window in parts of this length."""
        window = self._window
        if window is None:
            return
        for other in self._legs[self._leg]:
            start, end = other.start, other.end
            rest = window.start - start if self._leg is Leg.BACKFILL else end - window.end
            if rest >= other.duration:
                yield 1
            elif rest > timedelta():
                yield ceil(rest / window.duration - _ROUNDING)
        legs = list(Leg)
        for later in legs[legs.index(self._leg) + 1 :]:
            yield len(self._legs[later])


def _time_of(windows: Sequence[Window]) -> timedelta:
    return sum((window.duration for window in windows), timedelta())


def _estimate(seconds: float, share: float) -> float | None:
    """Return the seconds left at the speed so far; None if too little has been read."""
    if seconds < _SECONDS_BEFORE_ESTIMATE or share < _SHARE_BEFORE_ESTIMATE:
        return None
    return seconds * (1 - share) / share

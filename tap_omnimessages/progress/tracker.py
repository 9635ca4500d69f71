"""Follow a stream through its plan: show how far it is now and then, and sum it up at the end."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Protocol

from tap_omnimessages.progress.bar import ProgressBar, is_bar_wanted
from tap_omnimessages.progress.lines import ProgressLines, Status, log_status, summarize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from tap_omnimessages.extract.windows import Plan, Window
    from tap_omnimessages.http.stats import RequestStats

# Below this share of the plan, and this time, the speed so far says nothing about the end.
_SHARE_BEFORE_ESTIMATE = 0.02
_SECONDS_BEFORE_ESTIMATE = 5.0
# Writing for more than this share of the time means that the loader is slower than the tap.
_SHARE_OF_WAITING = 0.5
# Parts of a window are cut to whole microseconds.
_ROUNDING = 0.01


class Display(Protocol):
    """Where a stream's progress is shown."""

    interval_seconds: float
    """How long to wait before showing the progress, for the first time and again."""

    def show(self, status: Status) -> None:
        """Show how far the stream is."""
        ...

    def close(self) -> None:
        """Remove what was of use only while the stream was read."""
        ...


class Progress:
    """Follows a stream by its windows and pages.

    Leaving the context manager logs the summary. A thread shows the progress even while a request
    has no response.
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
        """Start.

        Args:
            stream: The stream's name.
            plan: What will be read.
            read_stats: Returns what the requests have cost, of all streams of the source.
            logger: The stream's logger; nothing is shown below the level INFO.
            read_write_seconds: Returns how many seconds writing the output has taken.
            display: Where to show the progress; by default a bar on a terminal, else log lines.
            clock: Returns monotonic seconds.
        """
        self._stream = stream
        self._plan = plan
        self._read_stats = read_stats
        self._read_write_seconds = read_write_seconds
        self._logger = logger
        self._clock = clock
        self._is_wanted = logger.isEnabledFor(logging.INFO)
        self._display = display or (ProgressBar() if is_bar_wanted() else ProgressLines(logger))
        # A signal handler may run in between.
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._window = next(iter((*plan.forward, *plan.backfill)), None)
        self._backward = not plan.forward
        self._number = 0
        self._records = 0
        self._forward_time = _time_of(plan.forward)
        self._whole_time = self._forward_time + _time_of(plan.backfill)
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
        # A consumer that has stopped reading has an error of its own.
        if kind is not GeneratorExit:
            status = self._status()
            log_status(self._logger, summarize(status, is_whole=kind is None), status)

    def begin(self, window: Window, *, backward: bool) -> None:
        """Record that a window's pages come next.

        Args:
            window: A window of the plan, a part of one, or one that covers more.
            backward: Whether it belongs to the plan's backfill.
        """
        with self._lock:
            self._window, self._backward = window, backward
            self._number += 1

    def add(self, records: int) -> None:
        """Count the records of a page."""
        self._records += records
        self.show()

    def finish_window(self) -> None:
        """Record that the window has been read."""
        with self._lock:
            self._done_time = self._time_up_to_here()
        self.show()

    def show(self) -> None:
        """Show how far the stream is, unless that was shown a moment ago."""
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
        """Stop showing the progress, and remove what is shown."""
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
        share = self._done_time / self._whole_time if self._whole_time else 1.0
        number = max(1, self._number) if self._window else 0
        writing = self._read_write_seconds() - self._write_seconds
        return Status(
            stream=self._stream,
            window=self._window,
            number=number,
            windows=number + sum(self._count_left()),
            share=share,
            records=self._records,
            seconds=now - self._began,
            seconds_left=_estimate(now - self._began, share),
            waits_for_loader=writing > (now - self._shown_at) * _SHARE_OF_WAITING,
            request_stats=self._read_stats() - self._stats,
        )

    @property
    def _leg(self) -> Sequence[Window]:
        return self._plan.backfill if self._backward else self._plan.forward

    def _time_up_to_here(self) -> timedelta:
        """Return how much of the plan has been read at the end of this window."""
        window, leg = self._window, self._leg
        if window is None or not leg:
            return timedelta()
        if self._backward:
            read, before = leg[0].end - max(window.start, leg[-1].start), self._forward_time
        else:
            read, before = min(window.end, leg[-1].end) - leg[0].start, timedelta()
        return before + max(read, timedelta())

    def _count_left(self) -> Iterator[int]:
        """Count the windows behind this one; the rest of a large window in parts of this length."""
        window = self._window
        if window is None:
            return
        for other in self._leg:
            start, end = other.start, other.end
            rest = window.start - start if self._backward else end - window.end
            if rest >= other.duration:
                yield 1
            elif rest > timedelta():
                yield ceil(rest / window.duration - _ROUNDING)
        if not self._backward:
            yield len(self._plan.backfill)


def _time_of(windows: Sequence[Window]) -> timedelta:
    return sum((window.duration for window in windows), timedelta())


def _estimate(seconds: float, share: float) -> float | None:
    """Return the seconds left at the speed so far; None where too little has been read."""
    if seconds < _SECONDS_BEFORE_ESTIMATE or share < _SHARE_BEFORE_ESTIMATE:
        return None
    return seconds * (1 - share) / share

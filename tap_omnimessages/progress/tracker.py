"""Following how far a stream is: told from time to time, and summed up at the end."""

from __future__ import annotations

import logging
import threading
import time
from bisect import bisect_left
from contextlib import suppress
from datetime import timedelta
from math import ceil, inf
from typing import TYPE_CHECKING, Protocol

from tap_omnimessages.progress.bar import ProgressBar, is_bar_wanted
from tap_omnimessages.progress.lines import ProgressLines, Status, log_status, summarize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from tap_omnimessages.extract.windows import Plan, Window
    from tap_omnimessages.http.stats import RequestStats

# Below this much of the plan, and of time, the pace of a run says nothing of its end.
_SHARE_BEFORE_ESTIMATE = 0.02
_SECONDS_BEFORE_ESTIMATE = 5.0
# Parts of a window are cut to whole microseconds.
_ROUNDING = 0.01


class Display(Protocol):
    """Where a stream's progress is shown."""

    interval_seconds: float
    """After how much time it is shown again, and for the first time."""

    def show(self, status: Status) -> None:
        """Show how far the stream is."""
        ...

    def close(self) -> None:
        """Leave no trace of what was only of use until now."""
        ...


class Progress:
    """Follows one reading of a stream, told of windows and of pages, never of single records.

    As a context manager: leaving it writes the summary. A thread of its own sees to it that a
    request without an answer does not silence it.
    """

    def __init__(
        self,
        stream: str,
        plan: Plan,
        read_stats: Callable[[], RequestStats],
        logger: logging.Logger,
        *,
        display: Display | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin.

        Args:
            stream: The stream's name.
            plan: What will be read.
            read_stats: Gives what reading has cost, of all streams of the source.
            logger: The stream's logger; nothing is shown where it does not take INFO.
            display: Where to show the progress; chosen by where standard error leads.
            clock: Gives seconds that only ever grow.
        """
        self._stream = stream
        self._plan = plan
        self._read_stats = read_stats
        self._logger = logger
        self._clock = clock
        self._is_wanted = logger.isEnabledFor(logging.INFO)
        self._display = display or (ProgressBar() if is_bar_wanted() else ProgressLines(logger))
        # A signal's handler may come in between.
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._window = next(iter((*plan.forward, *plan.backfill)), None)
        self._backward = not plan.forward
        self._number = 0
        self._records = 0
        self._forward_time = _time_of(plan.forward)
        self._whole_time = self._forward_time + _time_of(plan.backfill)
        self._done_time = timedelta()
        self._began = self._finished = clock()
        # The ends of windows: how much of the plan's time was read, and when.
        self._ends = [(timedelta(), self._began)]
        self._stats = read_stats()
        self._due = self._began + self._display.interval_seconds

    def __enter__(self) -> Self:
        if self._is_wanted and self._window is not None:
            threading.Thread(target=self._keep_telling, name="progress", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        # Whoever has given up reading is told by an error of its own.
        if kind is not GeneratorExit:
            status = self._status()
            log_status(self._logger, summarize(status, is_whole=kind is None), status)

    def begin(self, window: Window, *, backward: bool) -> None:
        """Take in that a window's pages come next.

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
        self.tell()

    def finish_window(self) -> None:
        """Take in that the window has been read."""
        with self._lock:
            self._done_time = self._time_up_to_here()
            self._finished = self._clock()
            if not self._records:
                # How fast nothing can be read, before the first record, says nothing of the rest.
                self._ends.clear()
            self._ends.append((self._done_time, self._finished))
        self.tell()

    def tell(self) -> None:
        """Show how far the stream is, if that has not been shown for a while."""
        if self._clock() < self._due or not self._is_wanted:
            return
        with self._lock:
            now = self._clock()
            if now < self._due or self._ended.is_set() or self._window is None:
                return
            try:
                self._display.show(self._status())
            except Exception as error:  # noqa: BLE001 - what is only shown must not end a sync
                self._close_display()
                self._display = ProgressLines(self._logger)
                self._logger.debug("The progress bar broke (%s).", type(error).__name__)
            self._due = now + self._display.interval_seconds

    def close(self) -> None:
        """Stop telling, and take down what is shown."""
        self._ended.set()
        with self._lock:
            self._close_display()

    def _close_display(self) -> None:
        with suppress(Exception):
            self._display.close()

    def _keep_telling(self) -> None:
        while not self._ended.wait(self._display.interval_seconds):
            self.tell()

    def _status(self) -> Status:
        whole, done = self._whole_time, self._done_time
        number = max(1, self._number) if self._window else 0
        return Status(
            self._stream,
            self._window,
            number,
            number + sum(self._count_left()),
            done / whole if whole else 1.0,
            self._records,
            self._clock() - self._began,
            self._estimate(),
            self._read_stats() - self._stats,
        )

    def _estimate(self) -> float | None:
        """Estimate the seconds left, from the time covered since records have come.

        The latter half of it counts: an account may have been busier, or quieter, before.
        """
        since_time, since = self._ends[0]
        if self._done_time - since_time < self._whole_time * _SHARE_BEFORE_ESTIMATE:
            return None
        if self._finished - since < _SECONDS_BEFORE_ESTIMATE:
            return None
        middle = since_time + (self._done_time - since_time) / 2
        since_time, since = self._ends[max(0, bisect_left(self._ends, (middle, inf)) - 1)]
        paced, seconds = self._done_time - since_time, self._finished - since
        if not paced:
            return None
        rest = self._whole_time - self._done_time
        # This window may last longer than others did; those behind it are still to come.
        behind = self._whole_time - max(self._done_time, self._time_up_to_here())
        left = seconds * (rest / paced) - (self._clock() - self._finished)
        if left < 0 and not behind:
            return None
        return max(left, seconds * (behind / paced))

    @property
    def _leg(self) -> Sequence[Window]:
        return self._plan.backfill if self._backward else self._plan.forward

    def _time_up_to_here(self) -> timedelta:
        """How much of the plan lies before the end of this window, in the order of reading."""
        window, leg = self._window, self._leg
        if window is None or not leg:
            return timedelta()
        if self._backward:
            read, before = leg[0].end - max(window.start, leg[-1].start), self._forward_time
        else:
            read, before = min(window.end, leg[-1].end) - leg[0].start, timedelta()
        return before + max(read, timedelta())

    def _count_left(self) -> Iterator[int]:
        """Count the windows behind this one; what is left of a large one, in parts like it."""
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

"""Time windows, and the plan of the windows that a run reads.

Other taps call a window a slice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from typing_extensions import override

from tap_omnimessages.extract.revisits import Lookback, Revisit, find_revisit
from tap_omnimessages.timestamps import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A time range that is read, written and checkpointed as a whole.

    Attributes:
        start: The beginning of the range, UTC.
        end: The end of the range, UTC; later than `start`.
        sweep_start: Where the source's second sweep of the window begins, UTC, if not at `start`:
            before it for a longer lookback, at `end` for no second sweep.
    """

    start: datetime
    end: datetime
    sweep_start: datetime | None = None

    @property
    def duration(self) -> timedelta:
        """The length of the window."""
        return self.end - self.start

    @property
    def sweep(self) -> Window | None:
        """The range of the source's second sweep; None for no second sweep."""
        start = self.start if self.sweep_start is None else self.sweep_start
        return Window(start, self.end) if start < self.end else None

    def cut(self, at: datetime) -> tuple[Window, Window]:
        """Return the parts of this window before and after a time inside it."""
        return self.part(self.start, at), self.part(at, self.end)

    def split(self, parts: int) -> list[Window]:
        """Return so many windows of equal length that fill this one, oldest first."""
        step = self.duration / parts
        edges = [self.start + step * index for index in range(parts)] + [self.end]
        return [self.part(*edge) for edge in pairwise(edges)]

    def part(self, start: datetime, end: datetime) -> Window:
        """Return a part of this window; the first part has the sweep's time before the window."""
        sweep_start = self.sweep_start
        if sweep_start is None or sweep_start < self.start < start:
            return Window(start, end)
        return Window(start, end, min(sweep_start, end))

    @override
    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M:%S} to {self.end:%Y-%m-%d %H:%M:%S} UTC"


ALL_TIME = Window(datetime(1970, 1, 2, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC))
"""The longest window that can be asked for; every row of an account lies in it."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The time range that earlier runs have written completely, without gaps.

    Attributes:
        low_watermark: The beginning of the range, UTC; `extracted_from` in the state.
        high_watermark: The end of the range, UTC: the bookmark, `replication_key_value` in the
            state.
    """

    low_watermark: datetime
    high_watermark: datetime


class Leg(Enum):
    """A part of a plan; the parts are read in this order.

    New data come first, so that the warehouse waits neither for a revisit nor for a backfill.
    """

    FORWARD = "forward"
    REVISIT = "revisit"
    BACKFILL = "backfill"


@dataclass(frozen=True, slots=True)
class Plan:
    """The windows that a run reads.

    Attributes:
        low_watermark: The beginning of the covered range after `forward` has been read, UTC.
        forward: The windows that move the bookmark, oldest first.
        backfill: The windows before the covered range, newest first.
        is_contiguous: Whether `backfill` ends where the covered range begins. If not, reading
            `backfill` does not extend the covered range.
        again: The windows of the covered range that are read again, oldest first.
        revisit: Why they are read again; None if there are none.
    """

    low_watermark: datetime
    forward: Sequence[Window]
    backfill: Sequence[Window]
    is_contiguous: bool = True
    again: Sequence[Window] = ()
    revisit: Revisit | None = None

    @property
    def legs(self) -> dict[Leg, Sequence[Window]]:
        """The windows of each leg, in the order of reading."""
        return {Leg.FORWARD: self.forward, Leg.REVISIT: self.again, Leg.BACKFILL: self.backfill}


def fill(start: datetime, end: datetime, width: timedelta) -> list[Window]:
    """Fill a time range with adjacent windows, oldest first; only the last may be shorter.

    Returns:
        The windows; none if `end` is not later than `start`.
    """
    windows = []
    while start < end:
        edge = min(start + width, end)
        windows.append(Window(start, edge))
        start = edge
    return windows


def make_plan(
    coverage: Coverage | None,
    start_date: datetime,
    until: datetime,
    *,
    width: timedelta,
    lookback: Lookback,
) -> Plan:
    """Plan a run.

    New data come first, from the bookmark minus the lookback, so that the warehouse does not wait
    for what follows: a revisit if one is due, and history before the covered range. History is
    read newest first, so that the covered range has no gap if the run is interrupted.

    Args:
        coverage: The range that earlier runs have covered; None on the first run.
        start_date: The beginning of the history that the user wants, UTC.
        until: The end of this run's range, fixed when the run starts, UTC.
        width: The length of the longest window.
        lookback: How far before the bookmark records may still have changed.

    Returns:
        The plan; its windows lie between `start_date` and `until`.
    """
    if coverage is None or coverage.high_watermark < start_date:
        return Plan(start_date, fill(start_date, until, width), ())
    bookmark = coverage.high_watermark
    start = max(start_date, bookmark - lookback.each_run)
    forward, again = fill(start, until, width), []
    revisit = find_revisit(bookmark, until, lookback)
    if revisit is not None:
        again = fill(max(revisit.start, start_date, coverage.low_watermark), start, width)
    if lookback.sweep is not None:
        sweep_start = max(start_date, bookmark - lookback.sweep)
        if forward and sweep_start < start:
            forward[0] = replace(forward[0], sweep_start=sweep_start)
        # A revisit finds each row by its main time; the second sweep would find it again.
        again = [replace(window, sweep_start=window.end) for window in again]
    return Plan(
        coverage.low_watermark,
        forward,
        _fill_backward(start_date, min(coverage.low_watermark, until), width),
        is_contiguous=coverage.low_watermark <= until,
        again=again,
        revisit=revisit if again else None,
    )


def _fill_backward(start: datetime, end: datetime, width: timedelta) -> list[Window]:
    windows = []
    while start < end:
        edge = max(end - width, start)
        windows.append(Window(edge, end))
        end = edge
    return windows


def reuse(
    windows: Iterable[Window], existing: Iterable[Window], *, newest_first: bool = False
) -> list[Window]:
    """Align windows with those that have been read, so that no time is read twice.

    Example: of the wanted windows 1-10 and 10-20 March, 8-15 March has been read. The result is
    1-8, 8-15 and 15-20 March.

    Args:
        windows: The wanted windows, adjacent to each other.
        existing: The windows that have been read, in any order; none overlaps another. Those with
            a second sweep of their own are reused only where they are wanted exactly so.
        newest_first: Whether `windows`, and so the result, run backward in time.

    Returns:
        Windows that cover at least the same time. A window of `existing` that reaches beyond the
        wanted time is returned whole, because its rows need no request.
    """
    read = sorted(window for window in existing if window.sweep_start is None)
    planned: dict[Window, None] = {}
    for window in windows:
        pieces = []
        start = window.start
        for other in read:
            if other.end <= start or other.start >= window.end:
                continue
            if start < other.start:
                pieces.append(window.part(start, other.start))
            pieces.append(other)
            start = other.end
        if start < window.end:
            pieces.append(window.part(start, window.end))
        planned.update(dict.fromkeys(reversed(pieces) if newest_first else pieces))
    return list(planned)


def read_range(config: Mapping[str, Any]) -> Range | None:
    """Return the time range of a run; the end is fixed by this call.

    Args:
        config: The tap's settings: `start_date`, `end_date` and `safety_lag_seconds`.

    Returns:
        The range; None if the settings are invalid, which only discovery allows.
    """
    now = datetime.now(UTC)
    try:
        start, end = parse_time(config.get("start_date")), parse_time(config.get("end_date"))
        until = now - timedelta(seconds=config["safety_lag_seconds"])
    except (TypeError, ValueError):
        return None
    return Range(start, min(until, end or until), now) if start else None


class Range(NamedTuple):
    """The time range of a run.

    Attributes:
        start_date: The beginning of the history that the user wants, UTC.
        until: The end of the range, UTC: now minus the safety lag, or an earlier `end_date`.
        now: The time when the run began, UTC.
    """

    start_date: datetime
    until: datetime
    now: datetime

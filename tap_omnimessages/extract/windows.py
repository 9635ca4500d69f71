"""Windows of time, and the plan of those that a run reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from typing_extensions import override

from tap_omnimessages.timestamps import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A range of time that is read, written out and checkpointed as a whole.

    Attributes:
        start: Where the window begins, UTC.
        end: Where it ends, UTC; later than `start`.
    """

    start: datetime
    end: datetime

    @property
    def duration(self) -> timedelta:
        """How long the window is."""
        return self.end - self.start

    def cut(self, at: datetime) -> tuple[Window, Window]:
        """Give the two windows before and after a time inside this one."""
        return Window(self.start, at), Window(at, self.end)

    def split(self, parts: int) -> list[Window]:
        """Give windows of equal length that fill this one, oldest first."""
        step = self.duration / parts
        edges = [self.start + step * index for index in range(parts)] + [self.end]
        return [Window(*edge) for edge in pairwise(edges)]

    @override
    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M:%S} to {self.end:%Y-%m-%d %H:%M:%S} UTC"


@dataclass(frozen=True, slots=True)
class Coverage:
    """The range of time that earlier runs have written out whole, gaps excluded.

    Attributes:
        start: Where it begins (`extracted_from` in the state), UTC.
        horizon: Where it ends (the bookmark), UTC.
    """

    start: datetime
    high_watermark: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """The windows that a run reads.

    Attributes:
        covered_from: Where the covered range begins once `forward` has been read.
        forward: Windows that move the horizon, oldest first.
        backfill: Windows before the covered range, newest first.
        joined: Whether `backfill` touches the covered range, so that reading it extends it.
    """

    low_watermark: datetime
    forward: Sequence[Window]
    backfill: Sequence[Window]
    is_contiguous: bool = True


def fill(start: datetime, end: datetime, width: timedelta) -> list[Window]:
    """Fill a range with neighbouring windows, oldest first, only the last one shorter.

    Returns:
        No window where `end` is not later than `start`.
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
    lookback: timedelta,
) -> Plan:
    """Plan a run.

    New data come first, from the horizon less the lookback, so that a long backfill does not
    keep the warehouse waiting for today. History before the covered range follows, backward,
    so that the covered range stays whole wherever the run ends.

    Args:
        coverage: What earlier runs have covered; None on the first run.
        start_date: Where the user's history begins, UTC.
        until: Where this run ends, frozen at its start, UTC.
        width: The longest window.
        lookback: How far before the horizon records may still have changed.

    Returns:
        The plan; its windows lie between `start_date` and `until`.
    """
    if coverage is None or coverage.high_watermark < start_date:
        return Plan(start_date, fill(start_date, until, width), ())
    start = max(start_date, coverage.high_watermark - lookback)
    return Plan(
        coverage.start,
        fill(start, until, width),
        _fill_backward(start_date, min(coverage.start, until), width),
        is_contiguous=coverage.start <= until,
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
    """Replace the parts of windows that have been read already by the windows that were read.

    Args:
        windows: Neighbouring windows to be read.
        existing: Windows that have been read, in any order, not overlapping.
        newest_first: Whether `windows`, and so the answer, run backward in time.

    Returns:
        Windows that cover at least the same time. A window of `existing` that reaches beyond
        the range asked for stays whole: its records are at hand.
    """
    read = sorted(existing)
    planned: dict[Window, None] = {}
    for window in windows:
        pieces = []
        start = window.start
        for other in read:
            if other.end <= start or other.start >= window.end:
                continue
            if start < other.start:
                pieces.append(Window(start, other.start))
            pieces.append(other)
            start = other.end
        if start < window.end:
            pieces.append(Window(start, window.end))
        planned.update(dict.fromkeys(reversed(pieces) if newest_first else pieces))
    return list(planned)


def read_range(config: Mapping[str, Any]) -> Range | None:
    """Give the time that a run covers; `until` is frozen here.

    Returns:
        The range; None where the settings cannot be read, which only discovery lets pass.
    """
    now = datetime.now(UTC)
    try:
        start, end = parse_time(config.get("start_date")), parse_time(config.get("end_date"))
        until = now - timedelta(seconds=config["safety_lag_seconds"])
    except (TypeError, ValueError):
        return None
    return Range(start, min(until, end or until), now) if start else None


class Range(NamedTuple):
    """The time that a run covers.

    Attributes:
        start_date: Where the user's history begins, UTC.
        until: Where the run ends, frozen at its start, UTC.
        now: When the run began, UTC.
    """

    start_date: datetime
    until: datetime
    now: datetime

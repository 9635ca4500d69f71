"""Windows of time, and the plan of the windows that a run reads."""

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
        """Return the two windows before and after a time inside this one."""
        return Window(self.start, at), Window(at, self.end)

    def split(self, parts: int) -> list[Window]:
        """Return windows of equal length that fill this one, oldest first."""
        step = self.duration / parts
        edges = [self.start + step * index for index in range(parts)] + [self.end]
        return [Window(*edge) for edge in pairwise(edges)]

    @override
    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M:%S} to {self.end:%Y-%m-%d %H:%M:%S} UTC"


@dataclass(frozen=True, slots=True)
class Coverage:
    """The time range that earlier runs have written completely, without gaps.

    Attributes:
        low_watermark: Where it begins (`extracted_from` in the state), UTC.
        high_watermark: Where it ends (the bookmark, `replication_key_value`), UTC.
    """

    low_watermark: datetime
    high_watermark: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """The windows that a run reads.

    Attributes:
        low_watermark: Where the covered range begins once `forward` has been read.
        forward: Windows that move the bookmark, oldest first.
        backfill: Windows before the covered range, newest first.
        is_contiguous: Whether `backfill` touches the covered range, so that reading it extends it.
    """

    low_watermark: datetime
    forward: Sequence[Window]
    backfill: Sequence[Window]
    is_contiguous: bool = True


def fill(start: datetime, end: datetime, width: timedelta) -> list[Window]:
    """Fill a range with neighbouring windows, oldest first; only the last may be shorter.

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

    New data come first, from the bookmark minus the lookback, so that the warehouse does not wait
    for a long backfill. History before the covered range follows, backward, so that the covered
    range has no gap wherever the run ends.

    Args:
        coverage: The range that earlier runs have covered; None on the first run.
        start_date: Where the user's history begins, UTC.
        until: Where this run ends, frozen at its start, UTC.
        width: The longest window.
        lookback: How far before the bookmark records may still have changed.

    Returns:
        The plan; its windows lie between `start_date` and `until`.
    """
    if coverage is None or coverage.high_watermark < start_date:
        return Plan(start_date, fill(start_date, until, width), ())
    start = max(start_date, coverage.high_watermark - lookback)
    return Plan(
        coverage.low_watermark,
        fill(start, until, width),
        _fill_backward(start_date, min(coverage.low_watermark, until), width),
        is_contiguous=coverage.low_watermark <= until,
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
    """Replace what has been read already by the windows as they were read.

    Args:
        windows: Neighbouring windows to be read.
        existing: Windows that have been read, in any order, not overlapping.
        newest_first: Whether `windows`, and so the result, run backward in time.

    Returns:
        Windows that cover at least the same time. A window of `existing` that reaches beyond
        the range stays whole: its records are at hand.
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
    """Return the time range of a run; this freezes `until`.

    Returns:
        The range; None where the settings are invalid, which only discovery allows.
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
        start_date: Where the user's history begins, UTC.
        until: Where the run ends, frozen at its start, UTC.
        now: When the run began, UTC.
    """

    start_date: datetime
    until: datetime
    now: datetime

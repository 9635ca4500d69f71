"""Revisits: runs that read old windows again, to find what changed late.

The older a row, the rarer it changes, and the rarer it is read again. The schedule is a ladder of
periods: 3, 6, 12, 24 days and so on. When the bookmark crosses a multiple of a period, the run also
reads the last three periods. So it finds what has changed in a row that is A days old at the latest
when A more days have passed: for the longest period P that is not longer than A, a multiple of P
comes within P days, and the row is then at most 3 P days old.

`python -m benchmarks.revisits` compares this schedule with others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST_PERIOD = timedelta(days=3)
_GROWTH = 2
_PERIODS_READ = 3
# A run with more new time than this continues a first load, or follows a long pause.
LONGEST_GAP = timedelta(days=31)

_ORIGIN = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Lookback:
    """How far before the bookmark a run reads again.

    Attributes:
        each_run: How far each run reads again.
        sweep: How far each run repeats the source's second sweep; None for a source without one.
        revisit: How far back revisits reach; zero for none.
    """

    each_run: timedelta
    sweep: timedelta | None = None
    revisit: timedelta = timedelta()


class Revisit(NamedTuple):
    """A revisit that a run owes.

    Attributes:
        start: Where it begins, UTC; it ends where the lookback begins.
        due: The multiple that the bookmark crosses, UTC. A bookmark that stays at or before it
            makes the next run owe the revisit again.
    """

    start: datetime
    due: datetime


def find_revisit(bookmark: datetime, until: datetime, lookback: Lookback) -> Revisit | None:
    """Return the revisit that a run owes.

    Args:
        bookmark: The bookmark when the run begins, UTC.
        until: Where the run ends, UTC.
        lookback: How far the source's runs read again.

    Returns:
        The revisit of the longest period of which the bookmark crosses a multiple: it contains
        those of the shorter ones. None if no multiple is crossed, or if the run has more than
        `LONGEST_GAP` to catch up.
    """
    if not lookback.revisit or until - bookmark > LONGEST_GAP:
        return None
    revisit = None
    for period in _periods(lookback):
        due = _multiple_before(until, period)
        if due < bookmark:
            break
        revisit = Revisit(max(due - _PERIODS_READ * period, until - lookback.revisit), due)
    return revisit


def last_visit(moment: datetime, revisit: Revisit, lookback: Lookback) -> datetime:
    """Return when the schedule has read a row last, before a revisit.

    Args:
        moment: The row's time, UTC.
        revisit: The revisit that reads the row.
        lookback: How far the source's runs read again.

    Returns:
        The multiple that made the last revisit of the row due, or the end of the row's time in the
        lookback, UTC. The run that read the row ended then or later.
    """
    age = revisit.due - moment
    for period in _periods(lookback):
        if age <= (_PERIODS_READ + 1) * period:
            return max(moment + lookback.each_run, revisit.due - period)
    return moment + lookback.each_run


def _periods(lookback: Lookback) -> Iterator[timedelta]:
    """Yield the periods, shortest first; a multiple of one is a multiple of all before it.

    A period finds what changes in rows that are one to two periods old, so the lookback makes the
    shortest ones unnecessary. The last period is the first that reaches as far as revisits do.
    """
    period = SHORTEST_PERIOD
    while _GROWTH * period <= lookback.each_run:
        period *= _GROWTH
    yield period
    while _PERIODS_READ * period < lookback.revisit:
        period *= _GROWTH
        yield period


def _multiple_before(moment: datetime, period: timedelta) -> datetime:
    """Return the last multiple of a period before a time."""
    return _ORIGIN + (moment - _ORIGIN - _TICK) // period * period

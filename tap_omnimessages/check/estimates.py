"""Estimate how much there is to read, and how long that takes."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from statistics import median
from typing import TYPE_CHECKING

from tap_omnimessages.extract.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

WEEK = timedelta(days=7)
# Where in the history weeks are counted, from its start to its end.
_PLACES = (0.0, 0.25, 0.5, 0.75, 1.0)
# How many rows a small window holds: enough to compare, few enough for the smallest page.
_FEW = 5
# The lengths of windows that are tried, in days, longest first.
LONG_WINDOWS = (366, 93, 62, 32, 31, 30, 15, 7, 1)


def sample_weeks(start: datetime, end: datetime) -> list[Window]:
    """Return weeks spread over a history, oldest first; one shorter window for a short history."""
    room = end - start - WEEK
    if room <= timedelta():
        return [Window(start, end)] if end > start else []
    weeks = [Window(start + room * place, start + room * place + WEEK) for place in _PLACES]
    # Weeks of a short history overlap, and tell nothing more.
    return [weeks[0], weeks[-1]] if room < WEEK * len(_PLACES) else weeks


def density(times: Sequence[datetime], window: Window, *, is_full: bool) -> int | None:
    """Estimate the rows of a window from its first page.

    Args:
        times: The times of the page's rows, in its order.
        window: The window.
        is_full: Whether there may be more rows than these.

    Returns:
        The number of rows; None where the page is full and its rows are in no order.
    """
    if not is_full:
        return len(times)
    ordered = sorted(times)
    if list(times) not in (ordered, ordered[::-1]) or ordered[0] == ordered[-1]:
        return None
    return round(len(times) * (window.duration / (ordered[-1] - ordered[0])))


def few_moments(times: Sequence[datetime]) -> Window | None:
    """Return the time from the first to the last of a few rows, near the middle of them.

    Returns:
        The window; None where too many rows share their times.
    """
    ordered = sorted(times)
    middle = max(0, len(ordered) // 2 - _FEW // 2)
    # Rows of one moment cannot be told apart, so other places are tried, too.
    for begin in (middle, middle // 2, middle + middle // 2, 0):
        few = ordered[begin : begin + _FEW]
        if few and few[0] < few[-1]:
            return Window(few[0], few[-1])
    return None


def history(counts: Sequence[tuple[Window, int]], start: datetime, end: datetime) -> int:
    """Estimate the rows of a history from those of some weeks."""
    seconds = sum(window.duration.total_seconds() for window, _ in counts)
    rows = sum(count for _, count in counts)
    return round(rows * (end - start).total_seconds() / seconds) if seconds else 0


def load_seconds(
    requests: int, seconds: Sequence[float], concurrencies: Sequence[int]
) -> dict[str, int]:
    """Estimate how long requests take, by the number of them at the same time."""
    each = median(seconds) if seconds else 0.0
    return {str(most): ceil(requests * each / most) for most in sorted(set(concurrencies))}


def longest_accepted(accepts: Callable[[int], bool]) -> tuple[int | None, int | None]:
    """Find the longest window that an API accepts.

    Args:
        accepts: Whether it accepts a window of so many days.

    Returns:
        The longest that was accepted, in days, and the shortest that was refused; None for none.
    """
    refused = None
    for days in LONG_WINDOWS:
        if accepts(days):
            return days, refused
        refused = days
    return None, refused


def percentile(values: Sequence[timedelta], share: float) -> timedelta:
    """Return the value below which a share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def format_duration(duration: timedelta) -> str:
    """Format a duration for people, such as `3 h` or `2.5 days`."""
    seconds = abs(duration.total_seconds())
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= size:
            number = f"{seconds / size:.1f}".removesuffix(".0")
            return f"{number} {'day' if (number, unit) == ('1', 'days') else unit}"
    return f"{seconds:.0f} s"


def format_count(number: int, words: str) -> str:
    """Format a number of things, such as `1,200 sessions`."""
    return f"{number:,} {words.removesuffix('s') if number == 1 else words}"

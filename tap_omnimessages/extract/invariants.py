"""What holds for every API that understands the bounds of a request.

Some row of a non-empty response lies in its window; windows that do not touch show other rows.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_omnimessages.errors import ApiError
from tap_omnimessages.timestamps import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from tap_omnimessages.extract.windows import Window

# Time zones and rounding to whole days may move a row by this much.
_TOLERANCE = timedelta(days=1)
_OVERLAP = timedelta(seconds=2)
_SHORTEST_SILENCE = timedelta(hours=1)
# One row may belong to two windows: a session has messages in both.
_FEWEST_ROWS = 2


def lies_in(values: Iterable[Any], window: Window) -> bool | None:
    """Return whether one of a row's times lies in a window; None where no time can be read.

    Args:
        values: The times as the API writes them.
        window: The window; a day of tolerance is added at both ends.
    """
    is_readable = False
    for value in values:
        try:
            moment = parse_time(value)
        except ValueError:
            continue
        if moment is None:
            continue
        is_readable = True
        if window.start - _TOLERANCE <= moment <= window.end + _TOLERANCE:
            return True
    return False if is_readable else None


def readable_times(values: Iterable[Any]) -> Iterator[datetime]:
    """Yield the times that can be read, of times as the API writes them."""
    for value in values:
        with suppress(ValueError):
            if (moment := parse_time(value)) is not None:
                yield moment


def silent_end(window: Window, values: Iterable[Any]) -> Window | None:
    """Find the part before the first row or behind the last in which a window shows nothing.

    An API that shows its newest days for every window shows them for this part, too.

    Args:
        window: The window.
        values: The times of its rows, as the API writes them.

    Returns:
        The longer of the two parts, farther than the tolerance from any row; None where the rows
        fill the window, or there are none.
    """
    times = list(readable_times(values))
    if not times:
        return None
    clear = _TOLERANCE + _OVERLAP
    ends = [(window.start, min(times) - clear), (max(times) + clear, window.end)]
    start, end = max(ends, key=lambda part: part[1] - part[0])
    return window.part(start, end) if end - start >= _SHORTEST_SILENCE else None


def all_lie_in(values: Iterable[Any], window: Window) -> bool:
    """Return whether all times, as the API writes them, are readable and lie in a window.

    Bounds that overlap by a second are no violation.
    """
    try:
        moments = [parse_time(value) for value in values]
    except ValueError:
        return False
    return all(
        moment is not None and window.start - _OVERLAP <= moment <= window.end + _OVERLAP
        for moment in moments
    )


class WindowMemory:
    """Remembers which rows each window has shown, to recognize an API that ignores the bounds."""

    def __init__(self, api: str, bounds: str) -> None:
        """Start empty.

        Args:
            api: The API's name, for the error.
            bounds: The names of the request's bounds, for the error.
        """
        self._api = api
        self._bounds = bounds
        self._windows: dict[int, Window] = {}
        self._lock = threading.Lock()

    def record(self, window: Window, identities: set[int]) -> None:
        """Record the rows of a window.

        Raises:
            ApiError: A window that does not touch this one has shown the same rows.
        """
        if len(identities) < _FEWEST_ROWS:
            return
        with self._lock:
            other = self._windows.setdefault(hash(frozenset(identities)), window)
        if other.end < window.start or window.end < other.start:
            msg = (
                f"{self._api}: the API shows the same rows for {other} and for {window}, so it "
                f"ignores {self._bounds}. The bookmark stays before the later window."
            )
            raise ApiError(msg)


def beyond(window: Window, edges: list[Any], shortest: timedelta) -> tuple[bool, Window | None]:
    """Find the part of a window that lies behind the last row, for rows in order of time.

    Args:
        window: The window.
        edges: The times of the first and last row of each page, as the API writes them.
        shortest: The shortest part that a request can tell from its neighbours.

    Returns:
        Whether the rows are in order, and the part; None where there is no order or nothing left.
    """
    try:
        times = [parse_time(value) for value in edges]
    except ValueError:
        return False, None
    known = [time for time in times if time is not None]
    if len(known) != len(times) or len(known) < _FEWEST_ROWS or known[0] == known[-1]:
        return False, None
    last = known[-1]
    if known == sorted(known):
        return True, (None if window.end - last < shortest else window.cut(last)[1])
    if known == sorted(known, reverse=True):
        return True, (None if last - window.start < shortest else window.cut(last)[0])
    return False, None

"""Audit what was read: ask for small parts of it in another way, and compare.

Rules only cover what somebody thought of; an audit finds what nobody did. A part is chosen at
random, so an API cannot treat it differently. docs/guarantees.md says what an audit proves.
"""

from __future__ import annotations

import logging
import random
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tap_omnimessages.errors import IncompleteWindowError, RefusedError
from tap_omnimessages.extract.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_omnimessages.extract.seen_rows import SeenRows
    from tap_omnimessages.extract.source import Page

logger = logging.getLogger("tap-omnimessages")

# About how many rows an audited part should hold.
_ROWS = 20
_SHORTEST = timedelta(seconds=4)
_DAY = timedelta(days=1)
_CLEAR_OF_MIDNIGHT = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class WindowRead:
    """A window that has just been read.

    Attributes:
        window: The window.
        pages: How many requests it took.
        seen: The rows that it has shown.
        latest: The latest time of a row; None where none can be read.
        show: Fetches a window with another page size, and returns the keys of its rows that lie in
            a part.
        read_again: Reads the window again, into `seen`.
    """

    window: Window
    pages: int
    seen: SeenRows
    latest: datetime | None
    show: Callable[[Window, Window], list[int]]
    read_again: Callable[[], Iterator[Page]]


class Auditor:
    """Audits the windows of a run, and counts what was audited."""

    def __init__(self, api: str, rows: str, pages_per_audit: int) -> None:
        """Start without an audit.

        Args:
            api: The API's name, for messages.
            rows: What its rows are called, for messages.
            pages_per_audit: There is one audit for so many pages, and at least one for each run
                that read rows; 0 for none at all.
        """
        self._api = api
        self._rows = rows
        self._pages_per_audit = pages_per_audit
        self._pages = 0
        self._audits = 0
        self._audited_rows = 0
        self._lock = threading.Lock()

    def audit(self, read: WindowRead) -> Iterator[Page]:
        """Compare what a window showed with another request for a small part of it.

        Yields:
            The pages of the window, read again, where the other request showed a row that had not
            been read: it may be new, or hidden.

        Raises:
            IncompleteWindowError: The window, read again, still lacks the row.
        """
        for asked, part in self._choose(read):
            yield from self._compare(read, asked, part)

    def _compare(self, read: WindowRead, asked: Window, part: Window) -> Iterator[Page]:
        shown = _show(read, asked, part)
        missing = {key for key in shown if not read.seen.knows(key)}
        if missing:
            yield from read.read_again()
            # A row that is gone again cannot be read.
            missing = {key for key in missing if not read.seen.knows(key)}
            missing &= set(_show(read, asked, part)) if missing else set()
        if missing:
            msg = (
                f"{self._api}, {part}: an audit with another request showed {len(shown)} "
                f"{self._rows}, of which {len(missing)} had not been read, nor were they when the "
                f"window was read again. The API hides rows{_explain(asked, part)}. The bookmark "
                f"stays before the window. Report this sentence."
            )
            raise IncompleteWindowError(msg)
        with self._lock:
            self._audited_rows += len(shown)

    def _choose(self, read: WindowRead) -> Iterator[tuple[Window, Window]]:
        """Yield what to request, and the part of it to compare, for the audits that are due."""
        window, rows = read.window, len(read.seen)
        width = max(_SHORTEST, min(window.duration / 2, window.duration * _ROWS / max(rows, 1)))
        with self._lock:
            self._pages += read.pages
            if not self._pages_per_audit:
                return
            tail = _silent_tail(read)
            is_due = self._audits <= self._pages // self._pages_per_audit
            is_random = rows > 0 and is_due and width < window.duration
            self._audits += is_random + (tail is not None)
        if tail is not None:
            # An API that cuts its bounds to dates shows the day of the end only for a later end.
            yield Window(tail.start, tail.end + _DAY), tail
        if is_random:
            start = window.start + (window.duration - width) * random.random()  # noqa: S311
            part = Window(start, start + width)
            yield part, part

    def page_size(self, page_size: int) -> int:
        """Return another page size than the usual one."""
        return max(1, page_size * 2 // 3)

    def report(self) -> None:
        """Log how many rows were audited in the run."""
        if self._audits:
            logger.info(
                "%s: %d %s were audited in %d requests; all of them had been read.",
                self._api,
                self._audited_rows,
                self._rows,
                self._audits,
            )


def _silent_tail(read: WindowRead) -> Window | None:
    """Return the last day of a window up to its end, where it has shown no row of that day."""
    end = read.window.end
    midnight = end.replace(hour=0, minute=0, second=0, microsecond=0)
    # Bounds overlap: a request from midnight would name the day before.
    begins = max(midnight + _CLEAR_OF_MIDNIGHT, read.window.start)
    shows_some = read.latest is not None and read.latest >= begins
    if shows_some or end - begins < _SHORTEST:
        return None
    return Window(begins, end)


def _explain(asked: Window, part: Window) -> str:
    return " of the last day, as if it filtered by whole days" if asked != part else ""


def _show(read: WindowRead, asked: Window, part: Window) -> list[int]:
    try:
        return read.show(asked, part)
    except RefusedError:
        return []

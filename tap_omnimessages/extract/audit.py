"""Audit what was read: ask for small parts of it in another way, and compare.

Rules only cover what somebody thought of; an audit finds what nobody did. A part is chosen at
random, so an API cannot treat it differently. docs/guarantees.md says what an audit proves.
"""

from __future__ import annotations

import logging
import random
import threading
from dataclasses import dataclass
from datetime import timedelta
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


@dataclass(frozen=True, slots=True)
class WindowRead:
    """A window that has just been read.

    Attributes:
        window: The window.
        pages: How many requests it took.
        seen: The rows that it has shown.
        show: Fetches the keys of the rows that lie in a part of it, with another page size.
        read_again: Reads the window again, into `seen`.
    """

    window: Window
    pages: int
    seen: SeenRows
    show: Callable[[Window], list[int]]
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
        part = self._choose(read)
        if part is None:
            return
        shown = _show(read, part)
        missing = {key for key in shown if not read.seen.knows(key)}
        if missing:
            yield from read.read_again()
            # A row that is gone again cannot be read.
            missing = {key for key in missing if not read.seen.knows(key)}
            missing &= set(_show(read, part)) if missing else set()
        if missing:
            msg = (
                f"{self._api}, {part}: an audit with another page size showed {len(shown)} "
                f"{self._rows}, of which {len(missing)} had not been read, nor were they when the "
                f"window was read again. The API hides rows. The bookmark stays before the window. "
                f"Report this sentence."
            )
            raise IncompleteWindowError(msg)
        with self._lock:
            self._audited_rows += len(shown)

    def _choose(self, read: WindowRead) -> Window | None:
        """Choose a random part that holds about 20 rows; None where no audit is due."""
        window, rows = read.window, len(read.seen)
        with self._lock:
            self._pages += read.pages
            is_due = self._pages_per_audit and (
                self._audits <= self._pages // self._pages_per_audit
            )
            width = max(_SHORTEST, min(window.duration / 2, window.duration * _ROWS / max(rows, 1)))
            if not (rows and is_due) or width >= window.duration:
                return None
            self._audits += 1
        start = window.start + (window.duration - width) * random.random()  # noqa: S311
        return Window(start, start + width)

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


def _show(read: WindowRead, part: Window) -> list[int]:
    try:
        return read.show(part)
    except RefusedError:
        return []

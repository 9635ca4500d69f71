"""Audit what was read: ask for small parts of it in another way, and compare.

Rules only cover what somebody thought of; an audit finds what nobody did. A part is chosen at
random, so an API cannot treat it differently. docs/guarantees.md says what an audit proves.
"""

from __future__ import annotations

import logging
import random
import threading
from datetime import timedelta

from tap_omnimessages.errors import IncompleteWindowError
from tap_omnimessages.extract.windows import Window

logger = logging.getLogger("tap-omnimessages")

# At most one request for so many pages; at least one for each run that read rows.
_PAGES_PER_AUDIT = 10
# About how many rows an audited part should hold.
_ROWS = 20
_SHORTEST = timedelta(seconds=4)


class Auditor:
    """Chooses what to audit in a run, and counts what was audited."""

    def __init__(self, api: str, rows: str) -> None:
        """Start without an audit.

        Args:
            api: The API's name, for messages.
            rows: What its rows are called, for messages.
        """
        self._api = api
        self._rows = rows
        self._pages = 0
        self._audits = 0
        self._audited_rows = 0
        self._lock = threading.Lock()

    def choose(self, window: Window, rows: int, pages: int) -> Window | None:
        """Choose a part of a window that has just been read, if an audit is due.

        Args:
            window: The window.
            rows: How many rows it showed.
            pages: How many requests it took.

        Returns:
            A random part that holds about 20 rows; None where no audit is due.
        """
        with self._lock:
            self._pages += pages
            if not rows or self._audits > self._pages // _PAGES_PER_AUDIT:
                return None
            self._audits += 1
        width = max(_SHORTEST, min(window.duration / 2, window.duration * _ROWS / rows))
        if width >= window.duration:
            return None
        start = window.start + (window.duration - width) * random.random()  # noqa: S311
        return Window(start, start + width)

    def page_size(self, page_size: int) -> int:
        """Return another page size than the usual one."""
        return max(1, page_size * 2 // 3)

    def judge(self, part: Window, shown: int, missing: int) -> None:
        """Judge an audit, after the window has been read again where a row was missing.

        Args:
            part: The part.
            shown: How many rows the audit showed.
            missing: How many of them no reading has shown.

        Raises:
            IncompleteWindowError: Some rows are missing.
        """
        if missing:
            msg = (
                f"{self._api}, {part}: an audit with another page size showed {shown} "
                f"{self._rows}, of which {missing} had not been read, nor were they when the "
                f"window was read again. The API hides rows. The bookmark stays before the window. "
                f"Report this sentence."
            )
            raise IncompleteWindowError(msg)
        with self._lock:
            self._audited_rows += shown

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

"""Recognize the number of rows that a cap on results leaves.

A search engine behind a list may end every result at N rows, and claim N as the total. Then the
number of rows is round, a multiple of the page size, or the same as the largest of another window.
"""

from __future__ import annotations

_ROUND = 50
# Windows with fewer rows often have the same number by chance.
_FEWEST = 20


class CapWatch:
    """Remembers the largest number of rows of any window of a run."""

    def __init__(self) -> None:
        self._largest = 0

    def is_suspicious(self, rows: int, page_size: int) -> bool:
        """Return whether a window's number of rows may be a cap instead of its true number.

        Args:
            rows: How many rows the window has shown.
            page_size: The `limit` that was sent.
        """
        if rows == 0:
            return False
        is_round = rows >= _ROUND and rows % _ROUND == 0
        fills_pages = rows % page_size == 0 and (page_size > 1 or rows >= _FEWEST)
        return is_round or fills_pages or (rows >= _FEWEST and rows == self._largest)

    def may_be_reached(self, rows: int) -> bool:
        """Return whether a window has as many rows as the largest so far, or more.

        The first window of a run has, too: no window may be believed before a cap has shown.

        Args:
            rows: How many rows the window has shown.
        """
        return rows >= self._largest

    def record(self, rows: int) -> None:
        """Record the number of rows of a window."""
        self._largest = max(self._largest, rows)

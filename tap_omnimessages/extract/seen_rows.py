"""Remember which rows have been passed on, so that each goes out once unless it changes."""

from __future__ import annotations


class SeenRows:
    """Fingerprints of rows, by key; with a limit, the oldest are forgotten first.

    A row that goes out twice is harmless (the target updates it by its primary key); unlimited
    memory is not.
    """

    def __init__(self, limit: int | None = None) -> None:
        """Start empty.

        Args:
            limit: How many rows to remember; None for all.
        """
        self._limit = limit
        self._fingerprints: dict[int, int] = {}

    def __len__(self) -> int:
        """Return how many rows are remembered."""
        return len(self._fingerprints)

    def knows(self, key: int) -> bool:
        """Return whether a row is remembered, in whatever version."""
        return key in self._fingerprints

    def is_news(self, key: int, fingerprint: int) -> bool:
        """Record a row, and return whether it is new or has changed since it was last recorded.

        Args:
            key: What identifies the row, hashed.
            fingerprint: The hash of the whole row.
        """
        if self._fingerprints.get(key) == fingerprint:
            return False
        self._fingerprints[key] = fingerprint
        if self._limit is not None and len(self._fingerprints) > self._limit:
            del self._fingerprints[next(iter(self._fingerprints))]
        return True

"""What a run learns about eTelecom's server from the pages that it sees."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from tap_omnimessages.extract.caps import CapWatch

_TRIALS = 3


@dataclass
class ServerTraits:
    """What a run has learned about the server.

    Attributes:
        gives_next: The server has sent a `next`, so an empty one means the end.
        largest_page: The most notifications on any page.
        cursors_are_keys: Its cursors name a row, so rows that come and go move nothing. False
            where cursors count rows, or where neither has shown.
        trials: How often cursors have been tried.
        ends_with_empty_page: An empty page behind a cursor came twice, so it was the end.
        null_rows: How many notifications were null.
        caps: Recognizes numbers of rows that a cap leaves.
        lock: Held while windows that are read at the same time change these.
    """

    gives_next: bool = False
    largest_page: int = 0
    cursors_are_keys: bool = False
    trials: int = 0
    ends_with_empty_page: bool = False
    null_rows: int = 0
    caps: CapWatch = field(default_factory=CapWatch, repr=False, compare=False)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def learn_page(self, rows: int) -> None:
        """Record how many notifications a page holds."""
        with self.lock:
            self.largest_page = max(self.largest_page, rows)

    def begin_trial(self) -> bool:
        """Count a trial of the cursors; return False when there have been enough."""
        with self.lock:
            self.trials += 1
            return self.trials <= _TRIALS

    def count_nulls(self, rows: int) -> None:
        """Count notifications that were null."""
        with self.lock:
            self.null_rows += rows

    def learn_next(self) -> None:
        """Record that the server sends a `next`."""
        with self.lock:
            self.gives_next = True

    def learn_empty_end(self, *, is_empty: bool) -> None:
        """Record whether an empty page behind a cursor stayed empty when it was requested again."""
        with self.lock:
            self.ends_with_empty_page = is_empty

    def learn_keys(self) -> None:
        """Record that a cursor names a row."""
        with self.lock:
            self.cursors_are_keys = True

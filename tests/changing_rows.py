"""An invented server whose rows change between requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from typing_extensions import override

from tap_omnimessages.errors import IncompleteWindowError
from tap_omnimessages.extract.completeness import CompleteReader, WindowScan
from tap_omnimessages.extract.windows import Window
from tests.profiles import examples

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from tap_omnimessages.extract.source import Page


START = datetime(2026, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WHOLE = Window(START - MINUTE, START + timedelta(days=1))
# No example needs more requests, so a run that exceeds this number would never end.
MOST_REQUESTS = 2000

# The examples are the same in every run, so only a change of the code can make a test fail.
quick = settings(
    derandomize=True,
    max_examples=examples(300),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)


class Guarded:
    """Asserts that attributes change only while their lock is held."""

    lock: threading.Lock

    @override
    def __setattr__(self, name: str, value: Any) -> None:
        assert "lock" not in vars(self) or self.lock.locked(), name
        super().__setattr__(name, value)


@dataclass
class Row:
    """A session or a notification.

    Attributes:
        name: Its id.
        minute: Its time, in minutes after `START`.
        parts: The number of its messages.
    """

    name: str
    minute: int
    parts: int = 1

    @property
    def time(self) -> datetime:
        return START + self.minute * MINUTE


@dataclass(frozen=True)
class Change:
    """A change of the rows after a request.

    Attributes:
        after: The number of requests before the change.
        kind: `insert`, `delete` or `move` (to the front).
        where: The row's index, modulo the number of rows.
    """

    after: int
    kind: str
    where: int


@dataclass
class Server:
    """The rows of a server, which change between requests."""

    rows: list[Row]
    changes: list[Change] = field(default_factory=list)
    cap: int = 1000
    requests: int = 0
    touched: set[str] = field(default_factory=set)

    def change(self) -> None:
        self.requests += 1
        assert self.requests < MOST_REQUESTS, "the tap never stops requesting"
        for change in self.changes:
            if change.after == self.requests:
                self._apply(change)

    def _apply(self, change: Change) -> None:
        where = change.where % (len(self.rows) + 1)
        if change.kind == "insert":
            beside = self.rows[min(where, len(self.rows) - 1)].minute if self.rows else 0
            name = f"new{self.requests}"
            self.touched.add(name)
            self.rows.insert(where, Row(name, beside))
        elif where < len(self.rows):
            row = self.rows.pop(where)
            self.touched.add(row.name)
            if change.kind == "move":
                self.rows.insert(0, row)

    def inside(self, window: Window | None) -> list[Row]:
        if window is None:
            return self.rows
        return [row for row in self.rows if window.start <= row.time <= window.end]


def rows_of(sizes: list[int], prefix: str = "s") -> list[Row]:
    return [Row(f"{prefix}{index}", index, size) for index, size in enumerate(sizes)]


SIZES = st.lists(st.integers(1, 6), max_size=25)
CHANGES = st.lists(
    st.builds(
        Change, st.integers(1, 8), st.sampled_from(["insert", "delete", "move"]), st.integers(0, 30)
    ),
    max_size=4,
)


def read_complete(
    read_once: Callable[[Window, WindowScan], Iterator[Page]], last_minute: int
) -> list[Page] | None:
    """Read a window with verification; return None if the tap reports that it is incomplete."""
    window = Window(START - MINUTE, START + (last_minute + 1) * MINUTE)
    pages: list[Page] = []
    reader = CompleteReader(read_once, timedelta(seconds=2), "a test", lambda _: None)
    try:
        pages.extend(reader.read(window))
    except IncompleteWindowError:
        return None
    return pages

"""Judging whether a window has been read whole, for APIs that do not say.

Paging through rows that move proves nothing by itself. A reading that carries no proof is
confirmed by a second one: the window is cut in two and both parts are read afresh. Where both
together show exactly what the first reading showed, it stands; where not, each part is judged
in the same way, down to windows that cannot be cut.
"""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tap_omnimessages.errors import IncompleteWindowError
from tap_omnimessages.timestamps import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime, timedelta

    from tap_omnimessages.extract.windows import Window

logger = logging.getLogger("tap-omnimessages")

Page = TypeVar("Page")

# Not in the middle of the rows, which may be a page's edge and would repeat the same gap, and
# not in the middle of the window, which may leave one part empty.
_CUT_AT = 0.382


@dataclass
class WindowScan:
    """What one paging through a window showed.

    Attributes:
        identities: What identifies each row, and each part of a row that can be lost alone.
        times: The rows' times as the API writes them, for the choice of a cut.
        total: How many rows the API told of, where it tells.
        may_be_cut: Whether rows were skipped for certain, or fill a page while nothing shows that
            the page after it was the next, so that a cap on pages may hide others. Such a
            reading confirms none.
        doubt: Why rows may be missing, as the end of a sentence; None when none can be.
        count: How the reading is told in an error, such as `12 sessions of 20`.
    """

    identities: set[int] = field(default_factory=set)
    times: list[Any] = field(default_factory=list)
    total: int | None = None
    may_be_cut: bool = False
    doubt: str | None = None
    count: str = ""


@dataclass
class ConfirmationNotice:
    """Tells, once in a run, that windows lack proof and second readings agree.

    Attributes:
        api: The API's name.
        rows: What its windows hold.
    """

    api: str
    rows: str
    _first: threading.Lock = field(default_factory=threading.Lock)

    def give(self, reading: WindowScan) -> None:
        """Tell of a reading that a second one has confirmed."""
        # Taken once and never given back: windows may be confirmed at the same time.
        if not self._first.acquire(blocking=False):
            return
        logger.warning(
            "%s: the end of a window was not proven (%s), but a second reading found the same %s. "
            "From now on this is checked in silence.",
            self.api,
            reading.doubt,
            self.rows,
        )


@dataclass(frozen=True)
class CompleteReader(Generic[Page]):
    """Reads windows until each has been shown to be complete.

    Attributes:
        read_once: Pages through a window once; fills the reading while it gives pages.
        shortest: The shortest part that a window may be cut into.
        subject: What is read, for messages.
        on_confirmed: Told of each reading without proof that a second one has confirmed.
    """

    read_once: Callable[[Window, WindowScan], Iterator[Page]]
    shortest: timedelta
    subject: str
    on_confirmed: Callable[[WindowScan], None]

    def read(self, window: Window) -> Iterator[Page]:
        """Give a window's pages; those of a second reading follow those of the first.

        Raises:
            IncompleteWindowError: After the pages, when the window could not be confirmed.
        """
        reading = WindowScan()
        yield from self.read_once(window, reading)
        yield from self._confirm(window, reading)

    def _confirm(self, window: Window, reading: WindowScan) -> Iterator[Page]:
        if reading.doubt is None:
            return
        parts = [(part, WindowScan()) for part in self._cut(window, reading)]
        for part, second in parts:
            yield from self.read_once(part, second)
        found = set().union(*(second.identities for _, second in parts))
        # Many rows of one moment stand in both parts and fill the page of each, as before.
        cut = any(second.may_be_cut and second.doubt for _, second in parts)
        if found == reading.identities and not cut:
            self.on_confirmed(reading)
            return
        logger.info(
            "%s, %s: %s. A second reading in two parts found %+d; reading the parts again.",
            self.subject,
            window,
            reading.doubt,
            len(found) - len(reading.identities),
        )
        for part, second in parts:
            yield from self._confirm(part, second)

    def _cut(self, window: Window, reading: WindowScan) -> Iterable[Window]:
        earliest, latest = window.start + self.shortest, window.end - self.shortest
        if earliest > latest:
            msg = (
                f"{self.subject}, {window}: the window cannot be shown to be complete and is too "
                f"short to be cut ({reading.count}; {reading.doubt}). Its bookmark stays where it "
                f"was, and the next run reads it again."
            )
            raise IncompleteWindowError(msg)
        inside = sorted(time for time in _read_times(reading.times) if earliest <= time <= latest)
        if inside:
            return window.cut(inside[int(len(inside) * _CUT_AT)])
        return window.cut(window.start + max(self.shortest, window.duration * _CUT_AT))


def _read_times(values: Iterable[Any]) -> Iterator[datetime]:
    for value in values:
        with suppress(ValueError):
            if (moment := parse_time(value)) is not None:
                yield moment

"""Verify that a window was read completely when the API gives no proof.

Paging through rows that move proves nothing by itself. A scan whose verdict is a doubt is
confirmed by a second reading: the window is cut in two, and both parts are read afresh. Where
both parts together show exactly what the first scan showed, the scan stands. Where they do not,
each part is judged in the same way, down to windows that cannot be cut.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tap_omnimessages.errors import IncompleteWindowError
from tap_omnimessages.extract.invariants import readable_times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_omnimessages.extract.windows import Window

logger = logging.getLogger("tap-omnimessages")

EvidenceT = TypeVar("EvidenceT")
Page = TypeVar("Page")

# Not in the middle of the rows, which may be a page's edge and would repeat the same gap, and
# not in the middle of the window, which may leave one part empty.
_CUT_AT = 0.382
# Farther than overlapping bounds and differing clocks move a row.
_CLEARLY_OUTSIDE = timedelta(minutes=2)
_NOT_JUDGED = "nobody judged whether it is complete"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge thinks of a scan.

    Attributes:
        doubt: Why rows may be missing, as the end of a sentence; None when none can be.
        may_be_cut: Whether rows were skipped for certain, or fill a page while nothing shows
            that the page after it was the next, so that a cap on pages may hide others. Such a
            scan confirms no other.
    """

    doubt: str | None
    may_be_cut: bool = False


@dataclass(frozen=True)
class Rule(Generic[EvidenceT]):
    """When and why a scan is doubted.

    Attributes:
        condition: When the rule holds, in words; docs/guarantees.md prints it.
        holds: Whether the rule holds for what a scan has shown.
        reason: The doubt, as the end of a sentence.
    """

    condition: str
    holds: Callable[[EvidenceT], bool]
    reason: Callable[[EvidenceT], str | None]


def first_doubt(rules: Iterable[Rule[EvidenceT]], evidence: EvidenceT) -> str | None:
    """Return the reason of the first rule that holds, or None."""
    return next((rule.reason(evidence) for rule in rules if rule.holds(evidence)), None)


@dataclass
class WindowScan:
    """What one paging through a window showed.

    Attributes:
        identities: The hash of each row's key, and of each part of a row that can be lost alone.
        times: The rows' times as the API writes them, for the choice of a cut.
        total: How many rows the API claims; None where it claims nothing.
        summary: What was seen, for an error, such as `12 sessions of 20`.
        verdict: The judge's verdict; None until the scan has been judged.
    """

    identities: set[int] = field(default_factory=set)
    times: list[Any] = field(default_factory=list)
    total: int | None = None
    summary: str = ""
    verdict: Verdict | None = None

    @property
    def doubt(self) -> str | None:
        """Why rows may be missing; a scan that nobody has judged is doubted, too."""
        return _NOT_JUDGED if self.verdict is None else self.verdict.doubt


@dataclass
class ConfirmationNotice:
    """Warns, once in a run, that windows lack proof and second readings agree.

    Attributes:
        api: The API's name.
        rows: What its windows hold.
    """

    api: str
    rows: str
    _first: threading.Lock = field(default_factory=threading.Lock)

    def give(self, scan: WindowScan) -> None:
        """Warn about a scan that a second reading has confirmed."""
        # Taken once and never released: windows may be confirmed at the same time.
        if not self._first.acquire(blocking=False):
            return
        logger.warning(
            "%s: the end of a window was not proven (%s), but a second reading found the same %s. "
            "From now on this is checked silently.",
            self.api,
            scan.doubt,
            self.rows,
        )


@dataclass(frozen=True)
class CompleteReader(Generic[Page]):
    """Reads windows until each has been shown to be complete.

    Attributes:
        read_once: Pages through a window once; fills and judges the scan while it yields pages.
        shortest: The shortest part that a window may be cut into.
        subject: What is read, for messages.
        on_confirmed: Called with each doubted scan that a second reading has confirmed.
        page_size_setting: The setting that makes pages larger, for messages.
    """

    read_once: Callable[[Window, WindowScan], Iterator[Page]]
    shortest: timedelta
    subject: str
    on_confirmed: Callable[[WindowScan], None]
    page_size_setting: str = "page size"

    def read(self, window: Window) -> Iterator[Page]:
        """Yield a window's pages; those of a second reading follow those of the first.

        Raises:
            IncompleteWindowError: After the pages, when the window could not be confirmed.
        """
        scan = WindowScan()
        yield from self.read_once(window, scan)
        yield from self._confirm(window, scan)

    def _confirm(self, window: Window, scan: WindowScan) -> Iterator[Page]:
        verdict = self._verdict(window, scan)
        if verdict.doubt is None:
            return
        parts = [(part, WindowScan()) for part in self._cut(window, scan, verdict.doubt)]
        for part, second in parts:
            yield from self.read_once(part, second)
        found = set().union(*(second.identities for _, second in parts))
        verdicts = [self._verdict(part, second) for part, second in parts]
        # Many rows of one moment stand in both parts and fill the page of each, as before.
        is_cut = any(second.may_be_cut and second.doubt for second in verdicts)
        if found == scan.identities and not is_cut:
            self.on_confirmed(scan)
            return
        logger.info(
            "%s, %s: %s. A second reading in two parts found %+d; reading the parts again.",
            self.subject,
            window,
            verdict.doubt,
            len(found) - len(scan.identities),
        )
        for part, second in parts:
            yield from self._confirm(part, second)

    def _verdict(self, window: Window, scan: WindowScan) -> Verdict:
        if scan.verdict is None:
            msg = (
                f"{self.subject}, {window}: nobody judged whether the window is complete, which "
                f"is a fault of the tap: report this sentence. The bookmark stays before it."
            )
            raise IncompleteWindowError(msg)
        return scan.verdict

    def _cut(self, window: Window, scan: WindowScan, doubt: str) -> Iterable[Window]:
        earliest, latest = window.start + self.shortest, window.end - self.shortest
        if earliest > latest:
            msg = (
                f"{self.subject}, {window}: the window cannot be shown to be complete and is too "
                f"short to be cut ({scan.summary}; {doubt}). {self._explain(window, scan)}The "
                f"bookmark stays before it, and the next run reads it again."
            )
            raise IncompleteWindowError(msg)
        inside = sorted(time for time in readable_times(scan.times) if earliest <= time <= latest)
        if inside:
            return window.cut(inside[int(len(inside) * _CUT_AT)])
        return window.cut(window.start + max(self.shortest, window.duration * _CUT_AT))

    def _explain(self, window: Window, scan: WindowScan) -> str:
        """Name the likely cause why a window cannot be shown to be complete; empty if unknown."""
        times = list(readable_times(scan.times))
        farthest = max(
            (max(window.start - time, time - window.end) for time in times), default=None
        )
        if farthest is not None and farthest > _CLEARLY_OUTSIDE:
            return (
                f"Its rows lie up to {_format_duration(farthest)} outside it, as if the API "
                f"filtered by whole days or by another time. "
            )
        if scan.verdict is not None and scan.verdict.may_be_cut:
            return (
                f"If more rows than a page holds share this moment, a larger "
                f"{self.page_size_setting} shows them. "
            )
        return ""


def _format_duration(duration: timedelta) -> str:
    hours = duration / timedelta(hours=1)
    return f"{hours:.1f} hours" if hours >= 1 else f"{hours * 60:.0f} minutes"

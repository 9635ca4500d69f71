"""What a revisit found, as far as the rows show it, and what to do if it fails."""

from __future__ import annotations

from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tap_omnimessages.errors import IncompleteWindowError, RefusedError
from tap_omnimessages.extract.revisits import last_visit
from tap_omnimessages.progress.lines import format_count

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from tap_omnimessages.extract.revisits import Lookback, Revisit
    from tap_omnimessages.extract.source import Page
    from tap_omnimessages.extract.windows import Window

_DAY = timedelta(days=1)


class RevisitFinds:
    """Counts what a revisit reads, and the rows that have changed since their last visit.

    The tap keeps no rows of earlier runs. A row counts as changed if it shows a time later than
    its last visit, which follows from the schedule. A change without a time does not count.

    Attributes:
        rows: How many rows have been read.
        changed: How many rows have changed since their last visit; None until a row shows times.
        oldest: The longest time from a row's own time to such a change.
    """

    def __init__(self, windows: Sequence[Window], revisit: Revisit, lookback: Lookback) -> None:
        """Start counting.

        Args:
            windows: The revisited windows, oldest first, at least one.
            revisit: Why they are revisited.
            lookback: How far the source's runs read again.
        """
        self._start, self._end = windows[0].start, windows[-1].end
        self._revisit = revisit
        self._lookback = lookback
        self.rows = 0
        self.changed: int | None = None
        self.oldest = timedelta()

    def see(self, moment: str | None, latest: str | None) -> None:
        """Record when a row changed last.

        Args:
            moment: The row's own time, by which windows find it; as RFC 3339, UTC.
            latest: The latest time that the row shows, in the same form.
        """
        if self.changed is None:
            self.changed = 0
        if moment is None or latest is None:
            return
        own, last = datetime.fromisoformat(moment), datetime.fromisoformat(latest)
        if last > last_visit(own, self._revisit, self._lookback):
            self.changed += 1
            self.oldest = max(self.oldest, last - own)

    def describe(self) -> str:
        """Return the log line."""
        line = (
            f"read {self._start:%Y-%m-%d} to {self._end:%Y-%m-%d} again for late changes: "
            f"{format_count(self.rows, 'row')}"
        )
        if self.changed is None:
            return line
        if not self.changed:
            return f"{line}, none of them with a time after its last visit"
        return (
            f"{line}, {self.changed:,} of them with a time after their last visit, up to "
            f"{self.oldest / _DAY:.1f} days late. Changes without a time are not counted"
        )


def explained(
    windows: Generator[tuple[Window, Iterator[Page]]], setting: str
) -> Generator[tuple[Window, Iterator[Page]]]:
    """Yield revisited windows with their pages; add to their errors what to do.

    Args:
        windows: The windows, each with its pages.
        setting: The setting for how far back revisits reach, with its value.

    Raises:
        RefusedError: The API refused a request for an old window.
        IncompleteWindowError: An old window may be incomplete.
    """

    def explain(pages: Iterator[Page]) -> Iterator[Page]:
        with _explaining(setting):
            yield from pages

    with closing(windows), _explaining(setting):
        for window, pages in windows:
            yield window, explain(pages)


@contextmanager
def _explaining(setting: str) -> Generator[None]:
    try:
        yield
    except (RefusedError, IncompleteWindowError) as error:
        msg = (
            f"{error} The run was reading old windows again, after the stream's new data. If the "
            f"API no longer shows windows that old, lower {setting}."
        )
        raise type(error)(msg) from None

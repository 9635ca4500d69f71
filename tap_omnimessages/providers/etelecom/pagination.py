"""Page through eTelecom's notifications with cursors, whose end is not documented (E1).

The `paging.next` of a response is sent as the `after` of the next request.
Codes such as E1 are explained in docs/api-notes.md.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_omnimessages.errors import RefusedError
from tap_omnimessages.extract.invariants import all_lie_in, beyond
from tap_omnimessages.extract.windows import Window
from tap_omnimessages.providers.etelecom.cursors import CursorPaginator
from tap_omnimessages.providers.etelecom.evidence import Evidence
from tap_omnimessages.providers.etelecom.responses import NotificationsResponse, TimeField, skim

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from tap_omnimessages.extract.completeness import WindowScan
    from tap_omnimessages.extract.seen_rows import SeenRows
    from tap_omnimessages.extract.source import Page
    from tap_omnimessages.providers.etelecom.server_traits import ServerTraits

    Ask = Callable[[Window, str, int], NotificationsResponse]


_SECOND = timedelta(seconds=1)
_SHORTEST_REST = timedelta(seconds=2)
# Fewer rows than this are not taken for a page that a cap has cut.
_SMALLEST_CAP = 5
# How much of a window's middle is sampled, and the largest estimate that is believed at once: a
# part that is still too large is estimated anew.
_PAGES_IN_A_SAMPLE = 4
_MOST_PAGES = 160
_ROWS_LEFT_OUT = 3
# More than the overlap that a request adds to its window.
_CLEAR = timedelta(seconds=5)


@dataclass
class CursorPaging:
    """Reads the pages of one window, and of its parts where it is read again.

    Attributes:
        page_size: The `limit` that is sent.
        time_field: The field that the window filters on.
        traits: What the run has learned about the server.
        seen: The notifications that have been yielded, so that none is yielded twice unchanged.
        pages: How many pages have been read.
    """

    page_size: int
    time_field: TimeField
    traits: ServerTraits
    seen: SeenRows
    pages: int = 0

    def read(self, window: Window, ask: Ask, scan: WindowScan) -> Iterator[Page]:
        """Page through a window once.

        Args:
            window: The window.
            ask: Fetches a window's page at a cursor (empty for the first) with a page size.
            scan: Filled while pages are yielded, judged at the end.

        Yields:
            The notifications that have not been yielded before.

        Raises:
            TapError: As `ask` does for the first page.
        """
        paginator = CursorPaginator(self.page_size, self.traits)
        evidence = Evidence(self.page_size, self.traits, scan)
        edges: list[Any] = []
        while paginator.cursor is not None:
            cursor = paginator.cursor
            try:
                page = ask(window, cursor, self.page_size)
                if cursor and not page.notifications and self._is_unannounced(paginator.pages[-1]):
                    page = ask(window, cursor, self.page_size)
                    self.traits.learn_empty_end(is_empty=not page.notifications)
            except RefusedError as error:
                if not cursor:
                    raise
                evidence.refuse(error)
                break
            before = len(scan.identities)
            yield self._news(page, scan)
            paginator.add(page)
            evidence.observe(has_news=len(scan.identities) > before)
            if len(paginator.pages) > 1 and not self.traits.cursors_are_keys:
                self._learn_cursors(window, cursor, paginator.pages, ask)
                if not self.traits.cursors_are_keys:
                    evidence.suspect_moves(paginator)
            edges += page.edges(self.time_field)
            self.pages += 1
            self.traits.count_nulls(page.nulls)
            if following := paginator.next_cursor():
                evidence.follow(following, paginator)
            else:
                evidence.open_end = self._doubt_about_end(window, page, ask)
                paginator.stop()
        if len(scan.identities) >= self._fewest_capped and evidence.needs_look_beyond:
            yield self._look_beyond(window, edges, scan, evidence, ask)
        evidence.judge()

    def _is_unannounced(self, previous: NotificationsResponse) -> bool:
        """Return whether an empty page behind a page with a cursor may be a slip.

        A server may set a cursor on its last page, too (E1); then an empty page behind a page that
        is not full is its usual end.
        """
        return previous.is_full(self.page_size) or not self.traits.ends_with_empty_page

    @property
    def _fewest_capped(self) -> int:
        return max(_SMALLEST_CAP, self.traits.largest_page)

    def _look_beyond(
        self,
        window: Window,
        edges: list[Any],
        scan: WindowScan,
        evidence: Evidence,
        ask: Ask,
    ) -> Page:
        """Ask for what lies behind the last row, in case a cap has ended the list."""
        is_ordered, rest = beyond(window, edges, _SHORTEST_REST)
        with suppress(RefusedError):
            page = ask(rest, "", self.page_size) if rest else None
            rows = page.notifications if page else []
            times = [getattr(skim(text), self.time_field) for text in rows]
            # Rows from elsewhere are an answer to another question: bounds of whole days.
            is_proof = is_ordered and (rest is None or all_lie_in(times, rest))
            before = len(scan.identities)
            news = self._news(page, scan) if page else []
            # A few new rows are read by now; a full page of them may hide others.
            is_full = len(rows) >= min(self.page_size, self.traits.largest_page)
            hides = is_full and len(scan.identities) > before
            evidence.observe_beyond(before, is_proof=is_proof, hides_rows=hides)
            return news
        return []

    def estimate_pages(self, window: Window, page: NotificationsResponse, ask: Ask) -> float:
        """Estimate how many pages a window holds, from the time that its first page spans.

        The first page of a campaign spans seconds and says nothing about the days beside it, so
        the middle of the window has to be as dense.

        Returns:
            The number of pages; 1 where there is no other page, where the rows are not in the
            order of their times, or where the middle holds fewer rows.
        """
        times = page.times(self.time_field)
        in_order = times == sorted(times) or times == sorted(times, reverse=True)
        if not (in_order and times and page.next and page.is_full(self.page_size)):
            return 1
        span = max(abs(times[-1] - times[0]), _SECOND)
        middle = window.start + window.duration / 2
        sample = Window(middle, middle + span * _PAGES_IN_A_SAMPLE)
        if sample.end > window.end or not ask(sample, "", self.page_size).is_full(self.page_size):
            return 1
        return min(window.duration / span, _MOST_PAGES)

    def _learn_cursors(
        self, window: Window, cursor: str, pages: list[NotificationsResponse], ask: Ask
    ) -> None:
        """Learn whether cursors name rows, from the second page of a narrower window.

        The narrower window lacks rows of the first page and none of the second. A cursor that
        names a row gives the second page again; one that counts rows gives a later part of it.
        """
        narrower = narrow(window, *(page.times(self.time_field) for page in pages))
        if narrower is None or not self.traits.begin_trial():
            return
        try:
            page = ask(narrower, cursor, self.page_size)
        except RefusedError:
            return
        again = page.notifications[:_ROWS_LEFT_OUT]
        expected = pages[1].notifications[:_ROWS_LEFT_OUT]
        if again and again == expected:
            self.traits.learn_keys()

    def _news(self, page: NotificationsResponse, scan: WindowScan) -> Page:
        self.traits.learn_page(len(page.notifications))
        news = []
        for text in page.notifications:
            skimmed = skim(text)
            key = hash(str(skimmed.id))
            if key not in scan.identities:
                scan.identities.add(key)
                scan.times.append(getattr(skimmed, self.time_field))
            if self.seen.is_news(key, hash(text)):
                news.append(text)
        return news

    def _doubt_about_end(self, window: Window, page: NotificationsResponse, ask: Ask) -> str | None:
        rows = len(page.notifications)
        if not rows:
            return None
        if page.is_full(self.page_size):
            return "a full page came without a cursor"
        if self.traits.gives_next or rows == 1:
            return None
        # A server that gives cursors gives one to a page that cannot hold all.
        probe = ask(window, "", 1)
        if probe.next and len(probe.notifications) == 1:
            self.traits.learn_next()
            return None
        return "the API gives no cursors"


def key_of(text: bytes) -> int:
    """Return what identifies a notification, hashed."""
    return hash(str(skim(text).id))


def narrow(window: Window, first: list[datetime], second: list[datetime]) -> Window | None:
    """Return a window without several of the first page's times and with all of the second's.

    Several, so that a row which comes meanwhile does not fill the place of one.
    """
    if not second:
        return None
    earliest, latest = min(second), max(second)
    if sum(time > latest + _CLEAR for time in first) >= _ROWS_LEFT_OUT and window.start < latest:
        return Window(window.start, latest)
    if sum(time < earliest - _CLEAR for time in first) >= _ROWS_LEFT_OUT and earliest < window.end:
        return Window(earliest, window.end)
    return None

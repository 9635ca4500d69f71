"""Paging through eTelecom's notifications with cursors, whose end is not documented.

`paging.next` of an answer is sent as `after` of the next request.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_omnimessages.errors import RefusedError
from tap_omnimessages.extract.windows import Window
from tap_omnimessages.providers.etelecom.evidence import Track
from tap_omnimessages.providers.etelecom.responses import NotificationsResponse, TimeField, skim

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from tap_omnimessages.extract.completeness import WindowScan
    from tap_omnimessages.extract.source import Page
    from tap_omnimessages.providers.etelecom.server_traits import ServerTraits

    Ask = Callable[[Window, str, int], NotificationsResponse]


_SECOND = timedelta(seconds=1)
# How much of a window's middle is looked at, and what is believed of it at once: a part that is
# still too large is estimated anew.
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
        facts: What the run knows of the server.
        given: The fingerprint of each notification that has been given, so that none is given
            twice unless it has changed.
    """

    page_size: int
    time_field: TimeField
    traits: ServerTraits
    given: dict[int, int]

    def read(self, window: Window, ask: Ask, reading: WindowScan) -> Iterator[Page]:
        """Page through a window once.

        Args:
            window: The window.
            ask: Gives a window's page at a cursor (empty for the first one) with a page size.
            reading: Filled while pages are given; `doubt` is set at the end.

        Yields:
            The notifications that have not been given before.

        Raises:
            TapError: As `ask` does for the first page.
        """
        track = Track(self.page_size, self.traits, reading)
        while track.cursor is not None:
            cursor = track.cursor
            try:
                answer = ask(window, cursor, self.page_size)
            except RefusedError as error:
                if not cursor:
                    raise
                track.refuse(error)
                break
            before = len(reading.identities)
            yield self._take(answer, reading)
            track.add(answer, has_news=len(reading.identities) > before)
            if track.may_count_rows:
                self._learn_cursors(window, cursor, track.pages, ask)
            if track.may_count_rows:
                track.suspect_moves()
            if following := track.following():
                track.go_on(following)
            else:
                track.end(self._doubt_about_end(window, answer, ask))
        track.judge()

    def estimate_pages(self, window: Window, answer: NotificationsResponse, ask: Ask) -> float:
        """Estimate how many pages a window holds, from the time that its first page spans.

        A first page of a campaign spans seconds and says nothing of the days beside it, so the
        middle of the window has to be as dense.

        Returns:
            1 where there is no other page, where the rows are not in the order of their times,
            or where the middle holds fewer.
        """
        times = answer.times(self.time_field)
        in_order = times == sorted(times) or times == sorted(times, reverse=True)
        if not (in_order and times and answer.next and answer.is_full(self.page_size)):
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
        """Find out what cursors are, by asking for the second page of a narrower window.

        The narrower window lacks rows of the first page and none of the second. A cursor that
        names a row gives the second page again; one that counts rows gives a later part of it.
        """
        narrower = _narrow(window, *(page.times(self.time_field) for page in pages))
        if narrower is None or not self.traits.begin_trial():
            return
        try:
            answer = ask(narrower, cursor, self.page_size)
        except RefusedError:
            return
        again = answer.notifications[:_ROWS_LEFT_OUT]
        expected = pages[1].notifications[:_ROWS_LEFT_OUT]
        if again and again == expected:
            self.traits.learn_keys()

    def _take(self, answer: NotificationsResponse, reading: WindowScan) -> Page:
        self.traits.learn_page(len(answer.notifications))
        unseen = []
        for text in answer.notifications:
            skimmed = skim(text)
            key, fingerprint = hash(str(skimmed.id)), hash(text)
            if key not in reading.identities:
                reading.identities.add(key)
                reading.times.append(getattr(skimmed, self.time_field))
            if self.given.get(key) != fingerprint:
                self.given[key] = fingerprint
                unseen.append(text)
        return unseen

    def _doubt_about_end(
        self, window: Window, answer: NotificationsResponse, ask: Ask
    ) -> str | None:
        rows = len(answer.notifications)
        if not rows:
            return None
        if answer.is_full(self.page_size):
            return "a full page came without a cursor"
        if self.traits.gives_next or rows == 1:
            return None
        # A server that gives cursors gives one to a page that cannot hold all.
        probe = ask(window, "", 1)
        if probe.next and len(probe.notifications) == 1:
            self.traits.learn_next()
            return None
        return "the API gives no cursors"


def _narrow(window: Window, first: list[datetime], second: list[datetime]) -> Window | None:
    """Give a window without several of the first page's times and with all of the second's.

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

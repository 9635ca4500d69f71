"""A look at one AntBuddy account: where its rows are, and the pages that questions share."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_omnimessages.check.estimates import density, few_moments
from tap_omnimessages.check.look import Look
from tap_omnimessages.errors import ApiError, RefusedError
from tap_omnimessages.extract.windows import Window
from tap_omnimessages.http.response_log import ResponseLog
from tap_omnimessages.providers.antbuddy.check.page import Paging, SeenPage, SeenSession
from tap_omnimessages.providers.antbuddy.request import (
    INFO,
    TIME_FORMATS,
    TimeFormat,
    bounded_request,
    open_client,
    page_request,
    page_url,
)
from tap_omnimessages.providers.antbuddy.responses import SessionsResponse, parse_response
from tap_omnimessages.timestamps import round_down

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_omnimessages.http.options import HttpOptions
    from tap_omnimessages.records.columns import Column

    Columns = tuple[Sequence[Column], Sequence[Column]]

_HOUR = timedelta(hours=1)
_RECENT = timedelta(hours=2)
_SHORT_SPAN = timedelta(seconds=1)
_MOST_SHRINKS = 5
_SIX = 6
# The page sizes that are tried where the set one is refused.
_PAGE_SIZES = (100, 50, 20, 10, 1)
# How far back rows are looked for, in windows.
_WINDOWS_BACK = 3


class AntBuddyLook(Look[SessionsResponse]):
    """A look at one account.

    Attributes:
        time_format: The form of times that shows rows.
        columns: The columns of sessions and of messages.
        url: The address of the pages.
        sample: The first page of `home`.
        rows: All sessions that questions about rows look at.
    """

    sample: SeenPage

    def __init__(self, config: Mapping[str, Any], options: HttpOptions, columns: Columns) -> None:
        log = ResponseLog()
        client = open_client(config["antbuddy_api_key"], options, log)
        super().__init__(INFO, config, client, log, parse_response)
        self.columns = columns
        self.time_format: TimeFormat = config["antbuddy_time_format"]
        self.url = page_url(config["antbuddy_base_url"])
        self.rows: list[SeenSession] = []

    def ask(
        self,
        window: Window,
        limit: int,
        offset: int = 0,
        time_format: TimeFormat | None = None,
        *,
        is_exact: bool = False,
    ) -> SeenPage:
        """Fetch a page.

        Args:
            window: The window.
            limit: The `limit`.
            offset: The `offset`.
            time_format: The form of times; None for the one that works.
            is_exact: Whether to send the bounds as they are, instead of overlapping ones.

        Raises:
            ApiError: There is no usable response.
        """
        build = bounded_request if is_exact else page_request
        form = time_format or self.time_format
        request = build(self.url, window, offset, limit, form)
        is_trial = form != self.time_format
        return SeenPage(window, limit, self.prober.ask(request, is_trial=is_trial))

    @override
    def begin(self) -> bool:
        """Find a window with rows, and the settings that show them."""
        first = self._home(self.present)
        try:
            request = page_request(self.url, first, 0, self.page_size, self.time_format)
            page = SeenPage(first, self.page_size, self.prober.first(request))
        except RefusedError as error:
            if error.is_about_address:
                raise
            page = self._find_accepted(first, error)
        if not page.sessions:
            page = self._find_rows(page)
        if not page.sessions:
            return False
        self.sample = page
        self.rows = list(page.sessions)
        return True

    def _home(self, end: datetime) -> Window:
        # The newest rows change; an hour is left out, so that pages can be compared.
        end = round_down(end, _HOUR)
        return Window(end - self.width, end)

    def _find_accepted(self, window: Window, error: RefusedError) -> SeenPage:
        """Find the setting whose change makes the API accept a request, and suggest it."""
        if self._is_accepted(window, 1, self.time_format):
            for size in (size for size in _PAGE_SIZES if size < self.page_size):
                if self._is_accepted(window, size, self.time_format):
                    self.require("antbuddy_page_size", size, "the API refuses larger pages")
                    self.page_size = size
                    return self.ask(window, size)
        for other in (form for form in TIME_FORMATS if form != self.time_format):
            if self._is_accepted(window, self.page_size, other):
                self.require("antbuddy_time_format", other, f"the API refuses {self.time_format}")
                self.time_format = other
                return self.ask(window, self.page_size)
        for days in (30, 15, 7, 1):
            part = Window(window.end - timedelta(days=days), window.end)
            if timedelta(days=days) < self.width and self._is_accepted(part, 1, self.time_format):
                self.require("antbuddy_window_days", days, "the API refuses longer windows")
                return self.ask(part, self.page_size)
        raise error

    def _is_accepted(self, window: Window, limit: int, time_format: TimeFormat) -> bool:
        try:
            self.ask(window, limit, 0, time_format)
        except RefusedError:
            return False
        return True

    def _find_rows(self, page: SeenPage) -> SeenPage:
        """Look for rows in other forms of times, and farther back."""
        windows = self._windows_back()
        for window in windows:
            if window != page.window:
                page = self.ask(window, self.page_size)
                if page.sessions:
                    return page
            other = self._find_format(window)
            if other:
                self.require(
                    "antbuddy_time_format", other, f"the API shows nothing for {self.time_format}"
                )
                self.time_format = other
                return self.ask(window, self.page_size)
        return page

    def _windows_back(self) -> list[Window]:
        newest = self._home(self.present)
        steps = [self.width * step for step in range(_WINDOWS_BACK)]
        windows = [Window(newest.start - step, newest.end - step) for step in steps]
        return [*windows, Window(self.start, self.start + self.width)]

    def _find_format(self, window: Window) -> TimeFormat | None:
        for other in TIME_FORMATS:
            if other == self.time_format:
                continue
            try:
                page = self.ask(window, 1, 0, other)
            except ApiError:
                continue
            if any(window.start <= start <= window.end for start in page.starts):
                return other
        return None

    @property
    def home(self) -> Window:
        """The window that most questions ask about."""
        return self.sample.window

    @cached_property
    def small(self) -> SeenPage | None:
        """A page of a small window with a few rows, all that there are; None if there is none."""
        page = self.sample
        for _ in range(_MOST_SHRINKS):
            if len(page) < len(self.sample) and len(page.flat) < len(self.sample.flat):
                return page if len(page) > 1 else None
            few = few_moments(page.starts)
            if few is None:
                return None
            page = self.ask(Window(few.start - _SHORT_SPAN, few.end + _SHORT_SPAN), self.page_size)
        return None

    @cached_property
    def pages(self) -> Paging | None:
        """Pages of `home` to compare; None where rows changed meanwhile, or are too few."""
        if len(self.sample) < _SIX and len(self.sample.flat) < _SIX:
            return None
        pages = Paging(
            self.ask(self.home, 2), self.ask(self.home, 2, offset=2), self.ask(self.home, _SIX)
        )
        known = self.sample.flat
        is_same = all(
            page.flat and page.flat == known[: len(page.flat)]
            for page in (pages.first, pages.control)
        )
        return pages if is_same else None

    @property
    def whole_rows(self) -> list[SeenSession]:
        """The sessions that no page has cut in two."""
        if self.meaning("limit") == "sessions":
            return self.rows
        small = self.small
        return [] if small is None else small.sessions

    @property
    @override
    def rows_per_page(self) -> int:
        counts_messages = self.meaning("limit") == "messages"
        return max(1, len(self.sample)) if counts_messages else super().rows_per_page

    def add_rows(self, page: SeenPage) -> None:
        """Add the sessions of a page to those that questions about rows look at."""
        known = {session.key for session in self.rows}
        self.rows += [session for session in page.sessions if session.key not in known]

    @override
    def count(self, window: Window) -> int | None:
        page = self.ask(window, self.page_size)
        self.page_seconds.append(page.reply.seconds)
        self.add_rows(page)
        if self.meaning("total") == "sessions":
            return page.total
        units = page.flat if self.meaning("limit") == "messages" else page.sessions
        is_full = len(units) >= min(self.page_size, self.largest_page)
        return density(page.starts, window, is_full=is_full)

    @override
    def newest(self) -> datetime | None:
        page = self.ask(Window(self.present - _RECENT, self.present), self.page_size)
        self.add_rows(page)
        times = [time for session in page.sessions for time in session.times]
        return max((time for time in [*times, *page.starts] if time <= self.present), default=None)

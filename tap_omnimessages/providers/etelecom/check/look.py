"""A look at one eTelecom shop: where its rows are, and the pages that questions share."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_omnimessages.check.estimates import density, few_moments
from tap_omnimessages.check.look import Look
from tap_omnimessages.errors import RefusedError
from tap_omnimessages.extract.windows import Window
from tap_omnimessages.http.response_log import ResponseLog
from tap_omnimessages.providers.etelecom.check.page import SeenNotification, SeenPage
from tap_omnimessages.providers.etelecom.request import (
    INFO,
    format_bound,
    list_request,
    open_client,
    overlapping,
    page_url,
    paging,
)
from tap_omnimessages.providers.etelecom.responses import NotificationsResponse, parse_response
from tap_omnimessages.timestamps import round_down

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_omnimessages.http.options import HttpOptions
    from tap_omnimessages.records.columns import Column

_HOUR = timedelta(hours=1)
_RECENT = timedelta(hours=2)
_SECOND = timedelta(seconds=1)
# Long enough for a look at a quiet shop.
_HOME = timedelta(days=30)
_WINDOWS_BACK = 3
_MOST_SHRINKS = 5
_PAGE_SIZES = (100, 50, 20, 10, 1)
_UPDATED = "updated_time"


class EtelecomLook(Look[NotificationsResponse]):
    """A look at one shop.

    Attributes:
        columns: The columns of notifications.
        url: The address of the pages.
        sample: The first page of `home`.
        rows: All notifications that questions about rows look at.
        large: A page with a limit above the usual maximum; None until one was requested.
    """

    sample: SeenPage

    def __init__(
        self, config: Mapping[str, Any], options: HttpOptions, columns: Sequence[Column]
    ) -> None:
        log = ResponseLog()
        client = open_client(config["etelecom_api_key"], options, log)
        super().__init__(INFO, config, client, log, parse_response)
        self.columns = columns
        self.url = page_url(config["etelecom_base_url"])
        self.rows: list[SeenNotification] = []
        self.large: SeenPage | None = None

    def ask(  # noqa: PLR0913 - one argument for each part of a request
        self,
        window: Window,
        limit: int,
        cursor: str = "",
        *,
        time_type: str = _UPDATED,
        is_exact: bool = False,
        filters: Mapping[str, Any] | None = None,
        sort: str = "",
    ) -> SeenPage:
        """Fetch a page.

        Args:
            window: The window.
            limit: The `limit`.
            cursor: The `after`; empty for the first page.
            time_type: By which time the window is meant; empty to leave that out.
            is_exact: Whether to send the bounds as they are, with microseconds.
            filters: Other filters.
            sort: The `sort`; empty for none.

        Raises:
            ApiError: There is no usable response.
        """
        asked = window if is_exact else overlapping(window)
        precision = "microseconds" if is_exact else "seconds"
        by = {"time_type": time_type} if time_type else {}
        bounds = {
            "date_from": format_bound(asked.start, precision),
            "date_to": format_bound(asked.end, precision),
        }
        page = paging(limit, cursor) | ({"sort": sort} if sort else {})
        request = list_request(self.url, {**bounds, **by, **(filters or {})}, page)
        return SeenPage(window, limit, self.prober.ask(request))

    @override
    def begin(self) -> bool:
        window = self._home(self.present, self.width)
        try:
            page = self._first(window)
        except RefusedError as error:
            if error.is_about_address:
                raise
            page = self._find_accepted(window, error)
        for other in self._windows():
            if page.rows and page.window.duration >= min(_HOME, self.width):
                break
            try:
                found = self.ask(other, self.page_size)
            except RefusedError:
                continue
            page = found if found.rows else page
        if not page.rows:
            return False
        self.sample = page
        self.rows = list(page.rows)
        return True

    def _first(self, window: Window) -> SeenPage:
        asked = overlapping(window)
        filters = {
            "date_from": format_bound(asked.start),
            "date_to": format_bound(asked.end),
            "time_type": _UPDATED,
        }
        request = list_request(self.url, filters, paging(self.page_size))
        return SeenPage(window, self.page_size, self.prober.first(request))

    @staticmethod
    def _home(end: datetime, width: timedelta) -> Window:
        # The newest rows change; an hour is left out, so that pages can be compared.
        end = round_down(end, _HOUR)
        return Window(end - width, end)

    def _windows(self) -> list[Window]:
        """Return the windows in which rows are looked for."""
        newest = self._home(self.present, _HOME)
        back = [
            Window(newest.start - _HOME * n, newest.end - _HOME * n) for n in range(_WINDOWS_BACK)
        ]
        width = min(_HOME, self.width)
        recent = self._home(self.present, width)
        return [newest, recent, *back[1:], Window(self.start, self.start + width)]

    def _find_accepted(self, window: Window, error: RefusedError) -> SeenPage:
        """Find the setting whose change makes the API accept a request, and suggest it."""
        for size in (size for size in _PAGE_SIZES if size < self.page_size):
            if self._is_accepted(window, size):
                self.require("etelecom_page_size", size, "the API refuses larger pages")
                self.page_size = self.largest_page = size
                return self.ask(window, size)
        for days in (30, 15, 7, 1):
            part = Window(window.end - timedelta(days=days), window.end)
            if timedelta(days=days) < self.width and self._is_accepted(part, 1):
                self.require("etelecom_window_days", days, "the API refuses longer windows")
                return self.ask(part, self.page_size)
        raise error

    def _is_accepted(self, window: Window, limit: int) -> bool:
        try:
            self.ask(window, limit)
        except RefusedError:
            return False
        return True

    @property
    def home(self) -> Window:
        """The window that most questions ask about."""
        return self.sample.window

    @cached_property
    def small(self) -> SeenPage | None:
        """A page of a small window with a few rows, all that there are; None if there is none."""
        page = self.sample
        for _ in range(_MOST_SHRINKS):
            if len(page) < len(self.sample):
                return page if len(page) > 1 else None
            few = few_moments(page.updates)
            if few is None:
                return None
            page = self.ask(Window(few.start - _SECOND, few.end + _SECOND), self.page_size)
        return None

    def add_rows(self, page: SeenPage) -> None:
        """Add the notifications of a page to those that questions about rows look at."""
        known = {row.key for row in self.rows}
        self.rows += [row for row in page.rows if row.key not in known]

    @override
    def count(self, window: Window) -> int | None:
        page = self.ask(window, self.page_size)
        self.page_seconds.append(page.reply.seconds)
        self.add_rows(page)
        is_full = len(page) >= min(self.page_size, self.largest_page)
        return density(page.updates, window, is_full=is_full)

    @cached_property
    def rated(self) -> SeenPage:
        """A page of notifications that were rated in `home`."""
        page = self.ask(self.home, self.page_size, time_type="submit_time")
        self.add_rows(page)
        return page

    @override
    def newest(self) -> datetime | None:
        page = self.ask(Window(self.present - _RECENT, self.present), self.page_size)
        self.add_rows(page)
        return max((time for time in page.updates if time <= self.present), default=None)

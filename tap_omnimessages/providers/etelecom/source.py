"""Fetch eTelecom's `POST ….Zalo/ListMessages` window by window (page `etelecom-list-messages`).

Codes such as E7 are explained in docs/api-notes.md.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_omnimessages.errors import ApiError, RefusedError
from tap_omnimessages.extract.audit import Auditor, WindowRead
from tap_omnimessages.extract.completeness import CompleteReader, ConfirmationNotice, WindowScan
from tap_omnimessages.extract.invariants import WindowMemory, lies_in, readable_times, silent_end
from tap_omnimessages.extract.seen_rows import SeenRows
from tap_omnimessages.extract.source import split_if_large
from tap_omnimessages.extract.windows import ALL_TIME, fill
from tap_omnimessages.providers.etelecom.pagination import CursorPaging, key_of
from tap_omnimessages.providers.etelecom.request import (
    INFO,
    open_client,
    page_request,
    page_url,
)
from tap_omnimessages.providers.etelecom.responses import (
    NotificationsResponse,
    TimeField,
    parse_response,
    skim,
)
from tap_omnimessages.providers.etelecom.server_traits import ServerTraits
from tap_omnimessages.providers.http_source import HttpSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_omnimessages.extract.revisits import Lookback
    from tap_omnimessages.extract.source import Page, RequestPlanner
    from tap_omnimessages.extract.windows import Window
    from tap_omnimessages.http.options import HttpOptions

logger = logging.getLogger("tap-omnimessages")

_NO_NOTIFICATIONS = NotificationsResponse([], next="", after="", limit=None, listed=True)
_DAY = timedelta(days=1)
# The page sizes that are tried where the set one shows nothing, largest first.
_PAGE_SIZES = (100, 50, 20, 10)
_SHORTEST_PART = timedelta(seconds=2)
_MAIN_TIME = "updated_time"
# What only checks the API may fail.
_PROBE_TRIES = 3
# The kinds of time to filter on, and the field that holds each.
_TIME_FIELDS: dict[str, TimeField] = {
    _MAIN_TIME: "updated_at",
    "submit_time": "submit_time",
}


class EtelecomSource(HttpSource):
    """eTelecom's ZNS notifications, by the time of their last update."""

    def __init__(  # noqa: PLR0913 - one argument per setting
        self,
        base_url: str,
        key: str,
        options: HttpOptions,
        *,
        page_size: int,
        sweep_ratings: bool,
        width: timedelta,
        lookback: Lookback,
        auditor: Auditor,
    ) -> None:
        client = open_client(key, options)
        super().__init__(client, options, width=width, lookback=lookback)
        self._url = page_url(base_url)
        self._page_size = page_size
        self._sweep_ratings = sweep_ratings
        self._traits = ServerTraits()
        self._notice = ConfirmationNotice(INFO.name, "notifications")
        self._memories = {
            time_type: WindowMemory(INFO.name, "date_from and date_to")
            for time_type in _TIME_FIELDS
        }
        self._auditor = auditor
        self._shows_rows = False

    def read(self, window: Window, planner: RequestPlanner) -> Iterator[Page]:  # noqa: ARG002
        """Yield the notifications updated or rated in a window, as `Source.read` says.

        A rating may leave the update time as it was (E11), hence the second sweep. Each cursor
        comes with the page before, so no request can be sent ahead.
        """
        seen = SeenRows()
        for time_type, swept in self._sweeps(window):
            yield from self._read_sweep(time_type, swept, seen)
        # A short window without a row is no whole history.
        if not self._shows_rows and window.duration >= _DAY:
            self._check_empty(window)

    def _read_sweep(self, time_type: str, window: Window, seen: SeenRows) -> Iterator[Page]:
        """Yield the notifications of a window by one kind of time."""
        field, is_main = _TIME_FIELDS[time_type], time_type == _MAIN_TIME
        paging = CursorPaging(self._page_size, field, self._traits, seen)
        may_split = is_main
        times: list[Any] = []

        def read_once(part: Window, scan: WindowScan) -> Iterator[Page]:
            def ask(asked: Window, cursor: str, limit: int) -> NotificationsResponse:
                nonlocal may_split
                splits, may_split = may_split, False
                page = self._ask(asked, time_type, cursor, limit)
                if splits:
                    split_if_large(window, paging.estimate_pages(window, page, ask))
                self._check_bounds(asked, page, field)
                return page

            yield from paging.read(part, ask, scan)
            if part == window:
                times.extend(scan.times)
                self._memories[time_type].record(window, scan.identities)

        subject = f"{INFO.name} by {time_type}"
        reader = CompleteReader(
            read_once, _SHORTEST_PART, subject, self._notice.give, "etelecom_page_size"
        )
        yield from reader.read(window)
        if is_main and seen and not self._shows_rows:
            self._check_silent_end(window, times)
        self._shows_rows |= bool(seen)
        # Few notifications are rated: their silence shows nothing.
        latest = max(readable_times(times), default=None) if is_main else window.end
        read = WindowRead(
            window,
            paging.pages,
            paging.seen,
            latest,
            partial(self._show, time_type),
            partial(reader.read, window),
        )
        yield from self._auditor.audit(read)

    def _sweeps(self, window: Window) -> Iterator[tuple[str, Window]]:
        """Yield the kinds of time by which a window is read, each with its range."""
        yield _MAIN_TIME, window
        ratings = window.sweep
        if self._sweep_ratings and ratings is not None:
            # A longer lookback must not make a request longer than the API allows.
            for part in fill(ratings.start, ratings.end, self.width):
                yield "submit_time", part

    def _check_bounds(self, window: Window, page: NotificationsResponse, field: TimeField) -> None:
        """Check that some notification of a page lies in its window.

        Raises:
            ApiError: None does: the API does not understand the bounds.
        """
        found: list[bool | None] = []
        for text in page.notifications:
            found.append(lies_in([getattr(skim(text), field)], window))
            if found[-1]:
                return
        if not found or None in found:
            return
        msg = (
            f"eTelecom, {window}: the API shows {len(found)} notifications, and none of them lies "
            f"within a day of the window by {field}, so it does not understand date_from and "
            f"date_to. The bookmark stays before it. Report this sentence."
        )
        raise ApiError(msg)

    def _check_silent_end(self, window: Window, times: list[Any]) -> None:
        """Check that the end of a window without a row is one for a request of its own, too.

        Raises:
            ApiError: It shows rows from elsewhere: the API does not understand the bounds.
        """
        part = silent_end(window, times)
        if part is not None:
            request = page_request(self._url, part, _MAIN_TIME, "", 1)
            try:
                page = self._client.call(
                    request, parse_response, tries=_PROBE_TRIES, believes_refusals=True
                )
            except ApiError:
                return
            self._check_bounds(part, page, _TIME_FIELDS[_MAIN_TIME])

    def _check_empty(self, window: Window) -> None:
        """Check that an empty window is empty for a smaller page, too, until a row is seen.

        An API may respond to a `limit` above its maximum with an empty list (E2).

        Raises:
            ApiError: A smaller page shows notifications.
        """
        for limit in (1, *(size for size in _PAGE_SIZES if size < self._page_size)):
            page = self._ask(window, "updated_time", "", limit)
            if not page.notifications and limit == 1:
                return
            if page.notifications and limit > 1:
                msg = (
                    f"eTelecom, {window}: the API shows no notification for etelecom_page_size "
                    f"{self._page_size}. With pages of {limit} it shows some. Set "
                    f"etelecom_page_size to {limit}."
                )
                raise ApiError(msg)

    @override
    def shows_any_row(self) -> bool:
        request = page_request(self._url, ALL_TIME, _MAIN_TIME, "", 1)
        return self._client.call(request, parse_response, believes_refusals=True).has_rows

    def _show(self, time_type: str, window: Window, part: Window) -> list[int]:
        """Fetch a window with the audit's page size; return the keys of rows of a part."""
        field = _TIME_FIELDS[time_type]
        limit = self._auditor.page_size(self._page_size)
        texts = self._ask(window, time_type, "", limit).notifications
        return [
            key_of(text)
            for text in texts
            for moment in readable_times([getattr(skim(text), field)])
            if part.start <= moment <= part.end
        ]

    @override
    def finish(self) -> None:
        """Warn, once, about notifications that were null, and report the audits."""
        if self._traits.null_rows:
            logger.warning(
                "eTelecom: %d notifications were null instead of an object, and were skipped.",
                self._traits.null_rows,
            )
        self._auditor.report()

    def _ask(
        self, window: Window, time_type: str, cursor: str, limit: int
    ) -> NotificationsResponse:
        request = page_request(self._url, window, time_type, cursor, limit)
        try:
            return self.fetch_page(request, parse_response, _NO_NOTIFICATIONS, is_first=not cursor)
        except RefusedError as error:
            if cursor or error.is_about_address:
                raise
            days = self.width / timedelta(days=1)
            msg = (
                f"{error} If the API rejects the request itself, try fewer "
                f"etelecom_window_days (now {days:g}) or a smaller etelecom_page_size "
                f"(now {self._page_size})."
            )
            raise RefusedError(msg) from None

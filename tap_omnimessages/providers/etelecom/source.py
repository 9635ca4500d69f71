"""Fetch eTelecom's `POST ….Zalo/ListMessages` window by window (page `etelecom-list-messages`).

Codes such as E7 are explained in docs/api-notes.md.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_omnimessages.errors import ApiError, RefusedError
from tap_omnimessages.extract.audit import Auditor, WindowRead
from tap_omnimessages.extract.completeness import CompleteReader, ConfirmationNotice, WindowScan
from tap_omnimessages.extract.invariants import WindowMemory, lies_in
from tap_omnimessages.extract.seen_rows import SeenRows
from tap_omnimessages.extract.source import split_if_large
from tap_omnimessages.extract.windows import Window
from tap_omnimessages.http.client import HeaderAuth, HttpClient, Request
from tap_omnimessages.http.options import HttpOptions, ProviderInfo
from tap_omnimessages.providers.etelecom.pagination import CursorPaging, key_of
from tap_omnimessages.providers.etelecom.responses import (
    NotificationsResponse,
    TimeField,
    parse_response,
    skim,
)
from tap_omnimessages.providers.etelecom.server_traits import ServerTraits
from tap_omnimessages.providers.http_source import HttpSource
from tap_omnimessages.timestamps import round_down, round_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_omnimessages.extract.source import Page, RequestPlanner

# The API refuses a used-up quota with 403 and a conflict with 409; both pass with time (E20, E21).
INFO = ProviderInfo(
    "eTelecom",
    retriable_codes=frozenset({"resource_exhausted", "aborted"}),
    # The method is joined with a dot, which would make a bare host another one.
    needs_path=True,
)

logger = logging.getLogger("tap-omnimessages")

_NO_NOTIFICATIONS = NotificationsResponse([], next="", after="", limit=None, listed=True)
_ALL_TIME = Window(datetime(1970, 1, 2, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC))
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
# The page sizes that are tried where the set one shows nothing, largest first.
_PAGE_SIZES = (100, 50, 20, 10)
# Times are printed in seconds and kept in microseconds, and bounds may be exclusive (E7).
_OVERLAP = _SECOND
_SHORTEST_PART = timedelta(seconds=2)
# The kinds of time to filter on, and the field that holds each.
_TIME_FIELDS: dict[str, TimeField] = {
    "updated_time": "updated_at",
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
        lookback: timedelta,
        auditor: Auditor,
    ) -> None:
        client = HttpClient(INFO, HeaderAuth("Authorization", f"Bearer {key}"), key, options)
        super().__init__(client, options, width=width, lookback=lookback)
        # Shops, partners and white labels differ in their base; a dot joins it to the method.
        self._url = f"{base_url.rstrip('/.')}.Zalo/ListMessages"
        self._page_size = page_size
        self._time_types = ["updated_time", "submit_time"] if sweep_ratings else ["updated_time"]
        self._traits = ServerTraits()
        self._notice = ConfirmationNotice(INFO.name, "notifications")
        self._memories = {
            time_type: WindowMemory(INFO.name, "date_from and date_to")
            for time_type in self._time_types
        }
        self._auditor = auditor
        self._shows_rows = False

    def read(self, window: Window, planner: RequestPlanner) -> Iterator[Page]:  # noqa: ARG002
        """Yield the notifications updated or rated in a window, as `Source.read` says.

        A rating may leave the update time as it was (E11), hence the second sweep. Each cursor
        comes with the page before, so no request can be sent ahead.
        """
        seen = SeenRows()
        has_begun = False
        for time_type in self._time_types:
            field = _TIME_FIELDS[time_type]
            paging = CursorPaging(self._page_size, field, self._traits, seen)
            memory = self._memories[time_type]

            def read_once(
                part: Window,
                scan: WindowScan,
                paging: CursorPaging = paging,
                time_type: str = time_type,
                field: TimeField = field,
                memory: WindowMemory = memory,
            ) -> Iterator[Page]:
                def ask(asked: Window, cursor: str, limit: int) -> NotificationsResponse:
                    nonlocal has_begun
                    is_first, has_begun = not has_begun, True
                    page = self._ask(asked, time_type, cursor, limit)
                    if is_first:
                        split_if_large(window, paging.estimate_pages(window, page, ask))
                    self._check_bounds(asked, page, field)
                    return page

                yield from paging.read(part, ask, scan)
                if part == window:
                    memory.record(window, scan.identities)

            subject = f"{INFO.name} by {time_type}"
            reader = CompleteReader(
                read_once, _SHORTEST_PART, subject, self._notice.give, "etelecom_page_size"
            )
            yield from reader.read(window)
            self._shows_rows |= bool(seen)
            read = WindowRead(
                window,
                paging.pages,
                paging.seen,
                partial(self._show, time_type),
                partial(reader.read, window),
            )
            yield from self._auditor.audit(read)
        # A short window without a row is no whole history.
        if not self._shows_rows and window.duration >= _DAY:
            self._check_empty(window)

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
        request = self._request(_ALL_TIME, "updated_time", "", 1)
        return self._client.call(request, parse_response, believes_refusals=True).has_rows

    def _show(self, time_type: str, part: Window) -> list[int]:
        """Return the keys of the notifications that lie in a part, with the audit's page size."""
        field = _TIME_FIELDS[time_type]
        limit = self._auditor.page_size(self._page_size)
        texts = self._ask(part, time_type, "", limit).notifications
        return [key_of(text) for text in texts if lies_in([getattr(skim(text), field)], part)]

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
        request = self._request(window, time_type, cursor, limit)
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

    def _request(self, window: Window, time_type: str, cursor: str, limit: int) -> Request:
        body = {
            "filter": {
                "date_from": _format(round_down(window.start, _SECOND) - _OVERLAP),
                "date_to": _format(round_up(window.end, _SECOND) + _OVERLAP),
                "time_type": time_type,
            },
            "paging": {"limit": limit, "after": cursor} if cursor else {"limit": limit},
        }
        return Request("POST", self._url, json=body)


def _format(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")

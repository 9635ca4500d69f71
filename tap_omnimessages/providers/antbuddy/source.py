"""Fetch AntBuddy's `GET /messages` window by window (API page `antbuddy-get-omni-messages`).

Codes such as A1 are explained in docs/api-notes.md.
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
from tap_omnimessages.extract.invariants import (
    WindowMemory,
    all_lie_in,
    beyond,
    lies_in,
    readable_times,
    silent_end,
)
from tap_omnimessages.extract.source import WindowTooLargeError, split_if_large
from tap_omnimessages.providers.antbuddy.advice import Advisor
from tap_omnimessages.providers.antbuddy.pagination import SessionPaging, key_of
from tap_omnimessages.providers.antbuddy.request import (
    INFO,
    TimeFormat,
    open_client,
    page_request,
    page_url,
)
from tap_omnimessages.providers.antbuddy.responses import SessionsResponse, parse_response
from tap_omnimessages.providers.antbuddy.server_traits import ServerTraits
from tap_omnimessages.providers.antbuddy.session_times import (
    began_in,
    started,
    times_of,
    until_found,
)
from tap_omnimessages.providers.http_source import HttpSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_omnimessages.extract.revisits import Lookback
    from tap_omnimessages.extract.source import Page, RequestPlanner
    from tap_omnimessages.extract.windows import Window
    from tap_omnimessages.http.options import HttpOptions

logger = logging.getLogger("tap-omnimessages")

_NO_SESSIONS = SessionsResponse([], None, listed=True)
# A few of the API's milliseconds: a shorter window cannot be told from its neighbours.
_SHORTEST_PART = timedelta(milliseconds=4)


class AntBuddySource(HttpSource):
    """AntBuddy's sessions with their messages, by the time a session began."""

    def __init__(  # noqa: PLR0913 - one argument per setting
        self,
        base_url: str,
        key: str,
        options: HttpOptions,
        *,
        page_size: int,
        time_format: TimeFormat,
        width: timedelta,
        lookback: Lookback,
        auditor: Auditor,
    ) -> None:
        client = open_client(key, options)
        super().__init__(client, options, width=width, lookback=lookback)
        self._url = page_url(base_url)
        self._page_size = page_size
        self._time_format = time_format
        self._advisor = Advisor(client, self._url, page_size, time_format)
        self._traits = ServerTraits()
        self._whole_totals: dict[Window, int] = {}
        self._shows_sessions = False
        self._notice = ConfirmationNotice(INFO.name, "sessions and messages")
        self._memory = WindowMemory(INFO.name, "created_from and created_to")
        self._auditor = auditor

    def read(self, window: Window, planner: RequestPlanner) -> Iterator[Page]:
        """Yield the sessions of a window, as `Source.read` says."""
        paging = SessionPaging(self._page_size, self._traits)
        whole_total = self._whole_totals.pop(window, None)
        has_begun = False
        times: list[Any] = []

        def read_once(part: Window, scan: WindowScan) -> Iterator[Page]:
            def ask(offset: int, limit: int) -> SessionsResponse:
                nonlocal has_begun
                is_first, has_begun = not has_begun, True
                response = self._ask(part, offset, limit)
                if is_first:
                    self._split_if_large(window, response, whole_total)
                self._check_bounds(part, response)
                return response

            def ask_beyond(edges: list[Any]) -> tuple[bool, SessionsResponse | None]:
                is_ordered, rest = beyond(part, edges, _SHORTEST_PART)
                if rest is None:
                    return is_ordered, None
                response = self._ask(rest, 0, self._page_size)
                # Rows from elsewhere are an answer to another question: bounds of whole days.
                began = [started(text) for text in response.sessions]
                return is_ordered and all_lie_in(began, rest), response

            pages = paging.read(
                ask,
                scan,
                planner,
                whole_total=whole_total if part == window else None,
                ask_beyond=ask_beyond,
            )
            yield from pages
            if part == window:
                times.extend(scan.times)
                self._memory.record(window, scan.identities)

        reader = CompleteReader(
            read_once, _SHORTEST_PART, INFO.name, self._on_confirmed, "antbuddy_page_size"
        )
        yield from reader.read(window)
        paging.count_unseen()
        if paging.seen and not self._shows_sessions:
            self._check_silent_end(window, times)
        self._shows_sessions |= bool(paging.seen)
        read = WindowRead(
            window,
            paging.pages,
            paging.seen,
            max(readable_times(times), default=None),
            self._show,
            partial(reader.read, window),
        )
        yield from self._auditor.audit(read)
        if not self._shows_sessions:
            self._check_empty(window)

    def _check_bounds(self, window: Window, response: SessionsResponse) -> None:
        """Check that some session of a page lies in its window, by its start or its messages (A7).

        Raises:
            ApiError: None does: the API does not understand the bounds.
        """
        found = [lies_in(times_of(text), window) for text in until_found(response, window)]
        if not response.sessions or True in found or None in found:
            return
        advice = self._advisor.find_time_format(window) or (
            f"No other antbuddy_time_format than {self._time_format} helps: report this sentence."
        )
        msg = (
            f"AntBuddy, {window}: the API shows {len(found)} sessions, and none of them lies "
            f"within a day of the window, so it does not understand created_from and created_to. "
            f"{advice} The bookmark stays before it."
        )
        raise ApiError(msg)

    def _check_silent_end(self, window: Window, times: list[Any]) -> None:
        """Check that the end of a window without a session is one for a request of its own, too.

        Raises:
            ApiError: It shows sessions from elsewhere: the API does not understand the bounds.
        """
        part = silent_end(window, times)
        if part is not None:
            shown = self._advisor.show(part, 1, self._time_format)
            self._check_bounds(part, SessionsResponse(shown, None, listed=True))

    def _check_empty(self, window: Window) -> None:
        """Check that an empty window is empty for other page sizes and time formats, too.

        The check runs until the run has seen a session.

        Raises:
            ApiError: A smaller page or another time format shows sessions.
        """
        advice = self._advisor.find_settings(window)
        if advice:
            msg = (
                f"AntBuddy, {window}: the API shows no session for antbuddy_page_size "
                f"{self._page_size} and antbuddy_time_format {self._time_format}. {advice}"
            )
            raise ApiError(msg)

    @override
    def shows_any_row(self) -> bool:
        return self._advisor.shows_any_session()

    def _show(self, window: Window, part: Window) -> list[int]:
        """Fetch a window with the audit's page size; return the keys of sessions of a part."""
        response = self._ask(window, 0, self._auditor.page_size(self._page_size))
        return [key_of(text) for text in response.sessions if began_in(text, part)]

    @override
    def finish(self) -> None:
        """Warn, once, about messages that sessions claim and the API did not show."""
        if self._traits.short_sessions:
            logger.warning(
                "AntBuddy: %d sessions claim more messages (messageCount) than the API showed with "
                "them: %d messages were not shown.",
                self._traits.short_sessions,
                self._traits.unseen_messages,
            )
        for rows, count in (
            ("messages", self._traits.null_messages),
            ("sessions", self._traits.null_sessions),
        ):
            if count:
                logger.warning(
                    "AntBuddy: %d %s were null instead of an object, and were skipped.", count, rows
                )
        self._auditor.report()

    def _ask(self, window: Window, offset: int, limit: int) -> SessionsResponse:
        request = page_request(self._url, window, offset, limit, self._time_format)
        try:
            return self.fetch_page(request, parse_response, _NO_SESSIONS, is_first=not offset)
        except RefusedError as error:
            if offset or error.is_about_address:
                raise
            advice = self._advisor.find_settings(window) or (
                f"If the API rejects the request itself, try fewer antbuddy_window_days (now "
                f"{self.width / timedelta(days=1):g}) or a smaller antbuddy_page_size (now "
                f"{self._page_size}); no other antbuddy_time_format was accepted."
            )
            msg = f"{error} {advice}"
            raise RefusedError(msg) from None

    def _split_if_large(
        self, window: Window, response: SessionsResponse, whole_total: int | None
    ) -> None:
        total = response.total or 0
        # A page without rows contradicts any total: thousands of parts would be as empty.
        if not response.sessions:
            return
        # Where a part has the total of the whole, `total` does not describe the window.
        if whole_total is not None and total >= whole_total:
            return
        try:
            split_if_large(window, total / self._page_size)
        except WindowTooLargeError as large:
            self._whole_totals.update(dict.fromkeys(large.parts, total))
            raise

    def _on_confirmed(self, scan: WindowScan) -> None:
        self._traits.learn_total(scan)
        self._notice.give(scan)

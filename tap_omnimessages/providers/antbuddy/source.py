"""Fetch AntBuddy's `GET /messages` window by window (API page `antbuddy-get-omni-messages`).

Codes such as A1 are explained in docs/api-notes.md.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, get_args

from typing_extensions import override

from tap_omnimessages.errors import ApiError, RefusedError
from tap_omnimessages.extract.audit import Auditor, WindowRead
from tap_omnimessages.extract.completeness import CompleteReader, ConfirmationNotice, WindowScan
from tap_omnimessages.extract.invariants import WindowMemory, all_lie_in, beyond, lies_in
from tap_omnimessages.extract.source import WindowTooLargeError, split_if_large
from tap_omnimessages.http.client import HeaderAuth, HttpClient, Request
from tap_omnimessages.http.options import HttpOptions, ProviderInfo
from tap_omnimessages.providers.antbuddy.pagination import SessionPaging, key_of
from tap_omnimessages.providers.antbuddy.responses import SessionsResponse, parse_response
from tap_omnimessages.providers.antbuddy.server_traits import ServerTraits
from tap_omnimessages.providers.antbuddy.session_times import (
    ALL_TIME,
    began_in,
    started,
    times_of,
    until_found,
)
from tap_omnimessages.providers.http_source import HttpSource
from tap_omnimessages.timestamps import (
    epoch_milliseconds,
    epoch_seconds,
    round_down,
    round_up,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_omnimessages.extract.source import Page, RequestPlanner
    from tap_omnimessages.extract.windows import Window

logger = logging.getLogger("tap-omnimessages")

INFO = ProviderInfo("AntBuddy")

TimeFormat = Literal["iso8601", "epoch_ms", "epoch_s"]
TIME_FORMATS: tuple[TimeFormat, ...] = get_args(TimeFormat)
_NO_SESSIONS = SessionsResponse([], None, listed=True)
# The page sizes that are tried where the set one shows nothing.
_PAGE_SIZES = (100, 50, 20, 10, 1)

# Bounds may be exclusive (A9), so neighbouring windows overlap by one unit at both ends.
_MILLISECOND = timedelta(milliseconds=1)
_SECOND = timedelta(seconds=1)
# A few of the API's milliseconds: a shorter window cannot be told from its neighbours.
_SHORTEST_PART = timedelta(milliseconds=4)
# An API may respond to an unknown format with a server error, so the retries are few.
_FORMAT_TRIES = 3


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
        lookback: timedelta,
        auditor: Auditor,
    ) -> None:
        client = HttpClient(INFO, HeaderAuth("apikey", key), key, options)
        super().__init__(client, options, width=width, lookback=lookback)
        self._url = f"{base_url.rstrip('/')}/messages"
        self._page_size = page_size
        self._time_format = time_format
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
                self._memory.record(window, scan.identities)

        reader = CompleteReader(
            read_once, _SHORTEST_PART, INFO.name, self._on_confirmed, "antbuddy_page_size"
        )
        yield from reader.read(window)
        paging.count_unseen()
        if paging.seen:
            self._shows_sessions = True
            read = WindowRead(
                window, paging.pages, paging.seen, self._show, lambda: reader.read(window)
            )
            yield from self._auditor.audit(read)
        elif not self._shows_sessions:
            self._check_empty(window)

    def _check_bounds(self, window: Window, response: SessionsResponse) -> None:
        """Check that some session of a page lies in its window, by its start or its messages (A7).

        Raises:
            ApiError: None does: the API does not understand the bounds.
        """
        found = [lies_in(times_of(text), window) for text in until_found(response, window)]
        if not response.sessions or True in found or None in found:
            return
        msg = (
            f"AntBuddy, {window}: the API shows {len(found)} sessions, and none of them lies "
            f"within a day of the window, so it does not understand created_from and created_to. "
            f"{self._advise(window)} The bookmark stays before it."
        )
        raise ApiError(msg)

    def _check_empty(self, window: Window) -> None:
        """Check that an empty window is empty for other page sizes and time formats, too.

        An API may respond to a `limit` above its maximum, or to times that it cannot read (A1: its
        documents name two formats), with an empty list instead of refusing them. The check runs
        until the run has seen a session.

        Raises:
            ApiError: A smaller page or another time format shows sessions.
        """
        advice = self._find_working_settings(window)
        if advice:
            msg = (
                f"AntBuddy, {window}: the API shows no session for antbuddy_page_size "
                f"{self._page_size} and antbuddy_time_format {self._time_format}. {advice}"
            )
            raise ApiError(msg)

    def _advise(self, window: Window) -> str:
        return self._find_working_settings(window) or (
            f"No other antbuddy_time_format than {self._time_format} helps: report this sentence."
        )

    def _find_working_settings(self, window: Window) -> str:
        """Return which setting shows sessions of a window, as verified by a request."""
        if self._shows_session(window, 1, self._time_format):
            sizes = (size for size in _PAGE_SIZES if size < self._page_size)
            for size in sizes:
                if self._shows_session(window, size, self._time_format):
                    return f"With pages of {size} it shows some. Set antbuddy_page_size to {size}."
        for other in TIME_FORMATS:
            if other != self._time_format and self._shows_session(window, self._page_size, other):
                return f"With times as {other} it shows some. Set antbuddy_time_format to {other}."
        return ""

    def _shows_session(self, window: Window, limit: int, time_format: TimeFormat) -> bool:
        """Return whether a request shows a session that began in the window.

        An API that ignores what it cannot read shows everything, which proves nothing.
        """
        request = Request("GET", self._url, self._params(window, 0, limit, time_format))
        try:
            response = self._client.call(
                request, parse_response, tries=_FORMAT_TRIES, believes_refusals=True
            )
        except ApiError:
            return False
        return any(began_in(text, window) for text in response.sessions)

    @override
    def shows_any_row(self) -> bool:
        return self._shows_session(ALL_TIME, 1, self._time_format)

    def _show(self, part: Window) -> list[int]:
        """Return the keys of the sessions that began in a part, with the audit's page size."""
        response = self._ask(part, 0, self._auditor.page_size(self._page_size))
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
        if self._traits.null_messages:
            logger.warning(
                "AntBuddy: %d messages were null instead of an object, and were skipped.",
                self._traits.null_messages,
            )
        self._auditor.report()

    def _ask(self, window: Window, offset: int, limit: int) -> SessionsResponse:
        params = self._params(window, offset, limit, self._time_format)
        try:
            request = Request("GET", self._url, params)
            return self.fetch_page(request, parse_response, _NO_SESSIONS, is_first=not offset)
        except RefusedError as error:
            if offset or error.is_about_address:
                raise
            advice = self._find_working_settings(window) or (
                f"If the API rejects the request itself, try fewer antbuddy_window_days (now "
                f"{self.width / timedelta(days=1):g}) or a smaller antbuddy_page_size (now "
                f"{self._page_size}); no other antbuddy_time_format was accepted."
            )
            msg = f"{error} {advice}"
            raise RefusedError(msg) from None

    @staticmethod
    def _params(window: Window, offset: int, limit: int, time_format: TimeFormat) -> dict[str, Any]:
        # Whole seconds cut what milliseconds keep.
        unit = _SECOND if time_format == "epoch_s" else _MILLISECOND
        start = round_down(window.start, unit) - unit
        end = round_up(window.end, unit) + unit
        return {
            "limit": limit,
            "offset": offset,
            "created_from": _format(start, time_format),
            "created_to": _format(end, time_format),
        }

    def _split_if_large(
        self, window: Window, response: SessionsResponse, whole_total: int | None
    ) -> None:
        total = response.total or 0
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


def _format(moment: datetime, time_format: TimeFormat) -> str | int:
    if time_format == "epoch_ms":
        return epoch_milliseconds(moment)
    if time_format == "epoch_s":
        return epoch_seconds(moment)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""Fetch AntBuddy's `GET /messages` window by window (API page `antbuddy-get-omni-messages`).

Codes such as A1 are explained in docs/api-notes.md.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from typing_extensions import override

from tap_omnimessages.errors import ApiError, RefusedError
from tap_omnimessages.extract.completeness import CompleteReader, ConfirmationNotice, WindowScan
from tap_omnimessages.extract.source import WindowTooLargeError, split_if_large
from tap_omnimessages.http.client import HeaderAuth, HttpClient
from tap_omnimessages.http.options import HttpOptions, ProviderInfo
from tap_omnimessages.lenient_json import decode_row
from tap_omnimessages.providers.antbuddy.pagination import SessionPaging
from tap_omnimessages.providers.antbuddy.responses import SessionsResponse, parse_response
from tap_omnimessages.providers.antbuddy.server_traits import ServerTraits
from tap_omnimessages.providers.http_source import HttpSource
from tap_omnimessages.timestamps import epoch_milliseconds, parse_time, round_down, round_up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tap_omnimessages.extract.source import Page, RequestPlanner
    from tap_omnimessages.extract.windows import Window

logger = logging.getLogger("tap-omnimessages")

INFO = ProviderInfo("AntBuddy")

TimeFormat = Literal["iso8601", "epoch_ms"]

_MILLISECOND = timedelta(milliseconds=1)
# Bounds may be exclusive (A9), so neighbouring windows overlap by this much at both ends.
_OVERLAP = _MILLISECOND
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
                return response

            return paging.read(ask, scan, planner)

        reader = CompleteReader(read_once, _SHORTEST_PART, INFO.name, self._on_confirmed)
        yield from reader.read(window)
        paging.count_unseen()
        if paging.seen:
            self._shows_sessions = True
        if not self._shows_sessions:
            self._check_time_format(window)

    def _check_time_format(self, window: Window) -> None:
        """Check that an empty window is empty in the other time format, too.

        An API that cannot read the times of a request may filter everything away instead of
        refusing it (A1: its documents name two time formats). The check runs until the run has
        seen a session.

        Raises:
            ApiError: The other format shows sessions.
        """
        other: TimeFormat = "iso8601" if self._time_format == "epoch_ms" else "epoch_ms"
        params = self._params(window, 0, self._page_size, other)
        try:
            response = self._client.call(
                "GET", self._url, parse_response, params=params, tries=_FORMAT_TRIES
            )
        except ApiError:
            return
        # An API that ignores what it cannot read shows everything, which proves nothing.
        found = sum(_began_in(text, window) for text in response.sessions)
        if found:
            msg = (
                f"AntBuddy, {window}: the API shows no session for times sent as "
                f"{self._time_format}, but {found} on the first page for times sent as {other}. "
                f"Set antbuddy_time_format to {other}."
            )
            raise ApiError(msg)

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

    def _ask(self, window: Window, offset: int, limit: int) -> SessionsResponse:
        params = self._params(window, offset, limit, self._time_format)
        try:
            return self.fetch_page("GET", self._url, parse_response, params=params)
        except RefusedError as error:
            if offset or error.is_about_address:
                raise
            msg = (
                f"{error} If the API rejects the request itself, try antbuddy_time_format "
                f"(now {self._time_format}), a smaller antbuddy_page_size (now {self._page_size}) "
                f"or fewer antbuddy_window_days (now {self.width / timedelta(days=1):g})."
            )
            raise RefusedError(msg) from None

    @staticmethod
    def _params(window: Window, offset: int, limit: int, time_format: TimeFormat) -> dict[str, Any]:
        start = round_down(window.start, _MILLISECOND) - _OVERLAP
        end = round_up(window.end, _MILLISECOND) + _OVERLAP
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
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _began_in(text: bytes, window: Window) -> bool:
    """Return whether a session began within a window; the API may filter on messages, too (A7)."""
    session = decode_row(text)
    try:
        began = parse_time(session.get("createdAt"))
    except (ValueError, AttributeError):
        return False
    return began is not None and window.start <= began <= window.end

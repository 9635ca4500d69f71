"""The base of sources that read an API over HTTP."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from tap_omnimessages.errors import ApiError, NoRowsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from tap_omnimessages.extract.revisits import Lookback
    from tap_omnimessages.http.client import HttpClient, Request
    from tap_omnimessages.http.options import HttpOptions
    from tap_omnimessages.http.stats import RequestStats


class _Response(Protocol):
    @property
    def listed(self) -> bool:
        """Whether there was a list; a null or missing list may be a slip."""

    @property
    def has_rows(self) -> bool:
        """Whether the list has rows."""


ResponseT = TypeVar("ResponseT", bound=_Response)


class HttpSource:
    """A source behind an `HttpClient`; a provider adds `read`, and `finish` if it has to."""

    def __init__(
        self, client: HttpClient, options: HttpOptions, *, width: timedelta, lookback: Lookback
    ) -> None:
        self.width = width
        self.lookback = lookback
        self.concurrency = options.concurrency
        self._client = client
        self._last_with_rows: Callable[[], _Response] | None = None

    def cap_at_server_time(self, end: datetime, now: datetime) -> datetime:
        """Cap a time at the API's present, as `Source.cap_at_server_time` says."""
        return self._client.clock.cap(end, now)

    @property
    def request_stats(self) -> RequestStats:
        """What the requests have cost so far."""
        return self._client.request_stats

    def finish(self) -> None:
        """Do nothing: most APIs have nothing to report at the end."""

    def close(self) -> None:
        """Cancel what is under way, as `Source.close` says."""
        self._client.close()

    def fetch_page(
        self,
        request: Request,
        parse: Callable[[bytes], ResponseT],
        empty: ResponseT,
        *,
        is_first: bool,
    ) -> ResponseT:
        """Fetch a page, and once more where it has no list.

        A missing or null list may be an empty page or a slip (A15, E22). An API may also say "no
        rows" with 204, or 404 and a JSON body: this counts once another request shows rows.

        Args:
            request: The request.
            parse: As `HttpClient.call` takes it.
            empty: What is returned where there are no rows.
            is_first: Whether it is the first page. A later one that is refused is no error: the
                window is then doubted and read again.

        Raises:
            TapError: As `HttpClient.call` raises it.
        """
        call = partial(self._client.call, request, parse, believes_refusals=not is_first)
        try:
            response = call(accepts_no_rows=True)
        except NoRowsError as error:
            if self._means_no_rows(error):
                return empty
            if not error.may_pass:
                raise
            response = call()
        if not response.listed:
            response = call()
        if response.has_rows:
            self._last_with_rows = call
        return response

    def _means_no_rows(self, error: NoRowsError) -> bool:
        """Return whether the API still shows rows elsewhere, so that it works."""
        shows_rows = self._last_with_rows
        try:
            works = shows_rows().has_rows if shows_rows else self.shows_any_row()
        except ApiError:
            return False
        if works:
            self._client.learn_no_rows(error)
        return works

    def shows_any_row(self) -> bool:
        """Return whether the API shows a row for the longest time that it can be asked for."""
        return False

"""The base of sources that read an API over HTTP."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from tap_omnimessages.extract.revisits import Lookback
    from tap_omnimessages.http.client import HttpClient
    from tap_omnimessages.http.options import HttpOptions
    from tap_omnimessages.http.stats import RequestStats


class _Response(Protocol):
    @property
    def listed(self) -> bool: ...


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
        method: str,
        url: str,
        parse: Callable[[bytes], ResponseT],
        *,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> ResponseT:
        """Fetch a page, and once more where it has no list.

        A missing or null list may be an empty page or a slip (A15, E22). Takes what
        `HttpClient.call` takes, and raises what that raises.
        """
        call = partial(self._client.call, method, url, parse, params=params, json=json)
        response = call()
        return response if response.listed else call()

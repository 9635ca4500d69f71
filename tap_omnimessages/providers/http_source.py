"""What the sources of all providers share: a client, and what it tells of its API."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from tap_omnimessages.http.client import HttpClient
    from tap_omnimessages.http.options import HttpOptions
    from tap_omnimessages.http.stats import RequestStats


class _Answer(Protocol):
    @property
    def listed(self) -> bool: ...


AnswerT = TypeVar("AnswerT", bound=_Answer)


class HttpSource:
    """A source behind an `HttpClient`; a provider adds `read` and `finish`."""

    def __init__(
        self, client: HttpClient, options: HttpOptions, *, width: timedelta, lookback: timedelta
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
        """What reading has cost so far."""
        return self._client.request_stats

    def close(self) -> None:
        """Give up what is under way, as `Source.close` says."""
        self._client.close()

    def fetch_page(
        self,
        method: str,
        url: str,
        parse: Callable[[bytes], AnswerT],
        *,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> AnswerT:
        """Ask for a page, and once more where it has no list: that may be a slip (A15, E22).

        Takes what `HttpClient.call` takes, and raises what that raises.
        """
        call = partial(self._client.call, method, url, parse, params=params, json=json)
        answer = call()
        return answer if answer.listed else call()

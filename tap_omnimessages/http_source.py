"""What the sources of all providers share: a client, and what it tells of its API."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

    from tap_omnimessages.client import ApiClient, HttpOptions
    from tap_omnimessages.traffic import Traffic


class _Answer(Protocol):
    @property
    def listed(self) -> bool: ...


AnswerT = TypeVar("AnswerT", bound=_Answer)


class HttpSource:
    """A source behind an `ApiClient`; a provider adds `read` and `finish`."""

    def __init__(
        self, client: ApiClient, options: HttpOptions, *, width: timedelta, lookback: timedelta
    ) -> None:
        self.width = width
        self.lookback = lookback
        self.concurrency = options.concurrency
        self._client = client

    @property
    def clock_lag(self) -> timedelta:
        """How far the API's clock is behind this machine's."""
        return self._client.clock_lag

    @property
    def traffic(self) -> Traffic:
        """What reading has cost so far."""
        return self._client.traffic

    def close(self) -> None:
        """Give up what is under way, as `Source.close` says."""
        self._client.close()

    def _call_for_list(
        self,
        method: str,
        url: str,
        parse: Callable[[bytes], AnswerT],
        *,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> AnswerT:
        """Ask for a page, and once more where it has no list: that may be a slip (A15, E22).

        Takes what `ApiClient.call` takes, and raises what that raises.
        """
        call = partial(self._client.call, method, url, parse, params=params, json=json)
        answer = call()
        return answer if answer.listed else call()

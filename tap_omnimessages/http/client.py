"""Talking HTTP to one API: requests, retries, pacing, and errors that give nothing away."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from typing_extensions import override

from tap_omnimessages.errors import ApiError, RequestCancelledError
from tap_omnimessages.http.failures import RequestFailure, classify_status, describe_exception
from tap_omnimessages.http.retries import Retries
from tap_omnimessages.http.server_clock import (
    ServerClock,
)
from tap_omnimessages.http.throttle import Throttle
from tap_omnimessages.http.urls import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_omnimessages.http.options import HttpOptions, ProviderInfo
    from tap_omnimessages.http.stats import RequestStats

logger = logging.getLogger("tap-omnimessages")

# It writes whole addresses, queries included, into its messages.
logging.getLogger("urllib3").setLevel(logging.ERROR)

T = TypeVar("T")

# An answer beyond this is no page of messages; it would only fill the memory.
MAX_BODY_BYTES = 256 * 1024 * 1024
_CHUNK_BYTES = 1024 * 1024


class HeaderAuth(AuthBase):
    """Sends a key in a header; as an `auth` object it also keeps `.netrc` files out."""

    def __init__(self, header: str, value: str) -> None:
        self._header = header
        self._value = value

    @override
    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the key to a request."""
        r.headers[self._header] = self._value
        return r


class HttpClient:
    """Calls one API and gives parsed answers, or an `ApiError` with one sentence.

    Redirects are not followed, since the key would travel to whatever host they name.
    """

    def __init__(
        self, info: ProviderInfo, auth: HeaderAuth, key: str, options: HttpOptions
    ) -> None:
        self._info = info
        self._auth = auth
        self._options = options
        self._retries = Retries(info, key, options.retry_seconds)
        self._throttle = Throttle(options.concurrency)
        self._local = threading.local()
        self.clock = ServerClock(info.name)

    def call(
        self,
        method: str,
        url: str,
        parse: Callable[[bytes], T],
        *,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
        tries: int | None = None,
    ) -> T:
        """Send a request until it is answered properly.

        Args:
            method: `GET` or `POST`; both calls of this tap only read, so a repeat is harmless.
            url: The address without a query.
            parse: Turns a body into the answer; raises `RequestFailure` for one that is none.
            params: The query.
            json: The body.
            tries: How often to try at the most; None leaves it to the retry budget.

        Returns:
            What `parse` gives.

        Raises:
            RefusedError: The API refused this request for good (400, 404, …).
            ApiError: The key was refused, or the retry budget has been used up.
            StoppedError: `close` was called.
        """
        target = f"{method} {urlsplit(url).path}"
        # Its own tries and waits only: others may be asked to wait for longer.
        spent_seconds = 0.0
        attempt = 0
        while True:
            try:
                with self._throttle.slot() as asked_at:
                    answer = parse(self._send(method, url, params, json))
            except RequestFailure as failure:
                if self._throttle.is_closed:
                    raise RequestCancelledError from None
                if tries is not None and attempt + 1 >= tries:
                    raise ApiError(failure.text) from None
                spent_seconds += time.monotonic() - asked_at
                delay = self._retries.next_delay(failure, target, attempt, spent_seconds)
                spent_seconds += delay
                if failure.is_rate_limited:
                    self._throttle.slow_down(asked_at)
                self._throttle.pause(delay)
                attempt += 1
            else:
                self._retries.has_answered = True
                self._throttle.speed_up()
                return answer

    @property
    def request_stats(self) -> RequestStats:
        """What talking has cost so far."""
        return self._throttle.request_stats

    def close(self) -> None:
        """Give up the requests that wait for their turn; those under way end by themselves."""
        self._throttle.close()

    def _send(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None,
        json: Mapping[str, Any] | None,
    ) -> bytes:
        deadline = time.monotonic() + self._options.timeout_seconds
        try:
            with self._session(url).request(
                method,
                url,
                params=params,
                json=json,
                timeout=self._options.timeout_seconds,
                allow_redirects=False,
                stream=True,
            ) as response:
                body = self._read(response, deadline)
        except RequestFailure:
            raise
        except Exception as error:  # noqa: BLE001 - urllib3's own errors escape from `raw` too
            raise describe_exception(error, url, self._options.timeout_seconds) from None
        failure = classify_status(response, body, self._info.retriable_codes)
        if failure is not None:
            raise failure
        # A gateway that answers in the API's place has a clock of its own.
        self.clock.observe(response.headers.get("Date", ""))
        return body

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        chunks: list[bytes] = []
        size = 0
        # `read1` returns with what has come, so that an answer which trickles meets its deadline.
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_BODY_BYTES:
                text = f"the answer passes {MAX_BODY_BYTES // 2**20} MiB"
                raise RequestFailure(text, retriable=False)
            if time.monotonic() > deadline:
                text = f"the answer was not whole after {self._options.timeout_seconds:g} s"
                raise RequestFailure(text, retriable=True)
        return b"".join(chunks)

    def _session(self, url: str) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.auth = self._auth
            session.headers["User-Agent"] = self._options.user_agent
            session.headers["Accept"] = "application/json"
            # AntBuddy asks for it on a GET too; for eTelecom any other type is a bad route.
            session.headers["Content-Type"] = "application/json"
            session.trust_env = not is_loopback(url)
            session.mount("https://", HTTPAdapter(max_retries=0))
            session.mount("http://", HTTPAdapter(max_retries=0))
            self._local.session = session
        return session

"""Send requests to one API: with retries and throttling, and without secrets in errors."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from typing_extensions import override

from tap_omnimessages.errors import ApiError, RequestCancelledError
from tap_omnimessages.http.environment import read_connection
from tap_omnimessages.http.failures import (
    RequestFailure,
    classify_status,
    describe_encoding,
    describe_exception,
)
from tap_omnimessages.http.interim import skip_interim_responses
from tap_omnimessages.http.retries import Attempts, Retries
from tap_omnimessages.http.server_clock import ServerClock
from tap_omnimessages.http.throttle import Throttle
from tap_omnimessages.http.urls import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_omnimessages.errors import NoRowsError
    from tap_omnimessages.http.options import HttpOptions, ProviderInfo
    from tap_omnimessages.http.response_log import ResponseLog
    from tap_omnimessages.http.stats import RequestStats

logger = logging.getLogger("tap-omnimessages")

# Its messages contain whole URLs, including queries.
logging.getLogger("urllib3").setLevel(logging.ERROR)

skip_interim_responses()

T = TypeVar("T")

# A larger response is no page of messages; it would only fill the memory.
MAX_BODY_BYTES = 256 * 1024 * 1024
_CHUNK_BYTES = 1024 * 1024


class HeaderAuth(AuthBase):
    """Sends the API key in a header; being an `auth` object, it also disables `.netrc` files."""

    def __init__(self, header: str, value: str) -> None:
        self._header = header
        self._value = value

    @override
    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the API key to a request."""
        r.headers[self._header] = self._value
        return r


@dataclass(frozen=True, slots=True)
class Request:
    """A request of an API; all of this tap's only read, so a repeat is harmless.

    Attributes:
        method: `GET` or `POST`.
        url: The address without a query.
        params: The query.
        json: The body.
    """

    method: str
    url: str
    params: Mapping[str, Any] | None = None
    json: Mapping[str, Any] | None = None


class HttpClient:
    """Sends requests to one API; returns parsed responses or raises an `ApiError`.

    Redirects are not followed, because the API key would travel to whatever host they name.

    Attributes:
        clock: Compares the API's clock with this machine's.
    """

    def __init__(
        self,
        info: ProviderInfo,
        auth: HeaderAuth,
        key: str,
        options: HttpOptions,
        log: ResponseLog | None = None,
    ) -> None:
        self._info = info
        self._auth = auth
        self._options = options
        self._log = log
        self._retries = Retries(info, key, options.retry_seconds)
        self._throttle = Throttle(options.concurrency)
        self._local = threading.local()
        self.clock = ServerClock(info.name)

    def call(
        self,
        request: Request,
        parse: Callable[[bytes], T],
        *,
        tries: int | None = None,
        believes_refusals: bool = False,
        accepts_no_rows: bool = False,
    ) -> T:
        """Send a request until it has a usable response.

        Args:
            request: The request.
            parse: Turns a body into the answer; raises `RequestFailure` for one that is none.
            tries: The most tries; None leaves it to the retry budget.
            believes_refusals: Whether the first refusal counts. Otherwise it has to come three
                times, once any request has had a usable response.
            accepts_no_rows: Whether to raise `NoRowsError`; otherwise it is a failure like others.

        Returns:
            What `parse` returns.

        Raises:
            RefusedError: The API refused this request for good (400, 404, …).
            NoRowsError: The API may have said that there are no rows.
            ApiError: The API key was refused, or the retry budget is used up.
            RequestCancelledError: `close` was called.
        """
        target = f"{request.method} {urlsplit(request.url).path}"
        # Only the tries and pauses of this request: other requests may cause longer ones.
        attempts = Attempts(believes_refusals=believes_refusals, accepts_no_rows=accepts_no_rows)
        while True:
            try:
                with self._throttle.slot() as sent_at:
                    response = parse(self._send(request))
            except RequestFailure as failure:
                if self._throttle.is_closed:
                    raise RequestCancelledError from None
                attempts.tries += 1
                if attempts.tries == tries:
                    raise ApiError(failure.text) from None
                attempts.count_unchanged(failure)
                attempts.refusals += failure.may_mean_no_rows or not failure.retriable
                attempts.seconds += time.monotonic() - sent_at
                delay = self._retries.next_delay(failure, target, attempts)
                attempts.seconds += delay
                if failure.is_rate_limited:
                    self._throttle.slow_down(sent_at)
                self._throttle.pause(delay)
            else:
                self._retries.has_answered = True
                self._throttle.speed_up()
                return response

    @property
    def request_stats(self) -> RequestStats:
        """What the requests have cost so far."""
        return self._throttle.request_stats

    def learn_no_rows(self, error: NoRowsError) -> None:
        """Take responses like this one for "no rows" from now on, without a retry."""
        self._retries.no_rows.add(error.signature)

    def close(self) -> None:
        """Cancel the requests that wait; those under way end by themselves."""
        self._throttle.close()

    def _send(self, request: Request) -> bytes:
        sent_at = time.monotonic()
        deadline = sent_at + self._options.timeout_seconds
        status: int | None = None
        session = self._session(request.url)
        try:
            with session.request(
                request.method,
                request.url,
                params=request.params,
                json=request.json,
                timeout=self._options.timeout_seconds,
                allow_redirects=False,
                stream=True,
            ) as response:
                status = response.status_code
                body = self._read(response, deadline)
        except RequestFailure:
            raise
        except Exception as error:  # noqa: BLE001 - urllib3's own errors escape from `raw` too
            raise describe_exception(
                error,
                request.url,
                self._options.timeout_seconds,
                status=status,
                proxy_variable=self._local.connection.proxy_variable,
            ) from None
        if self._log is not None:
            self._log.record(time.monotonic() - sent_at, response.headers)
        failure = classify_status(response, body, self._info.retriable_codes) or describe_encoding(
            response.headers.get("Content-Encoding", ""), body
        )
        if failure is not None:
            raise failure
        # A gateway that responds in the API's place has a clock of its own.
        self.clock.observe(response.headers.get("Date", ""))
        return body

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        chunks: list[bytes] = []
        size = 0
        # `read1` returns what has come, so a response that trickles meets its deadline.
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_BODY_BYTES:
                text = f"the response is larger than {MAX_BODY_BYTES // 2**20} MiB"
                raise RequestFailure(text, retriable=False)
            if time.monotonic() > deadline:
                text = f"the response was not complete after {self._options.timeout_seconds:g} s"
                raise RequestFailure(text, retriable=True)
        return b"".join(chunks)

    def _session(self, url: str) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            connection = read_connection(url)
            session = requests.Session()
            session.verify = connection.bundle or True
            session.auth = self._auth
            session.headers["User-Agent"] = self._options.user_agent
            session.headers["Accept"] = "application/json"
            # AntBuddy's documents send it with a GET, too; eTelecom rejects any other type.
            session.headers["Content-Type"] = "application/json"
            session.trust_env = not is_loopback(url)
            session.mount("https://", HTTPAdapter(max_retries=0))
            session.mount("http://", HTTPAdapter(max_retries=0))
            self._local.session = session
            self._local.connection = connection
        return session

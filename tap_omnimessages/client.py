"""Talking HTTP to one API: requests, retries, pacing, and errors that give nothing away."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from typing_extensions import override

from tap_omnimessages.addresses import is_loopback
from tap_omnimessages.errors import ApiError, StoppedError
from tap_omnimessages.failures import Failure, describe_exception, http_date, judge_status
from tap_omnimessages.pace import Pace
from tap_omnimessages.retries import ApiProfile, Retries

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_omnimessages.traffic import Traffic

logger = logging.getLogger("tap-omnimessages")

# It writes whole addresses, queries included, into its messages.
logging.getLogger("urllib3").setLevel(logging.ERROR)

T = TypeVar("T")

# An answer beyond this is no page of messages; it would only fill the memory.
MAX_BODY_BYTES = 256 * 1024 * 1024
_CHUNK_BYTES = 1024 * 1024
# The header counts whole seconds, and answers take their time.
CLOCK_TOLERANCE = timedelta(seconds=90)
_EARLIEST_DATE = datetime(2020, 1, 1, tzinfo=UTC)


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


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """How patiently to talk, and under which name.

    Attributes:
        timeout_seconds: How long one answer may take, from its request to its last byte.
        retry_seconds: How long one request may be tried again before the run ends.
        concurrency: How many requests may be under way at the same time.
        user_agent: The User-Agent header.
    """

    timeout_seconds: float
    retry_seconds: float
    concurrency: int
    user_agent: str


class ApiClient:
    """Calls one API and gives parsed answers, or an `ApiError` with one sentence.

    Redirects are not followed, since the key would travel to whatever host they name.
    """

    def __init__(
        self, profile: ApiProfile, auth: HeaderAuth, key: str, options: HttpOptions
    ) -> None:
        self._profile = profile
        self._auth = auth
        self._options = options
        self._retries = Retries(profile, key, options.retry_seconds)
        self._pace = Pace(options.concurrency)
        self._local = threading.local()
        self._clock = threading.Lock()
        self.clock_lag = timedelta()
        self._smallest_lag: timedelta | None = None

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
            parse: Turns a body into the answer; raises `Failure` for one that is none.
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
                with self._pace.turn() as asked_at:
                    answer = parse(self._send(method, url, params, json))
            except Failure as failure:
                if self._pace.is_closed:
                    raise StoppedError from None
                if tries is not None and attempt + 1 >= tries:
                    raise ApiError(failure.text) from None
                spent_seconds += time.monotonic() - asked_at
                delay = self._retries.delay_or_raise(failure, target, attempt, spent_seconds)
                spent_seconds += delay
                if failure.is_about_rate:
                    self._pace.slow_down(asked_at)
                self._pace.hold(delay)
                attempt += 1
            else:
                self._retries.has_answered = True
                self._pace.speed_up()
                return answer

    @property
    def traffic(self) -> Traffic:
        """What talking has cost so far."""
        return self._pace.traffic

    def close(self) -> None:
        """Give up the requests that wait for their turn; those under way end by themselves."""
        self._pace.close()

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
        except Failure:
            raise
        except Exception as error:  # noqa: BLE001 - urllib3's own errors escape from `raw` too
            raise describe_exception(error, url, self._options.timeout_seconds) from None
        failure = judge_status(response, body, self._profile.retriable_codes)
        if failure is not None:
            raise failure
        # A gateway that answers in the API's place has a clock of its own.
        self._compare_clocks(response)
        return body

    def _compare_clocks(self, response: requests.Response) -> None:
        """Learn how far the API's clock is behind this machine's, from its Date header (E13)."""
        moment = http_date(response.headers.get("Date", ""))
        if moment is None or moment < _EARLIEST_DATE:
            return
        lag = datetime.now(UTC) - moment
        with self._clock:
            # One wrong header must not hold the bookmark back: the smallest lag counts.
            self._smallest_lag = lag if self._smallest_lag is None else min(lag, self._smallest_lag)
            told = bool(self.clock_lag)
            is_behind = self._smallest_lag >= CLOCK_TOLERANCE
            self.clock_lag = self._smallest_lag if is_behind else timedelta()
        if is_behind and not told:
            logger.warning(
                "The clock of %s is %s behind this machine's: bookmarks follow the API's.",
                self._profile.name,
                timedelta(seconds=round(lag.total_seconds())),
            )

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        chunks: list[bytes] = []
        size = 0
        # `read1` returns with what has come, so that an answer which trickles meets its deadline.
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_BODY_BYTES:
                text = f"the answer passes {MAX_BODY_BYTES // 2**20} MiB"
                raise Failure(text, retriable=False)
            if time.monotonic() > deadline:
                text = f"the answer was not whole after {self._options.timeout_seconds:g} s"
                raise Failure(text, retriable=True)
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

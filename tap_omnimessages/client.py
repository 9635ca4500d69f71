"""Talking HTTP to one API: requests, retries, pacing, and errors that give nothing away."""

from __future__ import annotations

import logging
import random
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from typing_extensions import override

from tap_omnimessages.errors import ApiError, RefusedError
from tap_omnimessages.failures import (
    Failure,
    clean_words,
    describe_exception,
    http_date,
    judge_status,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

logger = logging.getLogger("tap-omnimessages")

# It writes whole addresses, queries included, into its messages.
logging.getLogger("urllib3").setLevel(logging.ERROR)

T = TypeVar("T")

# An answer beyond this is no page of messages; it would only fill the memory.
MAX_BODY_BYTES = 256 * 1024 * 1024
_CHUNK_BYTES = 1024 * 1024
_FIRST_BACKOFF_SECONDS = 0.5
_LONGEST_BACKOFF_SECONDS = 60.0
# An API that has never answered is more likely misconfigured than ill: say so soon.
_FIRST_ANSWER_SECONDS = 60.0
_FIRST_ANSWER_TRIES = 2
_QUIET_WAIT_SECONDS = 2.0
_SECRET_LENGTH = 6
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
class ApiProfile:
    """What a client must know of the API it talks to.

    Attributes:
        name: The API's name in messages.
        key_setting: The setting that holds its key.
        url_setting: The setting that holds its base URL.
        retriable_codes: Error codes that are a matter of time, whatever their HTTP status.
        needs_path: Whether its base URL is more than a host.
    """

    name: str
    key_setting: str
    url_setting: str
    retriable_codes: frozenset[str] = frozenset()
    needs_path: bool = False


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """How patiently to talk, and under which name.

    Attributes:
        timeout_seconds: How long one answer may take, from its request to its last byte.
        retry_seconds: How long one request may be tried again before the run ends.
        user_agent: The User-Agent header.
    """

    timeout_seconds: float
    retry_seconds: float
    user_agent: str


class Pace:
    """What all workers of one API share: the moment before which none of them may ask."""

    def __init__(self) -> None:
        self._free_at = 0.0
        self._lock = threading.Lock()

    def hold(self, seconds: float) -> None:
        """Keep every worker from asking for this long."""
        with self._lock:
            self._free_at = max(self._free_at, time.monotonic() + seconds)

    def wait(self) -> None:
        """Wait until asking is allowed."""
        while (seconds := self._free_at - time.monotonic()) > 0:
            time.sleep(seconds)


class ApiClient:
    """Calls one API and gives parsed answers, or an `ApiError` with one sentence.

    Redirects are not followed, since the key would travel to whatever host they name.
    """

    def __init__(
        self, profile: ApiProfile, auth: HeaderAuth, key: str, options: HttpOptions
    ) -> None:
        self._profile = profile
        self._auth = auth
        # A key's parts are secret too: eTelecom's have an id, a colon and a secret.
        self._secrets = [key, *(part for part in key.split(":") if len(part) >= _SECRET_LENGTH)]
        self._options = options
        self._pace = Pace()
        self._local = threading.local()
        self._answered = False
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
        """
        target = f"{method} {urlsplit(url).path}"
        started = time.monotonic()
        attempt = 0
        while True:
            self._pace.wait()
            try:
                answer = parse(self._send(method, url, params, json))
            except Failure as failure:
                if tries is not None and attempt + 1 >= tries:
                    raise ApiError(failure.text) from None
                self._retry_or_raise(failure, target, attempt, time.monotonic() - started)
                attempt += 1
            else:
                self._answered = True
                return answer

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
                self._compare_clocks(response)
                body = self._read(response, deadline)
        except Failure:
            raise
        except Exception as error:  # noqa: BLE001 - urllib3's own errors escape from `raw` too
            raise describe_exception(error, url, self._options.timeout_seconds) from None
        failure = judge_status(response, body, self._profile.retriable_codes)
        if failure is not None:
            raise failure
        return body

    def _compare_clocks(self, response: requests.Response) -> None:
        """Learn how far the API's clock is behind this machine's, from its Date header (E13)."""
        moment = http_date(response.headers.get("Date", ""))
        if moment is None or moment < _EARLIEST_DATE:
            return
        lag = datetime.now(UTC) - moment
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

    def _retry_or_raise(
        self, failure: Failure, target: str, attempt: int, elapsed_seconds: float
    ) -> None:
        words = clean_words(failure.words, self._secrets)
        reason = f"{failure.text} ({words})" if words else failure.text
        where = f"{self._profile.name}, {target}"
        if failure.status in {401, 403} and not failure.retriable:
            setting = self._profile.key_setting
            msg = f"{where}: the key was refused ({reason}). Check the setting {setting}."
            raise ApiError(msg)
        hint = f" {failure.hint.format(url_setting=self._profile.url_setting)}".rstrip()
        if not failure.retriable:
            msg = f"{where}: {reason}.{hint}"
            if failure.refused:
                raise RefusedError(msg, is_about_address=bool(hint))
            raise ApiError(msg)
        delay = failure.retry_after_seconds
        if delay is None:
            longest = min(_FIRST_BACKOFF_SECONDS * 2**attempt, _LONGEST_BACKOFF_SECONDS)
            delay = random.uniform(0, longest)  # noqa: S311 - spreads clients, guards nothing
        budget, source = self._options.retry_seconds, "max_retry_seconds"
        is_silent = failure.no_answer and not self._answered and attempt >= _FIRST_ANSWER_TRIES
        if is_silent and budget > _FIRST_ANSWER_SECONDS:
            budget, source = _FIRST_ANSWER_SECONDS, "the time for a first answer"
        if elapsed_seconds + delay > budget:
            asked = failure.retry_after_seconds
            wait = f", and it asks to wait {asked:.0f} s" if asked is not None else ""
            msg = (
                f"{where}: {reason}; given up after {attempt + 1} tries in "
                f"{elapsed_seconds:.0f} s{wait} ({source} is {budget:g} s).{hint}"
            )
            raise ApiError(msg)
        is_long = elapsed_seconds + delay >= _QUIET_WAIT_SECONDS
        level = logging.WARNING if is_long else logging.DEBUG
        logger.log(level, "%s: %s; trying again in %.1f s.", where, reason, delay)
        self._pace.hold(delay)


def is_loopback(url: str) -> bool:
    """Tell whether a URL's host is this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

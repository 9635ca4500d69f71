"""Classify failed requests: what happened, and whether a retry may help.

Codes such as E20 are explained in docs/api-notes.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from urllib3 import HTTPResponse
from urllib3 import exceptions as urllib3_errors

from tap_omnimessages.http.server_clock import http_date
from tap_omnimessages.http.urls import is_loopback
from tap_omnimessages.json_repair import looks_like_json
from tap_omnimessages.lenient_json import decode_row

if TYPE_CHECKING:
    from collections.abc import Iterator

_RETRIABLE_STATUSES = {408, 429}
_STATUSES_WITHOUT_BODY = {204, 205}
_KEY_STATUSES = {401, 403}
# eTelecom refuses a used-up quota with 403 (E20).
_RATE_STATUSES = {403, 429}
_CHECK_URL = "Check the setting {url_setting}."
_CHECK_NETWORK = "Check the network and the setting {url_setting}."
_CHECK_PROXY = (
    "Check the proxy that the environment variable {variable} names, or list the host in NO_PROXY; "
    "then the network and the setting {url_setting}."
)
_NAME_CERTIFICATES = (
    "If your company's own authority signed the certificate, set REQUESTS_CA_BUNDLE to a file with "
    "its certificate."
)
_CHECK_THIS_MACHINE = (
    "Nothing listens there on this machine: start it (the sandbox?), or correct the setting "
    "{url_setting}."
)
_ENCODINGS = {"", "identity", *HTTPResponse.CONTENT_DECODERS}
_HINTS = {404: _CHECK_URL, 405: _CHECK_URL}
_CHECK_FIREWALL = (
    "A web page came instead of the API's own response, as from a firewall or a proxy: check the "
    "network and the setting {url_setting}."
)


@dataclass
class RequestFailure(Exception):  # noqa: N818 - not an error yet: most failures are retried
    """A request without a usable response.

    Attributes:
        text: What happened, in the tap's own words.
        api_message: What the API wrote; show it only after `redact`.
        retriable: Whether the same request may succeed later.
        status: The HTTP status; None where there was no response.
        retry_after_seconds: How long the API asks to wait; None where it does not say.
        hint: What the user can do; `{url_setting}` stands for the name of the setting.
        no_response: Whether the API itself did not respond (no connection, an HTML page).
        local_port_closed: Whether the API is on this machine, and nothing listens there.
        may_mean_no_rows: Whether the API may say in its own way that there are no rows.
        is_broken: Whether the response is JSON that cannot be read. A retry may help only as long
            as something else comes.
    """

    text: str
    retriable: bool
    api_message: str = ""
    status: int | None = None
    retry_after_seconds: float | None = None
    hint: str = ""
    no_response: bool = False
    local_port_closed: bool = False
    may_mean_no_rows: bool = False
    is_broken: bool = False

    @property
    def is_rate_limited(self) -> bool:
        """Whether the API got too many requests, whichever way it says so."""
        return self.retriable and (
            self.status in _RATE_STATUSES or self.retry_after_seconds is not None
        )

    @property
    def is_about_key(self) -> bool:
        """Whether the API refused the key; a page of a firewall says nothing about it."""
        return self.status in _KEY_STATUSES and not self.retriable and not self.no_response

    @property
    def signature(self) -> tuple[str, str]:
        """What the same response of the API looks like another time."""
        return self.text, self.api_message

    @property
    def refused(self) -> bool:
        """Whether the API understood the request and refused it."""
        return self.status is not None and 400 <= self.status < 500  # noqa: PLR2004


def classify_status(
    response: requests.Response, body: bytes, retriable_codes: frozenset[str]
) -> RequestFailure | None:
    """Classify an HTTP status.

    Args:
        response: The response, its body read already.
        body: That body.
        retriable_codes: Codes in an error body that pass with time, such as eTelecom's
            `resource_exhausted`, which comes with 403 (E20).

    Returns:
        None for any 2xx that may have a body, else the failure. 408, 429 and 5xx except 501 are
        retriable.
    """
    status = response.status_code
    if status in _STATUSES_WITHOUT_BODY:
        return RequestFailure(f"HTTP {status}", retriable=False, may_mean_no_rows=True)
    if 200 <= status < 300:  # noqa: PLR2004
        return None
    code, message = error_fields(body)
    if 300 <= status < 400:  # noqa: PLR2004
        host = _host(response.headers.get("Location", ""))
        text = f"the response redirects to {host}, which the tap does not follow ({status})"
        return RequestFailure(text, retriable=False, status=status, hint=_CHECK_URL)
    retriable = (
        status in _RETRIABLE_STATUSES
        or (status == requests.codes.conflict and not code)
        or (status >= 500 and status != requests.codes.not_implemented)  # noqa: PLR2004
        or code in retriable_codes
    )
    is_page = status in _KEY_STATUSES and body.lstrip()[:1] == b"<"
    return RequestFailure(
        f"HTTP {status}",
        retriable=retriable,
        api_message=": ".join(part for part in (code, message) if part),
        status=status,
        retry_after_seconds=_retry_after(response) if retriable else None,
        hint=_CHECK_FIREWALL if is_page else _HINTS.get(status, ""),
        no_response=is_page,
        may_mean_no_rows=status == requests.codes.not_found and _is_json(body),
    )


def _is_json(body: bytes) -> bool:
    try:
        return isinstance(decode_row(body), dict | list)
    except ValueError:
        return False


def error_fields(body: bytes) -> tuple[str, str]:
    """Return the code and the message of an error body.

    Returns:
        Two texts as the API wrote them; empty where the body has none.
    """
    try:
        content = decode_row(body)
    except ValueError:
        return "", ""
    if not isinstance(content, dict):
        return "", ""
    return (
        _text(content.get("code")),
        _text(content.get("msg") or content.get("message") or content.get("error")),
    )


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _retry_after(response: requests.Response) -> float | None:
    """Parse Retry-After: seconds, or a date that counts from the API's own clock."""
    value = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return float(value) or None
    moment = http_date(value)
    if moment is None:
        return None
    now = http_date(response.headers.get("Date", "")) or datetime.now(UTC)
    seconds = (moment - now).total_seconds()
    return seconds if seconds > 0 else None


def describe_exception(
    error: Exception,
    url: str,
    timeout_seconds: float,
    *,
    status: int | None = None,
    proxy_variable: str | None = None,
) -> RequestFailure:
    """Build the failure for what `requests` or `urllib3` raised.

    Args:
        error: The exception; its own text may contain the whole URL and is not shown.
        url: The URL.
        timeout_seconds: The timeout of the request.
        status: The HTTP status, if it came before the exception.
        proxy_variable: The environment variable that names the proxy; None without a proxy.

    Returns:
        A retriable failure, except for an invalid certificate, URL or header.
    """
    parts = urlsplit(url)
    host = parts.hostname or "the address"
    if parts.port:
        host = f"{host}:{parts.port}"
    causes = list(_causes(error))
    for kind, text, retriable in _EXCEPTIONS:
        if any(isinstance(cause, kind) for cause in causes):
            # An SSL error may be a broken connection; only a faulty certificate stays.
            if kind is requests.exceptions.SSLError and "CERTIFICATE" not in str(error).upper():
                continue
            described = text.format(host=host, seconds=timeout_seconds)
            local_port_closed = kind is ConnectionRefusedError and is_loopback(url)
            hint = _CHECK_THIS_MACHINE if local_port_closed else _hint(kind, proxy_variable)
            return RequestFailure(
                described,
                retriable,
                hint=hint,
                no_response=True,
                local_port_closed=local_port_closed,
                is_broken=kind is urllib3_errors.DecodeError and status == requests.codes.ok,
            )
    text = f"no response from {host}"
    hint = _hint(type(error), proxy_variable)
    return RequestFailure(text, retriable=True, hint=hint, no_response=True)


def _hint(kind: type[BaseException], proxy_variable: str | None) -> str:
    if kind is requests.exceptions.SSLError:
        return f"{_CHECK_NETWORK} {_NAME_CERTIFICATES}"
    if proxy_variable is None:
        return _CHECK_NETWORK
    return _CHECK_PROXY.replace("{variable}", proxy_variable)


def describe_encoding(encoding: str, body: bytes) -> RequestFailure | None:
    """Build the failure for a body that is compressed in a way that the tap cannot read.

    Args:
        encoding: The header `Content-Encoding`.
        body: The body. Some servers name an encoding that they do not use.

    Returns:
        None for a body that can be read.
    """
    names = [name.strip().lower() for name in encoding.split(",")]
    unknown = [name for name in names if name not in _ENCODINGS]
    if not unknown or looks_like_json(body):
        return None
    # The header may hold anything.
    name = unknown[0] if re.fullmatch(r"[a-z0-9-]{1,12}", unknown[0]) else "something unknown"
    text = f"the response is compressed with {name}, which the tap did not ask for and cannot read"
    return RequestFailure(text, retriable=True, hint=_CHECK_NETWORK, is_broken=True)


_EXCEPTIONS: tuple[tuple[type[BaseException], str, bool], ...] = (
    (requests.exceptions.SSLError, "the TLS certificate of {host} is not valid", False),
    (requests.exceptions.InvalidURL, "the base URL is not a valid address", False),
    (requests.exceptions.InvalidSchema, "the base URL is not a valid address", False),
    (requests.exceptions.MissingSchema, "the base URL is not a valid address", False),
    (requests.exceptions.InvalidHeader, "the API key cannot be sent in a header", False),
    (requests.exceptions.ProxyError, "the proxy does not connect to {host}", True),
    (urllib3_errors.NameResolutionError, "the host name {host} cannot be resolved", True),
    (ConnectionRefusedError, "{host} refuses the connection", True),
    (requests.exceptions.ConnectTimeout, "no connection to {host} within {seconds:g} s", True),
    (requests.exceptions.ReadTimeout, "no response from {host} within {seconds:g} s", True),
    (urllib3_errors.ReadTimeoutError, "no response from {host} within {seconds:g} s", True),
    (urllib3_errors.IncompleteRead, "the response from {host} was cut off", True),
    (ConnectionResetError, "{host} reset the connection", True),
    (urllib3_errors.ProtocolError, "the response from {host} was cut off", True),
    (urllib3_errors.DecodeError, "the response from {host} could not be decompressed", True),
    (requests.exceptions.ConnectionError, "the connection to {host} broke", True),
)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and its causes; `requests` keeps urllib3's reason in its arguments."""
    pending: list[object] = [error]
    seen: set[int] = set()
    while pending:
        cause = pending.pop()
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        pending += [cause.__cause__, cause.__context__, getattr(cause, "reason", None)]
        pending += cause.args


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "another path"
    except ValueError:
        return "an invalid address"

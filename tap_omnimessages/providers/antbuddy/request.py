"""Build the requests of AntBuddy's `GET /messages`.

Codes such as A1 are explained in docs/api-notes.md.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal, get_args

from tap_omnimessages.extract.windows import Window
from tap_omnimessages.http.client import HeaderAuth, HttpClient, Request
from tap_omnimessages.http.options import ProviderInfo
from tap_omnimessages.timestamps import (
    epoch_milliseconds,
    epoch_seconds,
    round_down,
    round_up,
)

if TYPE_CHECKING:
    from datetime import datetime

    from tap_omnimessages.http.options import HttpOptions
    from tap_omnimessages.http.response_log import ResponseLog

INFO = ProviderInfo("AntBuddy")

TimeFormat = Literal["iso8601", "epoch_ms", "epoch_s"]
TIME_FORMATS: tuple[TimeFormat, ...] = get_args(TimeFormat)

# Bounds may be exclusive (A9), so neighbouring windows overlap by one unit at both ends.
_MILLISECOND = timedelta(milliseconds=1)
_SECOND = timedelta(seconds=1)


def open_client(key: str, options: HttpOptions, log: ResponseLog | None = None) -> HttpClient:
    """Open the client that sends the requests; `log` records the responses."""
    return HttpClient(INFO, HeaderAuth("apikey", key), key, options, log)


def page_url(base_url: str) -> str:
    """Return the address of the pages."""
    return f"{base_url.rstrip('/')}/messages"


def overlapping(window: Window, time_format: TimeFormat) -> Window:
    """Return the window that a request names, so that neighbours overlap at both ends (A9)."""
    # Whole seconds cut what milliseconds keep.
    unit = _SECOND if time_format == "epoch_s" else _MILLISECOND
    return Window(round_down(window.start, unit) - unit, round_up(window.end, unit) + unit)


def bounded_request(
    url: str, window: Window, offset: int, limit: int, time_format: TimeFormat
) -> Request:
    """Return the request for a page.

    Args:
        url: The address of the pages.
        window: The bounds as they are sent, cut to the precision of the format.
        offset: The `offset`.
        limit: The `limit`.
        time_format: How the bounds are written (A1).
    """
    params = {
        "limit": limit,
        "offset": offset,
        "created_from": _format(window.start, time_format),
        "created_to": _format(window.end, time_format),
    }
    return Request("GET", url, params)


def page_request(
    url: str, window: Window, offset: int, limit: int, time_format: TimeFormat
) -> Request:
    """Return the request for a page of a window, which overlaps its neighbours."""
    return bounded_request(url, overlapping(window, time_format), offset, limit, time_format)


def _format(moment: datetime, time_format: TimeFormat) -> str | int:
    if time_format == "epoch_ms":
        return epoch_milliseconds(moment)
    if time_format == "epoch_s":
        return epoch_seconds(moment)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

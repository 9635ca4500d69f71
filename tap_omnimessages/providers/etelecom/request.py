"""Build the requests of eTelecom's `POST ….Zalo/ListMessages`.

Codes such as E7 are explained in docs/api-notes.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_omnimessages.extract.windows import Window
from tap_omnimessages.http.client import HeaderAuth, HttpClient, Request
from tap_omnimessages.http.options import ProviderInfo
from tap_omnimessages.timestamps import round_down, round_up

if TYPE_CHECKING:
    from tap_omnimessages.http.options import HttpOptions
    from tap_omnimessages.http.response_log import ResponseLog

# The API refuses a used-up quota with 403 and a conflict with 409; both pass with time (E20, E21).
INFO = ProviderInfo(
    "eTelecom",
    retriable_codes=frozenset({"resource_exhausted", "aborted"}),
    # The method is joined with a dot, which would make a bare host another one.
    needs_path=True,
)

_SECOND = timedelta(seconds=1)


def open_client(key: str, options: HttpOptions, log: ResponseLog | None = None) -> HttpClient:
    """Open the client that sends the requests; `log` records the responses."""
    return HttpClient(INFO, HeaderAuth("Authorization", f"Bearer {key}"), key, options, log)


def page_url(base_url: str) -> str:
    """Return the address of the pages.

    Shops, partners and white labels differ in their base; a dot joins it to the method.
    """
    return f"{base_url.rstrip('/.')}.Zalo/ListMessages"


def overlapping(window: Window) -> Window:
    """Return the window that a request names, so that neighbours overlap at both ends.

    Times are printed in seconds and kept in microseconds, and bounds may be exclusive (E7).
    """
    return Window(
        round_down(window.start, _SECOND) - _SECOND, round_up(window.end, _SECOND) + _SECOND
    )


def page_request(url: str, window: Window, time_type: str, cursor: str, limit: int) -> Request:
    """Return the request for a page of a window, which overlaps its neighbours."""
    asked = overlapping(window)
    filters = {
        "date_from": format_bound(asked.start),
        "date_to": format_bound(asked.end),
        "time_type": time_type,
    }
    return list_request(url, filters, paging(limit, cursor))


def list_request(url: str, filters: dict[str, Any], paging: dict[str, Any]) -> Request:
    """Return a request with any filter and paging."""
    return Request("POST", url, json={"filter": filters, "paging": paging})


def paging(limit: int, cursor: str = "") -> dict[str, Any]:
    """Return the paging of a request; an empty cursor means the first page (E3)."""
    return {"limit": limit, "after": cursor} if cursor else {"limit": limit}


def format_bound(moment: datetime, timespec: str = "seconds") -> str:
    """Format a bound of a window; `timespec` as `datetime.isoformat` takes it."""
    return moment.isoformat(timespec=timespec).replace("+00:00", "Z")

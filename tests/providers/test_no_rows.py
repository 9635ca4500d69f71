"""An API says "no rows" in many ways; a fault that looks the same is no empty window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.odd_servers import (
    Body,
    Response,
    in_window,
    notifications,
    notifications_page,
    read_antbuddy,
    read_etelecom,
    sessions,
    sessions_page,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support import Extraction

# Nothing before 8 March and nothing for a week after the 15th.
SESSIONS = [
    s
    for s in sessions()
    if not (s["createdAt"] < "2026-03-08" or "2026-03-15" < s["createdAt"] < "2026-03-22")
]
ROWS = [
    n
    for n in notifications()
    if not (n["updated_at"] < "2026-03-08" or "2026-03-15" < n["updated_at"] < "2026-03-22")
]
KEYS = {
    "antbuddy_sessions": {s["sessionId"] for s in SESSIONS},
    "etelecom_zns_messages": {n["id"] for n in ROWS},
}
STREAM = {"antbuddy": "antbuddy_sessions", "etelecom": "etelecom_zns_messages"}

NO_ROWS: dict[str, Response] = {
    "204": (204, b""),
    "404": (404, {"success": False, "message": "No messages in this time"}),
    "data list": (200, {"success": True, "data": []}),
    "data null": (200, {"success": True, "data": None}),
    "empty object": (200, {}),
    "null": (200, b"null"),
    "list": (200, b"[]"),
    "kind words": (200, {"status": "success", "message": "No data found.", "data": []}),
}


def sessions_of(query: Body) -> list[dict[str, Any]]:
    return in_window(SESSIONS, "createdAt", query["created_from"], query["created_to"])


def rows_of(body: Body) -> list[dict[str, Any]]:
    if body["filter"]["time_type"] != "updated_time":
        return []
    return in_window(ROWS, "updated_at", body["filter"]["date_from"], body["filter"]["date_to"])


def read(
    provider: str, otherwise: Callable[[int], Response | None], **changes: Any
) -> tuple[Extraction, int]:
    """Read an API whose n-th request without rows gets another response."""
    asked: list[Body] = []

    def respond(request: Body) -> Response:
        asked.append(request)
        rows = sessions_of(request) if provider == "antbuddy" else rows_of(request)
        odd = otherwise(len(asked))
        if odd is not None and not rows:
            return odd
        if provider == "antbuddy":
            return 200, sessions_page(rows, request)
        return 200, notifications_page(rows, request)

    settings = {f"{provider}_window_days": 2, "max_concurrency": 1, **changes}
    run = (read_antbuddy if provider == "antbuddy" else read_etelecom)(respond, **settings)
    return run, len(asked)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("provider", STREAM)
@pytest.mark.parametrize("response", NO_ROWS.values(), ids=NO_ROWS)
def test_no_rows_are_an_empty_page_however_the_api_says_it(
    provider: str, response: Response
) -> None:
    run, requests = read(provider, lambda _: response)
    assert run.error is None
    assert set(run.table(STREAM[provider])) == KEYS[STREAM[provider]]
    _, usual = read(provider, lambda _: None)
    assert requests <= 2.5 * usual


# `success` beside a null list is AntBuddy's documented page without rows (A15).
PAIRS = [(p, n) for p in STREAM for n in NO_ROWS if (p, n) != ("antbuddy", "data null")]


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(("provider", "name"), PAIRS)
def test_no_rows_from_an_api_that_has_shown_none_are_no_empty_history(
    provider: str, name: str
) -> None:
    """A wrong address answers the same: what is so for every request is believed for none."""

    def respond(_: Body) -> Response:
        return NO_ROWS[name]

    run = (read_antbuddy if provider == "antbuddy" else read_etelecom)(respond, max_retry_seconds=1)
    assert run.error is not None
    assert not run.bookmark(STREAM[provider])


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("provider", STREAM)
@pytest.mark.parametrize("response", [NO_ROWS["404"], NO_ROWS["empty object"]], ids=["404", "{}"])
def test_an_api_that_begins_to_say_no_rows_to_everything_ends_the_run(
    provider: str, response: Response
) -> None:
    asked: list[Body] = []

    def respond(request: Body) -> Response:
        asked.append(request)
        if len(asked) > 14:
            return response
        if provider == "antbuddy":
            return 200, sessions_page(sessions_of(request), request)
        return 200, notifications_page(rows_of(request), request)

    settings = {f"{provider}_window_days": 2, "max_concurrency": 1, "max_retry_seconds": 1}
    run = (read_antbuddy if provider == "antbuddy" else read_etelecom)(respond, **settings)
    assert run.error is not None
    mark = run.bookmark(STREAM[provider])["replication_key_value"]
    missing = KEYS[STREAM[provider]] - set(run.table(STREAM[provider]))
    times = {s["sessionId"]: s["createdAt"] for s in SESSIONS} | {
        n["id"]: n["updated_at"] for n in ROWS
    }
    assert all(times[key] >= mark[:19] for key in missing)

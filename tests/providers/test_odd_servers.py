"""APIs that contradict or misunderstand: a run is complete, or stops before what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from omnimessages_sandbox import Sandbox
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
from tests.outcomes import read_under
from tests.support import NOW, extract, fixed, only

if TYPE_CHECKING:
    from tests.support import Extraction

ALL = sessions()
ROWS = notifications()


def found(query: Body) -> list[dict[str, Any]]:
    return in_window(ALL, "createdAt", query["created_from"], query["created_to"])


def rows_in(body: Body) -> list[dict[str, Any]]:
    bounds = body["filter"]["date_from"], body["filter"]["date_to"]
    field = {"updated_time": "updated_at"}.get(body["filter"]["time_type"])
    return in_window(ROWS, field, *bounds) if field else []


def assert_complete(run: Extraction) -> None:
    assert run.error is None
    assert set(run.table("antbuddy_sessions")) == {f"s{n}" for n in range(len(ALL))}


def assert_stopped(run: Extraction, words: str, stream: str = "antbuddy_messages") -> None:
    assert words in str(run.error)
    assert not run.bookmark(stream)


TROUBLE: list[Body] = [
    {"message": "upstream request failed"},
    {"error": "shard unavailable"},
    {"errors": ["a shard did not answer"]},
    {"statusCode": 429},
    {"timed_out": True},
]


@pytest.mark.parametrize("trouble", TROUBLE, ids=lambda trouble: next(iter(trouble)))
def test_an_empty_list_beside_a_word_of_trouble_in_data_is_no_empty_window(trouble: Body) -> None:
    def respond(query: Body) -> tuple[int, Body]:
        body = sessions_page([], query)
        body["data"] |= trouble
        return 200, body

    assert_stopped(read_antbuddy(respond), "reports")


@pytest.mark.parametrize(
    "said", ["OK", "Success", "No data found.", "Get messages successfully", ""]
)
def test_a_kind_word_beside_an_empty_list_is_no_trouble(said: str) -> None:
    run = read_antbuddy(lambda query: (200, {**sessions_page([], query), "message": said}))
    assert run.error is None


@pytest.mark.parametrize(
    "beside",
    [
        {"code": 1},
        {"code": "00"},
        {"success": 200},
        {"success": "Yes"},
        {"error": None, "errors": [], "errorCode": 0, "message": "Fetched 90 sessions"},
    ],
    ids=str,
)
def test_usual_fields_beside_a_list_are_no_trouble(beside: Body) -> None:
    assert_complete(read_antbuddy(lambda query: (200, sessions_page(found(query), query) | beside)))


def test_the_name_of_a_field_that_reports_trouble_shows_no_phone_number() -> None:
    body = {"error of +84 900 000 000": True}
    run = read_antbuddy(lambda query: (200, sessions_page([], query) | body))
    assert_stopped(run, "`error of [number]`")


@pytest.mark.parametrize(
    ("provider", "value", "rows"),
    [
        ("antbuddy", "null_messages", "messages"),
        ("antbuddy", "null_rows", "sessions"),
        ("etelecom", "null_rows", "notifications"),
    ],
)
def test_nulls_are_skipped_and_counted(
    caplog: pytest.LogCaptureFixture, provider: str, value: str, rows: str
) -> None:
    outcome = read_under(provider, {}, **{f"{provider}_oddity": value})
    assert outcome.run.error is None
    assert not outcome.missing
    assert f"{rows} were null instead of an object, and were skipped" in caplog.text


def test_short_first_sessions_do_not_teach_the_wrong_unit_of_offset() -> None:
    rows = [{**row, "messages": row["messages"][: 1 if n < 30 else 2]} for n, row in enumerate(ALL)]
    with Sandbox(world=fixed(rows), now=NOW) as sandbox:
        run = extract(only(sandbox, "antbuddy", antbuddy_page_size=10, max_concurrency=1))
        requests = len(sandbox.requests)
    assert_complete(run)
    assert requests <= 2 * len(ALL) / 10 + 8


def test_an_empty_page_behind_a_cursor_with_a_word_of_trouble_is_not_the_end() -> None:
    def respond(body: Body) -> tuple[int, Body]:
        page = notifications_page(rows_in(body), body)
        if body["paging"].get("after"):
            return 200, {"messages": [], "paging": {}, "message": "internal timeout"}
        return 200, page

    assert_stopped(read_etelecom(respond), "reports", "etelecom_zns_messages")


def test_an_audit_finds_rows_that_a_page_size_hides() -> None:
    """Rows vanish at random whatever the window, but not from small pages: no rule covers that."""

    def respond(query: Body) -> tuple[int, Body]:
        rows = found(query)
        if int(query["limit"]) == 10:
            rows = [row for row in rows if int(row["sessionId"][1:]) % 2]
        return 200, sessions_page(rows, query)

    run = read_antbuddy(respond, antbuddy_window_days=31)
    assert_stopped(run, "an audit with another request showed")


@pytest.mark.parametrize("every", [2, 3])
def test_an_empty_page_that_no_page_announced_is_asked_for_once_more(every: int) -> None:
    asked: set[str] = set()

    def respond(query: Body) -> Response:
        key = str(sorted(query.items()))
        is_new = key not in asked and int(query["offset"]) > 0
        asked.add(key)
        slips = is_new and len(asked) % every == 0
        return 200, sessions_page([] if slips else found(query), query)

    assert_complete(read_antbuddy(respond, antbuddy_window_days=10))


@pytest.mark.parametrize("every", [1, 2, 3])
def test_an_empty_page_behind_a_cursor_is_asked_for_once_more(every: int) -> None:
    asked: list[str] = []

    def respond(body: Body) -> Response:
        after = str(body["paging"].get("after"))
        slips = after != "None" and (str(body) not in asked) and len(asked) % every == 0
        asked.append(str(body))
        if slips:
            return 200, {"messages": [], "paging": {"next": "", "after": after}}
        return 200, notifications_page(rows_in(body), body)

    run = read_etelecom(respond, etelecom_window_days=10)
    assert run.error is None
    assert len(run.table("etelecom_zns_messages")) == len(ROWS)


def test_a_stop_names_bounds_of_whole_days_as_its_cause() -> None:
    rows = [
        {**row, "createdAt": f"2026-03-05T0{n // 60}:{n % 60:02}:00Z"} for n, row in enumerate(ALL)
    ]

    def respond(query: Body) -> Response:
        start, end = query["created_from"][:10], f"{query['created_to'][:10]}T23:59:59.999Z"
        shown = in_window(rows, "createdAt", f"{start}T00:00:00Z", end)[:40]
        return 200, sessions_page(shown, query)

    assert_stopped(read_antbuddy(respond), "as if the API filtered by whole days")


def test_a_stop_names_the_page_size_where_one_moment_fills_a_page() -> None:
    same = [{**row, "createdAt": "2026-03-05T05:05:05.005Z"} for row in ALL]

    def respond(query: Body) -> Response:
        bounds = query["created_from"], query["created_to"]
        rows = in_window(same, "createdAt", *bounds)[:10]
        if int(query["offset"]):
            return 400, {"success": False, "message": "result window is too large"}
        return 200, sessions_page(rows, query)

    assert_stopped(read_antbuddy(respond), "a larger antbuddy_page_size shows them")


@pytest.mark.parametrize("cap", [12, 22, 28])
def test_a_window_that_was_believed_is_read_again_when_a_later_one_shows_its_cap(cap: int) -> None:
    """In the first window of a run, a cap on a single page looks like a number of rows."""

    def respond(query: Body) -> Response:
        return 200, sessions_page(found(query)[:cap], query)

    assert_complete(read_antbuddy(respond, antbuddy_page_size=100, antbuddy_window_days=10))


@pytest.mark.parametrize("cap", [12, 22, 28])
def test_a_window_of_etelecom_that_was_believed_is_read_again_too(cap: int) -> None:
    def respond(body: Body) -> Response:
        return 200, notifications_page(rows_in(body)[:cap], body) | {"paging": {"next": ""}}

    run = read_etelecom(respond, etelecom_page_size=100, etelecom_window_days=10)
    assert run.error is None
    assert len(run.table("etelecom_zns_messages")) == len(ROWS)


@pytest.mark.parametrize(("pages_per_audit", "audits"), [(0, 0), (10, 1), (1, 3)])
def test_a_setting_turns_audits_down_or_off(
    pages_per_audit: int, audits: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    sizes: list[int] = []

    def respond(query: Body) -> Response:
        sizes.append(int(query["limit"]))
        return 200, sessions_page(found(query), query)

    settings = {"antbuddy_page_size": 100, "antbuddy_window_days": 10}
    assert_complete(read_antbuddy(respond, **settings, pages_per_audit=pages_per_audit))
    assert sizes.count(66) == audits
    assert ("were audited" in caplog.text) == bool(audits)

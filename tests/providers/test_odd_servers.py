"""APIs that contradict or misunderstand: a run is complete, or stops before what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from omnimessages_sandbox import Sandbox
from tests.odd_servers import (
    Body,
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
        pytest.param(
            "antbuddy",
            "null_rows",
            "sessions",
            marks=pytest.mark.xfail(strict=True, reason="Null sessions are skipped uncounted."),
        ),
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
    assert_stopped(run, "an audit with another page size showed")

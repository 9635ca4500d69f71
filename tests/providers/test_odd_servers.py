"""APIs that contradict or misunderstand: a run is complete, or stops before what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_omnimessages.timestamps import parse_time
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


@pytest.mark.parametrize("cap", [20, 37, 50])
@pytest.mark.parametrize("behind", ["empty", "last page", "refused"])
def test_rows_behind_a_cap_that_total_hides_are_read_through_smaller_windows(
    cap: int, behind: str
) -> None:
    def respond(query: Body) -> tuple[int, Body]:
        rows = found(query)[:cap]
        if int(query["offset"]) >= len(rows) and behind == "refused" and rows:
            return 400, {"success": False, "message": "result window is too large"}
        if int(query["offset"]) >= len(rows) and behind == "last page":
            query = query | {"offset": str(max(0, len(rows) - int(query["limit"])))}
        return 200, sessions_page(rows, query)

    assert_complete(read_antbuddy(respond, max_retry_seconds=1))


@pytest.mark.parametrize("total", [0, None])
def test_a_limit_that_the_api_answers_with_an_empty_list_is_named_with_one_that_works(
    total: int | None,
) -> None:
    def respond(query: Body) -> tuple[int, Body]:
        if int(query["limit"]) > 50:
            body = sessions_page([], query, total=len(found(query)) if total is None else total)
        else:
            body = sessions_page(found(query), query)
        return 200, body

    run = read_antbuddy(respond, antbuddy_page_size=100)
    assert_stopped(run, "Set antbuddy_page_size to 50.")
    assert_complete(read_antbuddy(respond, antbuddy_page_size=50))


def newest_days(query: Body) -> tuple[int, Body]:
    return 200, sessions_page(ALL[-15:], query)


def bounds_ignored(query: Body) -> tuple[int, Body]:
    return 200, sessions_page(ALL, query)


def cached_without_bounds() -> Callable[[Body], tuple[int, Body]]:
    cache: dict[tuple[str, str], Body] = {}

    def respond(query: Body) -> tuple[int, Body]:
        key = query["limit"], query["offset"]
        return 200, cache.setdefault(key, sessions_page(found(query), query))

    return respond


@pytest.mark.parametrize(
    "respond",
    [newest_days, bounds_ignored, cached_without_bounds()],
    ids=["newest days", "bounds ignored", "cached without bounds"],
)
def test_bounds_that_the_api_does_not_understand_are_no_empty_or_whole_history(
    respond: Callable[[Body], tuple[int, Body]],
) -> None:
    run = read_antbuddy(respond, antbuddy_window_days=5)
    assert run.error is not None
    assert "created_from" in str(run.error)
    # What was read before the error is all that lies before the bookmark.
    read = {record["session_id"] for record in run.records("antbuddy_messages")}
    missing = {f"s{n}" for n in range(len(ALL))} - read
    mark = parse_time(run.bookmark("antbuddy_messages").get("replication_key_value"))
    for row in ALL:
        began = parse_time(row["createdAt"])
        assert mark is None or row["sessionId"] not in missing or (began and began >= mark)


@pytest.mark.parametrize("otherwise", ["refused", "empty"])
def test_epoch_seconds_are_found_and_advised(otherwise: str) -> None:
    def respond(query: Body) -> tuple[int, Body]:
        if not (query["created_from"].isdecimal() and len(query["created_from"]) == 10):
            if otherwise == "refused":
                return 400, {"success": False, "message": "created_from must be a timestamp"}
            return 200, sessions_page([], query)
        bounds = int(query["created_from"]), int(query["created_to"])
        return 200, sessions_page(in_window(ALL, "createdAt", *bounds), query)

    assert_stopped(read_antbuddy(respond), "Set antbuddy_time_format to epoch_s.")
    assert_complete(read_antbuddy(respond, antbuddy_time_format="epoch_s"))


TROUBLE: list[Body] = [
    {"message": "upstream request failed"},
    {"error": "shard unavailable"},
    {"errors": ["a shard did not answer"]},
    {"statusCode": 429},
    {"success": "partial"},
    {"timed_out": True},
]


@pytest.mark.parametrize("trouble", TROUBLE, ids=lambda trouble: next(iter(trouble)))
@pytest.mark.parametrize("nested", [False, True], ids=["outside", "in data"])
def test_an_empty_list_beside_a_word_of_trouble_is_no_empty_window(
    trouble: Body, *, nested: bool
) -> None:
    def respond(query: Body) -> tuple[int, Body]:
        body = sessions_page([], query)
        if nested and "success" not in trouble:
            body["data"] |= trouble
        else:
            body |= trouble
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


def test_half_a_page_that_says_so_is_not_taken_for_the_whole() -> None:
    def respond(query: Body) -> tuple[int, Body]:
        return 200, {**sessions_page(found(query)[:7], query), "timed_out": True}

    assert_stopped(read_antbuddy(respond), "reports trouble in its field `timed_out`")


def test_null_among_messages_and_sessions_is_skipped_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def respond(query: Body) -> tuple[int, Body]:
        rows = [{**row, "messages": [None, *row["messages"]]} for row in found(query)]
        return 200, sessions_page(rows, query)

    run = read_antbuddy(respond)
    assert_complete(run)
    assert len(run.table("antbuddy_messages")) == 2 * len(ALL)
    assert "messages were null instead of an object, and were skipped" in caplog.text


def test_short_first_sessions_do_not_teach_the_wrong_unit_of_offset() -> None:
    asked: list[Body] = []
    rows = [{**row, "messages": row["messages"][: 1 if n < 30 else 2]} for n, row in enumerate(ALL)]

    def respond(query: Body) -> tuple[int, Body]:
        asked.append(query)
        bounds = query["created_from"], query["created_to"]
        return 200, sessions_page(in_window(rows, "createdAt", *bounds), query)

    assert_complete(read_antbuddy(respond))
    assert len(asked) <= 2 * len(ALL) / 10 + 8


@pytest.mark.parametrize("cap", [20, 23, 37])
def test_a_query_that_never_shows_more_than_some_rows_is_read_through_smaller_windows(
    cap: int,
) -> None:
    run = read_etelecom(lambda body: (200, notifications_page(rows_in(body)[:cap], body)))
    assert run.error is None
    assert len(run.table("etelecom_zns_messages")) == len(ROWS)


def test_a_limit_that_etelecom_answers_with_an_empty_list_is_named_with_one_that_works() -> None:
    def respond(body: Body) -> tuple[int, Body]:
        return 200, notifications_page([] if body["paging"]["limit"] > 50 else rows_in(body), body)

    run = read_etelecom(respond, etelecom_page_size=100)
    assert_stopped(run, "Set etelecom_page_size to 50.", "etelecom_zns_messages")


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

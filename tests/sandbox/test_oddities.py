"""The odd behaviours of both APIs, each as a client sees it."""

from __future__ import annotations

from typing import Any

import pytest

from omnimessages_sandbox import ApiVariants, Sandbox
from omnimessages_sandbox.times import parse_time
from tests.sandbox.client import (
    NOW,
    START,
    all_notifications,
    all_sessions,
    get_messages,
    ids,
    list_messages,
    list_page,
    session_page,
    total,
)

APIS = pytest.mark.parametrize("api", ["antbuddy", "etelecom"])


def behave(sandbox: Sandbox, value: str, *apis: str) -> None:
    """Make the APIs behave oddly, and forget what they did before."""
    sandbox.variants = ApiVariants.from_dict(
        {f"{api}_oddity": value for api in apis or ("antbuddy",)}
    )


def body(sandbox: Sandbox, api: str, limit: int = 10, **window: Any) -> dict[str, Any]:
    """Return the first page's body."""
    if api == "antbuddy":
        content: dict[str, Any] = get_messages(sandbox, limit=limit, **window).json()
        return content
    return list_page(sandbox, limit=limit, **window)


def rows(content: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        content["data"]["sessions"] if "data" in content else content["messages"]
    )
    return found


def days(api: str, start: str, end: str) -> dict[str, Any]:
    names = ("created_from", "created_to") if api == "antbuddy" else ("date_from", "date_to")
    return dict(zip(names, (start, end), strict=True))


def times(api: str, content: dict[str, Any]) -> list[int]:
    name = "createdAt" if api == "antbuddy" else "updated_at"
    return sorted(parse_time(row[name]) for row in rows(content))


def test_a_cap_ends_a_query_and_its_total(sandbox: Sandbox) -> None:
    usual = session_page(sandbox, limit=1000), all_notifications(sandbox)
    behave(sandbox, "cap:23", "antbuddy", "etelecom")
    assert ids(all_sessions(sandbox, limit=10)) == ids(usual[0][:23])
    assert total(sandbox) == 23
    assert ids(all_notifications(sandbox, limit=10)) == ids(usual[1][:23])


def test_behind_a_cap_the_last_page_comes_again(sandbox: Sandbox) -> None:
    usual = ids(session_page(sandbox, limit=1000))
    behave(sandbox, "cap_repeats:23", "antbuddy", "etelecom")
    for offset in (23, 33):
        assert ids(session_page(sandbox, limit=10, offset=offset)) == usual[13:23]
    last = list_page(sandbox, limit=100)
    again = list_page(sandbox, limit=10, after=last["paging"]["next"])
    assert ids(again["messages"]) == ids(last["messages"])[13:]


def test_behind_a_cap_a_request_is_refused(sandbox: Sandbox) -> None:
    behave(sandbox, "cap_refuses:23", "antbuddy", "etelecom")
    assert get_messages(sandbox, offset=22).status_code == 200
    assert get_messages(sandbox, offset=23).status_code == 400
    following = list_page(sandbox)["paging"]["next"]
    behind = list_page(sandbox, after=following)
    assert len(behind["messages"]) == 10
    after = list_page(sandbox, after=behind["paging"]["next"])["paging"]["next"]
    assert list_messages(sandbox, paging={"after": after}).status_code == 400
    # A window that the cap does not reach ends as usual.
    small: dict[str, Any] = {"created_to": "2026-01-01T12:00:00Z", "offset": 99}
    assert get_messages(sandbox, **small).json()["data"]["sessions"] == []


def test_a_limit_above_a_maximum_gets_an_empty_list(sandbox: Sandbox) -> None:
    usual = total(sandbox)
    behave(sandbox, "limit_above:20", "antbuddy", "etelecom")
    assert len(session_page(sandbox, limit=20)) == 20
    assert session_page(sandbox, limit=21) == []
    assert total(sandbox, limit=21) == usual
    assert len(list_page(sandbox, limit=20)["messages"]) == 20
    empty = list_page(sandbox, limit=21)
    assert (empty["messages"], empty["paging"]["next"]) == ([], "")
    behave(sandbox, "limit_above_total_0:20")
    assert total(sandbox, limit=21) == 0


@APIS
def test_bounds_can_be_misunderstood(sandbox: Sandbox, api: str) -> None:
    window = days(api, "2026-01-10T06:00:00Z", "2026-01-11T04:00:00Z")

    def shown(value: str) -> list[int]:
        behave(sandbox, value, api)
        return times(api, body(sandbox, api, 100, **window))

    start, end = (parse_time(time) for time in window.values())
    assert all(start <= time <= end for time in shown(""))
    newest = shown("newest_days:2")
    assert parse_time("2026-01-30T00:00:00Z") <= newest[0] < newest[-1] <= parse_time(NOW)
    everything = shown("window_ignored")
    behave(sandbox, "", api)
    assert everything == times(api, body(sandbox, api, 100, **days(api, START, NOW)))
    whole = shown("whole_days")
    assert parse_time("2026-01-10T00:00:00Z") <= whole[0] < start
    assert end < whole[-1] <= parse_time("2026-01-12T00:00:00Z")
    assert len(shown("whole_days_cap:3")) == 3
    dates = shown("dates_only")
    assert whole[0] == dates[0]
    assert dates[-1] <= parse_time("2026-01-11T00:00:00Z")


@APIS
def test_a_cache_may_ignore_the_window(sandbox: Sandbox, api: str) -> None:
    behave(sandbox, "cache_without_window", api)
    first = body(sandbox, api, **days(api, "2026-01-10T00:00:00Z", "2026-01-11T00:00:00Z"))
    later = days(api, "2026-01-20T00:00:00Z", "2026-01-21T00:00:00Z")
    assert body(sandbox, api, **later) == first
    assert body(sandbox, api, 11, **later) != first


@APIS
@pytest.mark.parametrize(
    ("name", "trouble"),
    [
        ("message", {"message": "upstream request failed"}),
        ("error", {"error": "shard unavailable"}),
        ("errors", {"errors": ["a shard did not answer"]}),
        ("status", {"statusCode": 429}),
    ],
)
def test_every_nth_request_gets_an_empty_list_beside_trouble(
    sandbox: Sandbox, api: str, name: str, trouble: dict[str, Any]
) -> None:
    behave(sandbox, f"trouble_{name}:3", api)
    pages = [body(sandbox, api) for _ in range(6)]
    assert [len(rows(page)) for page in pages] == [10, 10, 0, 10, 10, 0]
    assert [trouble.items() <= page.items() for page in pages] == [False, False, True] * 2


@APIS
@pytest.mark.parametrize(
    ("value", "trouble"),
    [("half_partial:2", {"success": "partial"}), ("half_timed_out:2", {"timed_out": True})],
)
def test_every_nth_request_gets_half_a_page_that_says_so(
    sandbox: Sandbox, api: str, value: str, trouble: dict[str, Any]
) -> None:
    behave(sandbox, value, api)
    whole, half = body(sandbox, api), body(sandbox, api)
    assert rows(half) == rows(whole)[:5]
    assert trouble.items() <= half.items()


@APIS
def test_the_second_page_of_a_window_is_empty_once(sandbox: Sandbox, api: str) -> None:
    behave(sandbox, "empty_page_once", api)
    first = body(sandbox, api)
    place: dict[str, Any] = (
        {"offset": 10} if api == "antbuddy" else {"after": first["paging"]["next"]}
    )
    found = [len(rows(body(sandbox, api, **place))) for _ in range(3)]
    assert found == [0, 10, 10]


@APIS
def test_nulls_stand_among_rows_and_messages(sandbox: Sandbox, api: str) -> None:
    usual = rows(body(sandbox, api))
    behave(sandbox, "null_rows", api)
    assert rows(body(sandbox, api)) == [None, *usual]
    if api == "antbuddy":
        behave(sandbox, "null_messages", api)
        assert rows(body(sandbox, api))[0]["messages"] == [None, *usual[0]["messages"]]


@APIS
@pytest.mark.parametrize(
    ("value", "status", "content"),
    [
        ("no_rows_204", 204, b""),
        ("no_rows_404", 404, b'{"success":false,"message":"No messages in this time"}'),
        ("no_rows_data_list", 200, b'{"success":true,"data":[]}'),
        ("no_rows_data_null", 200, b'{"success":true,"data":null}'),
        ("no_rows_object", 200, b"{}"),
    ],
)
def test_no_rows_can_be_said_in_other_words(
    sandbox: Sandbox, api: str, value: str, status: int, content: bytes
) -> None:
    behave(sandbox, value, api)
    before = days(api, "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z")
    fetch = get_messages if api == "antbuddy" else list_messages
    response = fetch(sandbox, **before)
    assert (response.status_code, response.content) == (status, content)
    assert rows(body(sandbox, api))


def test_half_of_the_rows_can_be_hidden_from_every_request(sandbox: Sandbox) -> None:
    usual = session_page(sandbox, limit=1000), all_notifications(sandbox)
    behave(sandbox, "half_hidden", "antbuddy", "etelecom")
    for every, found in zip(
        usual, (session_page(sandbox, limit=1000), all_notifications(sandbox, 7)), strict=True
    ):
        assert set(ids(found)) < set(ids(every))
        assert 0.4 < len(found) / len(every) < 0.6


@pytest.mark.parametrize("otherwise", ["", "_else_empty"])
def test_bounds_can_be_epoch_seconds_only(sandbox: Sandbox, otherwise: str) -> None:
    usual = session_page(sandbox, limit=1000)
    sandbox.variants = ApiVariants.from_pairs([f"antbuddy_times=epoch_s{otherwise}"])
    for unit, expected in ((1, len(usual)), (1000, 0)):
        bounds = [parse_time(text) // 1_000_000 * unit for text in (START, NOW)]
        response = get_messages(sandbox, limit=1000, created_from=bounds[0], created_to=bounds[1])
        assert response.status_code == (200 if expected or otherwise else 400)
        assert len((response.json().get("data") or {"sessions": []})["sessions"]) == expected

"""AntBuddy's `/messages` speaks the documented format, and each switch does what it says."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from omnimessages_sandbox import ApiVariants, FixedWorld, Sandbox
from tests.sandbox.asking import (
    NOW,
    START,
    TIMEOUT,
    all_sessions,
    get_messages,
    ids,
    session_page,
    total,
)
from tests.sandbox.records import session

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLE = json.loads(
    (Path(__file__).parents[1] / "samples" / "antbuddy_messages.json").read_text("utf-8")
)


def read(sandbox: Sandbox, **variants: Any) -> dict[str, Any]:
    sandbox.variants = ApiVariants(**variants)
    return session_page(sandbox)[0]


def test_the_sample_answer_of_the_page_comes_out_field_for_field() -> None:
    with Sandbox(world=FixedWorld(SAMPLE["data"]["sessions"]), now=NOW) as sandbox:
        answer = get_messages(sandbox, created_from="2025-12-01T00:00:00.000Z")
        assert answer.json() == SAMPLE
        assert list(answer.json()["data"]["sessions"][0]) == list(SAMPLE["data"]["sessions"][0])
        assert answer.headers["Content-Type"].startswith("application/json")


def test_pages_join_to_the_window_in_ascending_order(sandbox: Sandbox) -> None:
    found = all_sessions(sandbox, limit=37)
    assert len(found) == len(set(ids(found))) == total(sandbox, limit=1)
    assert [each["createdAt"] for each in found] == sorted(each["createdAt"] for each in found)


def test_a_limit_above_a_hundred_is_followed_and_an_absent_one_is_twenty(sandbox: Sandbox) -> None:
    assert len(session_page(sandbox, limit=150)) == 150
    assert len(session_page(sandbox, limit=None)) == 20


def test_epoch_and_iso_bounds_mean_the_same_and_are_inclusive(one_session: Sandbox) -> None:
    ms = 1767571200000
    for first, last in ((ms, ms), ("2026-01-05T07:00:00+07:00", "2026-01-05T00:00:00.000Z")):
        assert total(one_session, created_from=first, created_to=last) == 1
    assert total(one_session, created_from=ms + 1) == 0
    assert total(one_session, created_to=ms - 1) == 0


@pytest.mark.parametrize(
    "params",
    [
        {"created_from": None},
        {"created_to": None},
        {"created_from": "yesterday"},
        {"limit": "ten"},
        {"limit": 0},
        {"offset": -1},
    ],
)
def test_a_bad_request_is_refused_in_the_envelope(sandbox: Sandbox, params: Any) -> None:
    answer = get_messages(sandbox, **params)
    assert answer.status_code == 400
    assert answer.json()["success"] is False
    assert answer.json()["message"]


def test_only_the_right_key_is_accepted_when_there_is_one() -> None:
    with Sandbox(world=FixedWorld(), now=NOW, antbuddy_key="right") as sandbox:
        assert sandbox.settings()["antbuddy_api_key"] == "right"
        assert get_messages(sandbox, key="right").status_code == 200
        assert get_messages(sandbox, key="wrong").status_code == 401
        assert get_messages(sandbox, key="").json() == {"success": False, "message": "Unauthorized"}


def test_another_path_is_not_found(sandbox: Sandbox) -> None:
    answer = requests.get(
        sandbox.settings()["antbuddy_base_url"] + "/contacts",
        headers={"apikey": "any"},
        timeout=TIMEOUT,
    )
    assert answer.status_code == 404


def test_one_session_can_be_asked_for(sandbox: Sandbox) -> None:
    wanted = session_page(sandbox)[5]
    assert session_page(sandbox, sessionId=wanted["sessionId"]) == [wanted]


def test_paging_by_messages_splits_sessions_and_loses_none(sandbox: Sandbox) -> None:
    whole = [m["_id"] for each in session_page(sandbox, limit=1000) for m in each["messages"]]
    sandbox.variants = ApiVariants(antbuddy_limit_unit="messages")
    found: list[str] = []
    pages = []
    while page := session_page(sandbox, limit=10, offset=len(found)):
        shown = [message["_id"] for each in page for message in each["messages"]]
        assert len(shown) <= 10
        assert all(each["messageCount"] == len(each["messages"]) for each in page)
        found += shown
        pages.append(ids(page))
    assert found == whole
    assert any(a[-1] == b[0] for a, b in itertools.pairwise(pages))


def test_an_offset_may_count_pages_or_be_ignored(sandbox: Sandbox) -> None:
    every = ids(session_page(sandbox, limit=1000))
    sandbox.variants = ApiVariants(antbuddy_offset="page_index")
    assert ids(session_page(sandbox, limit=10, offset=2)) == every[20:30]
    sandbox.variants = ApiVariants(antbuddy_offset="ignored")
    assert ids(session_page(sandbox, limit=10, offset=2)) == every[:10]


def test_a_page_cap_is_silent_or_refuses(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(antbuddy_page_cap=7)
    assert len(session_page(sandbox, limit=100)) == 7
    sandbox.variants = ApiVariants(antbuddy_page_cap=7, antbuddy_page_cap_refuses=True)
    assert get_messages(sandbox, limit=8).status_code == 400
    assert len(session_page(sandbox, limit=7)) == 7


def test_total_counts_what_it_is_told_to(sandbox: Sandbox) -> None:
    window = {"created_to": "2026-01-10T00:00:00Z", "limit": 5}
    sessions = session_page(sandbox, **{**window, "limit": 1000})
    expected = {
        "sessions": len(sessions),
        "messages": sum(len(each["messages"]) for each in sessions),
        "page": 5,
        "account": len(list(sandbox.world.sessions(NOW))),
        "missing": None,
        "capped:10": 10,
    }
    for reading, count in expected.items():
        sandbox.variants = ApiVariants(antbuddy_total=reading)
        assert total(sandbox, **window) == count, reading


def test_sessions_come_in_the_order_they_are_told_to(sandbox: Sandbox) -> None:
    every = session_page(sandbox, limit=1000)
    sandbox.variants = ApiVariants(antbuddy_order="descending")
    assert all_sessions(sandbox) == every[::-1]
    sandbox.variants = ApiVariants(antbuddy_order="last_message")
    last = [each["messages"][-1]["created_time"] for each in all_sessions(sandbox)]
    assert last == sorted(last, reverse=True)
    sandbox.variants = ApiVariants(antbuddy_order="shuffled")
    mixed = all_sessions(sandbox, limit=50)
    assert ids(mixed) != ids(every)
    assert sorted(ids(mixed)) == sorted(ids(every))


def test_the_window_is_about_starts_or_about_messages(one_session: Sandbox) -> None:
    window = {"created_from": "2026-01-08T00:00:00Z", "created_to": "2026-01-15T00:00:00Z"}
    lengths = {}
    for reading in ("session_start", "message_time", "message_time_split"):
        one_session.variants = ApiVariants(antbuddy_filter=reading)
        found = session_page(one_session, **window)
        lengths[reading] = [len(each["messages"]) for each in found]
    assert lengths == {"session_start": [], "message_time": [3], "message_time_split": [1]}


def test_bounds_may_exclude(one_session: Sandbox) -> None:
    ms = 1767571200000
    found = {}
    for reading in ("inclusive", "exclusive", "from_inclusive"):
        one_session.variants = ApiVariants(antbuddy_bounds=reading)
        found[reading] = (
            total(one_session, created_from=ms),
            total(one_session, created_to=ms),
        )
    assert found == {"inclusive": (1, 1), "exclusive": (0, 0), "from_inclusive": (1, 0)}


def test_a_window_may_be_too_long(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(antbuddy_longest_window_days=31)
    assert get_messages(sandbox).status_code == 200
    assert get_messages(sandbox, created_to="2026-02-01T00:00:00.001Z").status_code == 400


def test_bounds_may_have_to_be_in_one_form(sandbox: Sandbox) -> None:
    ms: dict[str, Any] = {"created_from": 1767225600000, "created_to": 1767571200000}
    for reading, iso_status, ms_status in (("iso", 200, 400), ("epoch_ms", 400, 200)):
        sandbox.variants = ApiVariants.from_pairs([f"antbuddy_times={reading}"])
        assert get_messages(sandbox).status_code == iso_status
        assert get_messages(sandbox, **ms).status_code == ms_status


def test_bounds_in_another_form_may_be_answered_with_an_empty_list(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(antbuddy_times="epoch_ms_else_empty")
    assert get_messages(sandbox).json()["data"] == {"sessions": [], "total": 0}
    ms: dict[str, Any] = {"created_from": 1767225600000, "created_to": 1767571200000}
    assert get_messages(sandbox, **ms).json()["data"]["sessions"]


def test_success_may_be_one_or_missing(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(antbuddy_success=1)
    assert get_messages(sandbox).text.startswith('{"success":1,')
    sandbox.variants = ApiVariants(antbuddy_success="missing")
    assert "success" not in get_messages(sandbox).json()


def test_an_empty_page_may_have_no_list(sandbox: Sandbox) -> None:
    seen = {}
    for reading in ("list", "null", "no_data"):
        sandbox.variants = ApiVariants(antbuddy_empty=reading)
        seen[reading] = get_messages(sandbox, offset=10**6).json().get("data")
    assert seen["list"]["sessions"] == []
    assert seen["null"]["sessions"] is None
    assert seen["no_data"] is None


FORMATS: list[tuple[str, Any, Callable[[dict[str, Any]], bool]]] = [
    ("antbuddy_created_at", "epoch_s", lambda s: s["createdAt"] == 1767571200),
    ("antbuddy_created_at", "iso", lambda s: s["createdAt"] == "2026-01-05T00:00:00.000Z"),
    (
        "antbuddy_created_at",
        "iso_offset",
        lambda s: s["createdAt"] == "2026-01-05T07:00:00.000+07:00",
    ),
    (
        "antbuddy_message_times",
        "epoch_ms",
        lambda s: s["messages"][0]["created_time"] == 1767571200000,
    ),
    (
        "antbuddy_message_times",
        "iso_offset",
        lambda s: s["messages"][0]["created_time"].endswith("+07:00"),
    ),
    (
        "antbuddy_ids",
        "numbers",
        lambda s: s["conversationId"] == int("1234567890" * 3 + "12345678"),
    ),
    ("antbuddy_ids", "numbers", lambda s: s["sessionId"] == "s1"),
    ("antbuddy_lead_id", "string", lambda s: s["leadId"] == "7"),
    ("antbuddy_lead_id", "null", lambda s: s["leadId"] is None),
    ("antbuddy_lead_id", "missing", lambda s: "leadId" not in s),
    ("antbuddy_zero_times", 0, lambda s: s["messages"][0]["doneAt"] == 0),
    ("antbuddy_zero_times", "", lambda s: s["messages"][0]["pinnedAt"] == ""),
    (
        "antbuddy_zero_times",
        "0001-01-01T00:00:00Z",
        lambda s: s["messages"][0]["doneAt"].startswith("0001"),
    ),
    ("antbuddy_null_lists", "null", lambda s: s["messages"][0]["attachments"] is None),
    ("antbuddy_null_lists", "missing", lambda s: "shares" not in s["messages"][0]),
    ("antbuddy_attachments", "list", lambda s: s["messages"][0]["attachments"] == []),
    ("antbuddy_attachments", "text", lambda s: s["messages"][0]["attachments"] == '{"data":[]}'),
    ("antbuddy_agent_text", "msginfo", lambda s: "location" not in s["messages"][0]),
    ("antbuddy_agent_text", "message", lambda s: s["messages"][0]["message"] == "Dạ"),
    ("antbuddy_outbound_flag", "true_direction", lambda s: s["messages"][0]["isOutboundMessage"]),
    ("antbuddy_message_id", "missing", lambda s: "messageId" not in s["messages"][0]),
    (
        "antbuddy_message_id",
        "repeating",
        lambda s: s["messages"][0]["messageId"] == s["messages"][1]["messageId"],
    ),
    ("antbuddy_message_count", "larger", lambda s: s["messageCount"] == 5),
    ("antbuddy_message_order", "descending", lambda s: s["messages"][0]["_id"] == "s1-2"),
    ("antbuddy_unknown_fields", True, lambda s: "reactions" in s["messages"][0] and "tags" in s),
]


@pytest.mark.parametrize(("name", "value", "holds"), FORMATS)
def test_a_format_switch_does_what_it_says(
    one_session: Sandbox, name: str, value: Any, holds: Callable[[dict[str, Any]], bool]
) -> None:
    documented = read(one_session)
    changed = read(one_session, **{name: value})
    assert holds(changed)
    assert changed != documented


def test_a_raw_record_is_left_alone_by_the_format_switches() -> None:
    record = session("s1", START)
    with Sandbox(
        world=FixedWorld([record], raw=True),
        now=NOW,
        variants=ApiVariants(antbuddy_ids="numbers", antbuddy_created_at="iso"),
    ) as sandbox:
        assert session_page(sandbox) == [record]


def test_a_session_may_count_all_its_messages_on_a_page_with_some(one_session: Sandbox) -> None:
    one_session.variants = ApiVariants(
        antbuddy_limit_unit="messages", antbuddy_message_count="session"
    )
    (part,) = session_page(one_session, limit=2)
    assert (len(part["messages"]), part["messageCount"]) == (2, 3)


def test_a_lag_hides_what_happened_just_now(sandbox: Sandbox) -> None:
    before = total(sandbox)
    sandbox.variants = ApiVariants(antbuddy_lag_seconds=86_400)
    assert total(sandbox) < before


def test_a_served_session_is_deleted_while_being_paged(sandbox: Sandbox) -> None:
    every = ids(session_page(sandbox, limit=1000))
    sandbox.variants = ApiVariants(antbuddy_churn="delete:1*1")
    first = ids(session_page(sandbox, limit=10))
    (gone,) = sandbox.churned["antbuddy"].deleted
    assert gone in first
    assert ids(session_page(sandbox, limit=10, offset=10)) == every[11:21]
    assert total(sandbox) == len(every) - 1


def test_a_session_is_inserted_among_the_served(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(antbuddy_churn="insert:2*1")
    for _ in range(2):
        assert sandbox.churned["antbuddy"].inserted == set()
        first = ids(session_page(sandbox, limit=10))
    (new,) = sandbox.churned["antbuddy"].inserted
    assert new in ids(session_page(sandbox, limit=12))
    assert ids(session_page(sandbox, limit=10, offset=10))[0] == first[-1]


def test_a_session_gets_a_message_while_being_paged(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(antbuddy_churn="change:1*1")
    before = {each["sessionId"]: each for each in session_page(sandbox, limit=1000)}
    after = {each["sessionId"]: each for each in session_page(sandbox, limit=1000)}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == sandbox.churned["antbuddy"].changed
    (name,) = changed
    assert after[name]["messageCount"] == before[name]["messageCount"] + 1

"""Worlds: the generated one depends on seed and time alone, the fixed one shows its records."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnimessages_sandbox import FixedWorld, GeneratedWorld, Sandbox
from tests.profiles import examples
from tests.sandbox.client import NOW, START, all_notifications, all_sessions, ids, session_page
from tests.sandbox.records import session


def small(seed: int = 7) -> GeneratedWorld:
    return GeneratedWorld(seed=seed, start=START, sessions_per_day=10, notifications_per_day=12)


def everything(world: GeneratedWorld, now: str) -> tuple[list[Any], list[Any]]:
    return list(world.sessions(now)), list(world.notifications(now))


@settings(max_examples=examples(15), deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=4), st.integers(1, 40))
def test_earlier_calls_change_nothing(before: list[int], day: int) -> None:
    used, fresh = small(), small()
    for earlier in before:
        everything(used, f"2026-{1 + earlier // 29:02d}-{1 + earlier % 28:02d}T03:00:00Z")
    now = f"2026-{1 + day // 29:02d}-{1 + day % 28:02d}T11:30:00Z"
    assert everything(used, now) == everything(fresh, now)


def test_another_seed_is_another_world() -> None:
    assert everything(small(1), NOW) != everything(small(2), NOW)


def test_ids_are_unique_and_nothing_is_in_the_future(world: GeneratedWorld) -> None:
    sessions, notifications = everything(world, NOW)
    messages = [message for each in sessions for message in each["messages"]]
    for names in (
        [each["sessionId"] for each in sessions],
        [each["_id"] for each in messages],
        [each["id"] for each in notifications],
    ):
        assert len(names) == len(set(names)) > 200
    assert max(each["created_time"] for each in messages) < NOW
    assert max(each["updated_at"] for each in notifications) <= NOW
    assert min(each["created_at"] for each in notifications) >= START


def test_the_average_day_has_the_configured_number_of_records(world: GeneratedWorld) -> None:
    sessions, notifications = everything(world, NOW)
    assert 8 < len(sessions) / 31 < 12
    assert 10 < len(notifications) / 31 < 14


def test_a_session_starts_with_its_first_message_and_counts_them(world: GeneratedWorld) -> None:
    for each in world.sessions(NOW):
        first = datetime.fromisoformat(each["messages"][0]["created_time"])
        assert each["createdAt"] == round(first.timestamp() * 1000)
        assert each["messageCount"] == len(each["messages"])
        person = each["conversationId"].removeprefix(each["pageId"])
        assert each["messages"][0]["from"] == person


def test_sessions_get_late_messages_and_are_closed_within_a_week(world: GeneratedWorld) -> None:
    early = {each["sessionId"]: each for each in world.sessions("2026-01-10T00:00:00Z")}
    late = {each["sessionId"]: each for each in world.sessions(NOW)}
    assert any(len(late[name]["messages"]) > len(each["messages"]) for name, each in early.items())
    closed = [each for each in late.values() if "doneAt" in each["messages"][-1]]
    assert len(closed) > len(late) / 2
    for each in closed:
        last = each["messages"][-1]
        assert last["__v"] >= 1
        assert last["pin"] is False
        assert each["createdAt"] < last["doneAt"] < each["createdAt"] + 7 * 86_400_000


def test_a_conversation_holds_several_sessions_never_two_at_once(world: GeneratedWorld) -> None:
    spans: dict[str, list[tuple[int, str]]] = {}
    for each in world.sessions(NOW):
        spans.setdefault(each["conversationId"], []).append((each["createdAt"], each["sessionId"]))
    assert max(map(len, spans.values())) > 2
    for held in spans.values():
        starts = sorted(start for start, _ in held)
        assert all(b - a > 7 * 86_400_000 for a, b in itertools.pairwise(starts))


def test_an_agents_reply_has_its_text_where_the_api_page_shows_it(world: GeneratedWorld) -> None:
    messages = [message for each in world.sessions(NOW) for message in each["messages"]]
    replies = [message for message in messages if message["from"] == message["pageId"]]
    assert replies
    for reply in replies:
        assert "message" not in reply
        assert reply["msginfo"] == reply["location"]
    assert {"ZALO", "FACEBOOK"} <= {message["channel"] for message in messages}
    zalo = {len(each["conversationId"]) for each in messages if each["channel"] == "ZALO"}
    assert zalo == {38}


def test_notifications_go_through_every_state(world: GeneratedWorld) -> None:
    rows = list(world.notifications(NOW))
    states = Counter((row["status"], row["delivery_status"]) for row in rows)
    assert {("N", "unknown"), ("P", "unknown"), ("P", "received"), ("P", "seen")} <= set(states)
    assert any(row["error_code"] == -118 for row in rows)
    rated = [row for row in rows if row["submit_time"]]
    assert rated
    assert all(row["rate"] in range(1, 6) and row["feedback"] for row in rated)
    journeys = [row for row in rows if row["type"] == "journey" and row["is_charged"]]
    assert any(row["updated_at"][:10] > row["delivery_time"][:10] for row in journeys)


def test_phone_numbers_are_visibly_invented(world: GeneratedWorld) -> None:
    assert all(row["phone"].startswith("84000") for row in world.notifications(NOW))


def test_a_window_of_a_far_day_draws_only_the_days_it_needs() -> None:
    world = GeneratedWorld(start="1990-01-01T00:00:00Z", sessions_per_day=5)
    drawn = list(world.session_lives(1_767_225_600_000_000, 1_767_225_600_000_000))
    assert 0 < len(drawn) < 12


def test_given_records_appear_and_disappear_at_their_times() -> None:
    late = {"_visible_from": "2026-01-10T00:00:00Z", "_visible_until": "2026-01-12T00:00:00Z"}
    record = session("s1", "2026-01-05T00:00:00Z", "2026-01-05T01:00:00Z")
    record["messages"][1] |= {"_visible_from": "2026-01-11T00:00:00Z"}
    world = FixedWorld([{**record, **late}], [{"id": "7", **late}])
    assert not list(world.sessions("2026-01-09T00:00:00Z"))
    (before,) = world.sessions("2026-01-10T00:00:00Z")
    (after,) = world.sessions("2026-01-11T00:00:00Z")
    assert (before["messageCount"], after["messageCount"]) == (1, 2)
    assert "_visible_from" not in str(after)
    assert list(world.notifications("2026-01-11T00:00:00Z")) == [{"id": "7"}]
    assert not list(world.notifications("2026-01-12T00:00:00Z"))


@pytest.mark.parametrize("odd", ["text", 7, None, [], {"createdAt": "nonsense"}])
def test_raw_records_are_served_as_they_are(odd: Any) -> None:
    with Sandbox(world=FixedWorld([odd], raw=True), now=NOW) as sandbox:
        assert session_page(sandbox) == [odd]


def test_the_apis_serve_exactly_the_world(sandbox: Sandbox) -> None:
    assert all_sessions(sandbox) == list(sandbox.world.sessions(sandbox.now))
    served = {row["id"]: row for row in all_notifications(sandbox)}
    assert served == {row["id"]: row for row in sandbox.world.notifications(sandbox.now)}


def test_moving_the_clock_changes_what_a_window_holds(sandbox: Sandbox) -> None:
    until = "2026-02-10T00:00:00Z"
    before = all_sessions(sandbox, created_to=until)
    sandbox.advance(hours=12)
    after = all_sessions(sandbox, created_to=until)
    assert set(ids(before)) < set(ids(after))
    sandbox.advance(days=2)
    assert ids(all_sessions(sandbox, created_to=until))[: len(after)] == ids(after)
    assert len(all_sessions(sandbox, created_to=until)) > len(after)
    sandbox.set_now(NOW)
    assert all_sessions(sandbox, created_to=until) == before

"""AntBuddy's switches for paging, windows and the envelope."""

from __future__ import annotations

import itertools
from typing import Any

from omnimessages_sandbox import ApiVariants, Sandbox
from tests.sandbox.client import NOW, all_sessions, get_messages, ids, session_page, total


def test_paging_by_messages_splits_sessions_and_loses_no_message(sandbox: Sandbox) -> None:
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


def test_offset_can_count_pages_or_be_ignored(sandbox: Sandbox) -> None:
    every = ids(session_page(sandbox, limit=1000))
    sandbox.variants = ApiVariants(antbuddy_offset="page_index")
    assert ids(session_page(sandbox, limit=10, offset=2)) == every[20:30]
    sandbox.variants = ApiVariants(antbuddy_offset="ignored")
    assert ids(session_page(sandbox, limit=10, offset=2)) == every[:10]


def test_a_page_cap_shortens_the_page_or_refuses_the_limit(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(antbuddy_page_cap=7)
    assert len(session_page(sandbox, limit=100)) == 7
    sandbox.variants = ApiVariants(antbuddy_page_cap=7, antbuddy_page_cap_refuses=True)
    assert get_messages(sandbox, limit=8).status_code == 400
    assert len(session_page(sandbox, limit=7)) == 7


def test_total_counts_what_its_switch_selects(sandbox: Sandbox) -> None:
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
    for variant, count in expected.items():
        sandbox.variants = ApiVariants(antbuddy_total=variant)
        assert total(sandbox, **window) == count, variant


def test_sessions_come_in_the_selected_order(sandbox: Sandbox) -> None:
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


def test_a_window_filters_session_starts_or_message_times(one_session: Sandbox) -> None:
    window = {"created_from": "2026-01-08T00:00:00Z", "created_to": "2026-01-15T00:00:00Z"}
    lengths = {}
    for variant in ("session_start", "message_time", "message_time_split"):
        one_session.variants = ApiVariants(antbuddy_filter=variant)
        found = session_page(one_session, **window)
        lengths[variant] = [len(each["messages"]) for each in found]
    assert lengths == {"session_start": [], "message_time": [3], "message_time_split": [1]}


def test_bounds_can_be_exclusive(one_session: Sandbox) -> None:
    ms = 1767571200000
    found = {}
    for variant in ("inclusive", "exclusive", "from_inclusive"):
        one_session.variants = ApiVariants(antbuddy_bounds=variant)
        found[variant] = (
            total(one_session, created_from=ms),
            total(one_session, created_to=ms),
        )
    assert found == {"inclusive": (1, 1), "exclusive": (0, 0), "from_inclusive": (1, 0)}


def test_a_window_that_is_too_long_is_refused(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(antbuddy_longest_window_days=31)
    assert get_messages(sandbox).status_code == 200
    assert get_messages(sandbox, created_to="2026-02-01T00:00:00.001Z").status_code == 400


def test_bounds_in_the_wrong_form_are_refused(sandbox: Sandbox) -> None:
    ms: dict[str, Any] = {"created_from": 1767225600000, "created_to": 1767571200000}
    for variant, iso_status, ms_status in (("iso", 200, 400), ("epoch_ms", 400, 200)):
        sandbox.variants = ApiVariants.from_pairs([f"antbuddy_times={variant}"])
        assert get_messages(sandbox).status_code == iso_status
        assert get_messages(sandbox, **ms).status_code == ms_status


def test_bounds_in_the_wrong_form_can_get_an_empty_list(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(antbuddy_times="epoch_ms_else_empty")
    assert get_messages(sandbox).json()["data"] == {"sessions": [], "total": 0}
    ms: dict[str, Any] = {"created_from": 1767225600000, "created_to": 1767571200000}
    assert get_messages(sandbox, **ms).json()["data"]["sessions"]


def test_success_can_be_1_or_missing(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(antbuddy_success=1)
    assert get_messages(sandbox).text.startswith('{"success":1,')
    sandbox.variants = ApiVariants(antbuddy_success="missing")
    assert "success" not in get_messages(sandbox).json()


def test_an_empty_page_can_have_no_list(sandbox: Sandbox) -> None:
    seen = {}
    for variant in ("list", "null", "no_data"):
        sandbox.variants = ApiVariants(antbuddy_empty=variant)
        seen[variant] = get_messages(sandbox, offset=10**6).json().get("data")
    assert seen["list"]["sessions"] == []
    assert seen["null"]["sessions"] is None
    assert seen["no_data"] is None


def test_a_lag_hides_recent_changes(sandbox: Sandbox) -> None:
    before = total(sandbox)
    sandbox.variants = ApiVariants(antbuddy_lag_seconds=86_400)
    assert total(sandbox) < before

"""What the tap says of data that a target would never miss."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from omnimessages_sandbox import ApiVariants, Faults, GeneratedWorld, Sandbox
from tests.support import (
    NOW,
    START,
    catalog_of,
    extract,
    fixed,
    message,
    notification,
    only,
    session,
    truth,
)


def _warnings(caplog: pytest.LogCaptureFixture, word: str) -> list[str]:
    texts = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    return [text for text in texts if word in text]


def test_sessions_that_hold_more_messages_than_they_show_are_counted_once_per_run(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = fixed(
        [
            session(1, "2026-03-05T10:00:00.000Z", messageCount=4),
            session(2, "2026-03-06T10:00:00.000Z", messageCount=3),
            session(3, "2026-03-07T10:00:00.000Z"),
        ]
    )
    with Sandbox(world=world, now=NOW) as sandbox:
        assert extract(only(sandbox, "antbuddy")).error is None
    (warning,) = _warnings(caplog, "messageCount")
    assert "2 sessions" in warning
    assert "5 messages" in warning


@pytest.mark.parametrize(("days", "warned"), [(5.5, False), (5.7, True)])
def test_messages_that_use_up_the_lookback_are_warned_about_with_the_setting_and_the_number(
    days: float,
    warned: bool,  # noqa: FBT001
    caplog: pytest.LogCaptureFixture,
) -> None:
    started = datetime(2026, 3, 5, tzinfo=UTC)
    late = (started + timedelta(days=days)).isoformat()
    first = message("m1", started.isoformat())
    world = fixed([session(1, started.isoformat(), first, message("m2", late))])
    with Sandbox(world=world, now=NOW) as sandbox:
        assert extract(only(sandbox, "antbuddy")).error is None
    assert bool(_warnings(caplog, f"{days:.1f} days")) == warned
    assert bool(_warnings(caplog, "antbuddy_lookback_days is 7")) == warned


def test_a_clock_behind_this_machine_keeps_the_bookmark_at_the_apis_present(
    caplog: pytest.LogCaptureFixture,
) -> None:
    late = notification(2, "2026-04-01T12:00:00Z", _visible_from="2026-04-01T12:00:00Z")
    world = fixed(notifications=[notification(1, "2026-03-05T10:00:00Z"), late])
    with Sandbox(world=world, now=NOW) as sandbox:
        settings = only(sandbox, "etelecom", end_date=None)
        first = extract(settings)
        high_watermark = first.bookmark("etelecom_zns_messages")["replication_key_value"]
        assert (
            NOW[:10]
            == (datetime.fromisoformat(high_watermark) + timedelta(minutes=2)).date().isoformat()
        )
        sandbox.advance(days=1)
        second = extract(settings, state=first.state)
    assert set(second.table("etelecom_zns_messages")) == {"2"}
    assert _warnings(caplog, "clock of eTelecom")


def test_both_antbuddy_streams_cost_the_requests_of_one(sandbox: Sandbox) -> None:
    extract(only(sandbox, "antbuddy"))
    both = len(sandbox.requests)
    sandbox.clear_requests()
    catalog = catalog_of(antbuddy_sessions={"selected": False})
    extract(only(sandbox, "antbuddy"), catalog=catalog)
    assert len(sandbox.requests) == both


def test_bookmarks_that_differ_share_the_overlap(sandbox: Sandbox) -> None:
    settings = only(sandbox, "antbuddy", antbuddy_window_days=3)
    whole = extract(settings)
    state = {"bookmarks": {"antbuddy_messages": whole.bookmark("antbuddy_messages")}}
    state["bookmarks"]["antbuddy_messages"]["replication_key_value"] = "2026-03-20T00:00:00Z"
    sandbox.clear_requests()
    run = extract(settings, state=state)
    asked = [request.params["created_from"] for request in sandbox.requests]
    assert len(asked) == len(set(asked)) or _pages_do_not_repeat(sandbox)
    assert set(run.table("antbuddy_sessions")) == set(whole.table("antbuddy_sessions"))


def _pages_do_not_repeat(sandbox: Sandbox) -> bool:
    asked = [(r.params["created_from"], r.params["offset"]) for r in sandbox.requests]
    return len(asked) == len(set(asked))


def test_a_large_window_is_read_and_checkpointed_in_parts() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    sessions = [
        session(number, (start + timedelta(hours=number)).isoformat()) for number in range(1, 500)
    ]
    with Sandbox(world=fixed(sessions), now=NOW) as sandbox:
        run = extract(only(sandbox, "antbuddy", antbuddy_page_size=5))
        offsets = {int(request.params["offset"]) for request in sandbox.requests}
    assert len(run.table("antbuddy_sessions")) == 499
    assert max(offsets) < 250
    horizons = {
        state["bookmarks"].get("antbuddy_messages", {}).get("replication_key_value")
        for state in run.states
    }
    assert len(horizons) >= 5
    assert min(filter(None, horizons)) > START


def test_times_that_the_api_does_not_understand_are_no_empty_history(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(antbuddy_times="epoch_ms_else_empty")
    run = extract(only(sandbox, "antbuddy"))
    assert "Set antbuddy_time_format to epoch_ms" in str(run.error)
    assert not run.bookmark("antbuddy_messages")
    right = extract(only(sandbox, "antbuddy", antbuddy_time_format="epoch_ms"))
    assert right.error is None
    assert right.records("antbuddy_sessions")


def test_an_account_without_sessions_is_read_to_the_end() -> None:
    with Sandbox(world=fixed(), now=NOW) as sandbox:
        run = extract(only(sandbox, "antbuddy"))
        assert run.error is None
        # Each of the two windows is asked for with a limit of 1 and in two other time formats, too.
        assert len(sandbox.requests) == 2 * 4
    assert (
        run.bookmark("antbuddy_messages")["replication_key_value"] == "2026-04-01T00:00:00.000000Z"
    )


def test_one_failure_while_trying_the_other_time_format_hides_no_history(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(antbuddy_times="epoch_ms_else_empty")
    sandbox.faults = Faults(script=["ok", "503"])
    run = extract(only(sandbox, "antbuddy"))
    assert "Set antbuddy_time_format to epoch_ms" in str(run.error)
    assert not run.bookmark("antbuddy_messages")


def test_pages_by_index_in_descending_order_with_a_cap_lose_nothing() -> None:
    world = GeneratedWorld(seed=1, start=START, sessions_per_day=30, notifications_per_day=1)
    variants = ApiVariants(
        antbuddy_offset="page_index", antbuddy_page_cap=20, antbuddy_order="descending"
    )
    with Sandbox(world=world, now=NOW, variants=variants) as sandbox:
        run = extract(only(sandbox, "antbuddy"))
        assert run.error is None
        assert set(run.table("antbuddy_sessions")) == truth(sandbox)["antbuddy_sessions"]


def test_a_moment_that_no_paging_gets_beyond_ends_the_run_with_what_was_compared() -> None:
    crowd = [session(number, "2026-03-05T10:00:00.000Z") for number in range(30)]
    variants = ApiVariants(antbuddy_offset="ignored")
    with Sandbox(world=fixed(crowd), now=NOW, variants=variants) as sandbox:
        run = extract(only(sandbox, "antbuddy", antbuddy_page_size=10))
    text = str(run.error)
    assert "10 sessions with 10 messages seen, total 30" in text
    assert "too short to be cut" in text
    assert not run.bookmark("antbuddy_messages")

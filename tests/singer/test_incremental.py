"""The bookmark is a horizon: everything up to it has been written out, and nothing beyond."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from omnimessages_sandbox import Faults, Sandbox
from tests.support import (
    NOW,
    START,
    STREAMS,
    catalog_of,
    extract,
    fixed,
    keys_of,
    message,
    notification,
    only,
    session,
    settings_of,
    truth,
)

if TYPE_CHECKING:
    from tests.support import Extraction


def _text(moment: str) -> str:
    return moment.replace("Z", ".000000Z")


def _horizon(extraction: Extraction, stream: str) -> str:
    value: str = extraction.bookmark(stream)["replication_key_value"]
    return value


def test_a_first_run_writes_every_record_once_and_ends_at_the_end_date(sandbox: Sandbox) -> None:
    run = extract(settings_of(sandbox))
    assert run.error is None
    assert keys_of(run) == truth(sandbox)
    for stream in STREAMS:
        assert len(run.records(stream)) == len(run.table(stream))
        assert run.bookmark(stream)["replication_key_value"] == _text(NOW)
        assert run.bookmark(stream)["extracted_from"] == _text(START)


def test_a_state_follows_each_window_and_only_ever_moves_forward(sandbox: Sandbox) -> None:
    run = extract(only(sandbox, "etelecom", etelecom_window_days=3))
    horizons = [
        state["bookmarks"]["etelecom_zns_messages"]["replication_key_value"]
        for state in run.states
        if "replication_key_value" in state["bookmarks"].get("etelecom_zns_messages", {})
    ]
    assert len(horizons) == 11
    assert horizons == sorted(set(horizons))


def test_every_state_is_preceded_by_all_records_up_to_its_horizon(sandbox: Sandbox) -> None:
    run = extract(settings_of(sandbox, antbuddy_window_days=5))
    complete = {key: record for stream in STREAMS for key, record in run.table(stream).items()}
    times = {"antbuddy_sessions": "created_at", "etelecom_zns_messages": "updated_at"}
    seen: set[str] = set()
    for item in run.messages:
        if item["type"] == "RECORD":
            seen.add(item["record"].get("id") or item["record"]["session_id"])
        if item["type"] != "STATE":
            continue
        for stream, column in times.items():
            high_watermark = (
                item["value"]["bookmarks"].get(stream, {}).get("replication_key_value", "")
            )
            due = {k for k, r in run.table(stream).items() if r[column] <= high_watermark}
            assert due <= seen
    assert seen == set(complete)


def test_a_second_run_reads_the_lookback_and_not_the_history(sandbox: Sandbox) -> None:
    first = extract(settings_of(sandbox))
    everything = len(sandbox.requests)
    sandbox.clear_requests()
    second = extract(settings_of(sandbox), state=first.state)
    assert second.error is None
    # Two requests are audits, three ask behind the last row of each kind of time, and one asks for
    # an empty page again that no page announced.
    assert len(sandbox.requests) <= 6 + 5 < everything
    starts = [
        request.params["created_from"]
        for request in sandbox.requests
        if request.api == "antbuddy" and request.params["limit"] == "100"
    ]
    assert min(starts) == "2026-03-24T23:59:59.999Z"
    assert second.state == first.state


def test_a_later_run_finds_late_messages_closed_sessions_statuses_and_ratings(
    sandbox: Sandbox,
) -> None:
    sandbox.set_now("2026-03-20T00:00:00Z")
    first = extract(settings_of(sandbox))
    sandbox.advance(days=4)
    second = extract(settings_of(sandbox), state=first.state)
    merged = {stream: first.table(stream) | second.table(stream) for stream in STREAMS}
    fresh = extract(settings_of(sandbox)).tables()
    assert merged == fresh
    changed = [
        key
        for key in first.table("etelecom_zns_messages")
        if first.table("etelecom_zns_messages")[key] != merged["etelecom_zns_messages"][key]
    ]
    assert changed


def test_a_rating_that_leaves_the_update_time_alone_is_found_by_the_sweep() -> None:
    plain = notification(1, "2026-03-05T10:00:00Z")
    rated = {**plain, "rate": 5, "submit_time": "2026-03-30T10:00:00Z"}
    world = fixed(
        notifications=[
            {**plain, "_visible_until": "2026-03-30T10:00:00Z"},
            {**rated, "_visible_from": "2026-03-30T10:00:00Z"},
        ]
    )
    with Sandbox(world=world, now="2026-03-20T00:00:00Z") as sandbox:
        first = extract(only(sandbox, "etelecom"))
        assert first.table("etelecom_zns_messages")["1"]["rate"] is None
        sandbox.set_now(NOW)
        settings = only(sandbox, "etelecom", etelecom_revisit_days=0)
        with_sweep = extract(settings, state=first.state)
        without = extract({**settings, "etelecom_sweep_ratings": False}, state=first.state)
    assert with_sweep.table("etelecom_zns_messages")["1"]["rate"] == 5
    assert not without.table("etelecom_zns_messages")


def test_an_earlier_start_date_given_later_is_filled_in_backward(sandbox: Sandbox) -> None:
    settings = settings_of(sandbox, antbuddy_window_days=2, etelecom_window_days=2)
    late = extract({**settings, "start_date": "2026-03-20T00:00:00Z"})
    early = extract(settings, state=late.state)
    together = {stream: set(late.table(stream)) | set(early.table(stream)) for stream in STREAMS}
    assert together == truth(sandbox)
    for stream in STREAMS:
        assert early.bookmark(stream)["extracted_from"] == _text(START)
        assert _horizon(early, stream) == _text(NOW)
    edges = [state["bookmarks"]["antbuddy_messages"]["extracted_from"] for state in early.states]
    assert edges == sorted(edges, reverse=True)
    again = extract(settings, state=early.state)
    assert len(again.records("antbuddy_messages")) < len(early.records("antbuddy_messages"))


def test_a_run_killed_while_filling_in_goes_on_where_it_was(sandbox: Sandbox) -> None:
    settings = settings_of(sandbox, antbuddy_window_days=2, etelecom_window_days=2)
    late = extract({**settings, "start_date": "2026-03-20T00:00:00Z"})
    early = extract(settings, state=late.state)
    for state in early.states:
        resumed = extract(settings, state=state)
        written: dict[str, set[str]] = {stream: set(late.table(stream)) for stream in STREAMS}
        for item in early.messages:
            if item["type"] == "RECORD":
                record = item["record"]
                written[item["stream"]].add(record.get("id") or record["session_id"])
            if item["type"] == "STATE" and item["value"] == state:
                break
        together = {stream: written[stream] | set(resumed.table(stream)) for stream in STREAMS}
        assert together == truth(sandbox)


def test_end_date_before_the_bookmark_moves_nothing(sandbox: Sandbox) -> None:
    first = extract(settings_of(sandbox))
    second = extract(settings_of(sandbox, end_date="2026-03-10T00:00:00Z"), state=first.state)
    assert second.error is None
    assert second.state == first.state


def test_a_range_before_what_is_covered_is_read_and_leaves_the_bookmark_alone(
    sandbox: Sandbox,
) -> None:
    late = extract(settings_of(sandbox, start_date="2026-03-20T00:00:00Z"))
    settings = settings_of(sandbox, end_date="2026-03-10T00:00:00Z")
    early = extract(settings, state=late.state)
    assert early.state == late.state
    created = [record["created_at"] for record in early.records("antbuddy_sessions")]
    assert created
    assert max(created) <= "2026-03-10T00:00:01"


def test_end_date_in_the_future_is_capped_at_now(sandbox: Sandbox) -> None:
    run = extract(only(sandbox, "etelecom", end_date="2999-01-01T00:00:00Z"))
    assert run.error is None
    assert _horizon(run, "etelecom_zns_messages") <= datetime.now(UTC).isoformat()


def test_a_record_from_the_future_does_not_move_the_bookmark() -> None:
    world = fixed(
        sessions=[session(1, "2026-03-05T10:00:00.000Z", message("m1", "2031-01-01T00:00:00Z"))],
        notifications=[notification(1, "2026-03-05T10:00:00Z", created_at="2031-01-01T00:00:00Z")],
    )
    with Sandbox(world=world, now="2032-01-01T00:00:00Z") as sandbox:
        run = extract(settings_of(sandbox, end_date=NOW))
    assert run.error is None
    for stream in STREAMS:
        assert len(run.records(stream)) == 1
        assert _horizon(run, stream) == _text(NOW)


def test_a_failure_keeps_what_is_finished_and_the_next_run_goes_on_there(sandbox: Sandbox) -> None:
    settings = only(
        sandbox, "etelecom", etelecom_window_days=3, max_retry_seconds=0, max_concurrency=1
    )
    whole = extract(settings)
    calls = len(sandbox.requests)
    sandbox.faults = Faults(script=["ok"] * (calls // 2) + ["401"])
    broken = extract(settings)
    assert broken.error is not None
    assert START < _horizon(broken, "etelecom_zns_messages") < _text(NOW)
    resumed = extract(settings, state=broken.state)
    union = set(broken.table("etelecom_zns_messages")) | set(resumed.table("etelecom_zns_messages"))
    assert union == set(whole.table("etelecom_zns_messages"))


def test_resuming_from_every_state_of_a_run_leads_to_the_complete_set(sandbox: Sandbox) -> None:
    settings = settings_of(sandbox, antbuddy_window_days=5, etelecom_window_days=5)
    run = extract(settings)
    written: dict[str, set[str]] = {stream: set() for stream in STREAMS}
    for item in run.messages:
        if item["type"] == "RECORD":
            record = item["record"]
            written[item["stream"]].add(record.get("id") or record["session_id"])
        if item["type"] == "STATE":
            resumed = extract(settings, state=item["value"])
            together = {s: written[s] | set(resumed.table(s)) for s in STREAMS}
            assert together == truth(sandbox)


def test_a_stream_selected_later_is_backfilled_alone(sandbox: Sandbox) -> None:
    without = catalog_of(antbuddy_sessions={"selected": False})
    first = extract(settings_of(sandbox), catalog=without)
    assert not first.records("antbuddy_sessions")
    second = extract(settings_of(sandbox), state=first.state)
    assert set(second.table("antbuddy_sessions")) == truth(sandbox)["antbuddy_sessions"]
    assert len(second.records("antbuddy_messages")) < len(first.records("antbuddy_messages"))
    assert _horizon(second, "antbuddy_sessions") == _text(NOW)


def test_full_table_reads_everything_and_keeps_no_bookmark(sandbox: Sandbox) -> None:
    catalog = catalog_of(etelecom_zns_messages={"replication-method": "FULL_TABLE"})
    first = extract(settings_of(sandbox))
    second = extract(settings_of(sandbox), catalog=catalog, state=first.state)
    assert set(second.table("etelecom_zns_messages")) == truth(sandbox)["etelecom_zns_messages"]
    assert "replication_key_value" not in second.bookmark("etelecom_zns_messages")
    assert _horizon(second, "antbuddy_messages") == _text(NOW)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"replication-key": "updated_at"}, "replication key of etelecom_zns_messages"),
        ({"replication-method": "LOG_BASED"}, "use INCREMENTAL or FULL_TABLE"),
    ],
)
def test_a_catalog_that_asks_for_the_impossible_is_refused_in_a_sentence(
    sandbox: Sandbox, change: dict[str, Any], words: str
) -> None:
    catalog = catalog_of(etelecom_zns_messages=change)
    for stream in catalog["streams"]:
        if "replication-key" in change and stream["stream"] == "etelecom_zns_messages":
            stream["replication_key"] = change["replication-key"]
    run = extract(settings_of(sandbox), catalog=catalog)
    assert words in str(run.error)
    assert not sandbox.requests


def test_keys_stay_however_few_fields_are_selected(sandbox: Sandbox) -> None:
    catalog = json.loads(json.dumps(catalog_of()))
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"]:
                entry["metadata"]["selected"] = False
    run = extract(settings_of(sandbox), catalog=catalog)
    assert run.error is None
    expected = {
        "antbuddy_messages": {"id", "created_time"},
        "antbuddy_sessions": {"session_id", "created_at"},
        "etelecom_zns_messages": {"id", "created_at"},
    }
    for stream, columns in expected.items():
        assert {frozenset(record) for record in run.records(stream)} == {frozenset(columns)}
        assert set(run.schemas[stream]["properties"]) == columns


def test_one_provider_alone_is_enough(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    run = extract(only(sandbox, "antbuddy"))
    assert run.error is None
    assert set(run.schemas) == {"antbuddy_messages", "antbuddy_sessions"}
    told = [r.getMessage() for r in caplog.records if "etelecom_api_key" in r.getMessage()]
    assert told == ["etelecom_api_key is not set: skipping etelecom_zns_messages."]

"""An error ends its stream; the other streams are read to their ends, and the run fails then."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Literal

import pytest

from omnimessages_sandbox import Faults, Sandbox
from tests.faulty import SMALL_WORLD, FakeTime
from tests.odd_servers import UNTIL, in_window, serving, sessions, sessions_page
from tests.support import (
    NOW,
    START,
    STREAMS_OF,
    catalog_of,
    extract,
    fixed,
    keys_of,
    message,
    only,
    run_command,
    session,
    settings_of,
    truth,
)

if TYPE_CHECKING:
    from pathlib import Path

PROVIDERS = ("antbuddy", "etelecom")
NOWHERE = {"antbuddy": "/nowhere", "etelecom": "/nowhere/v1/shop"}


def other_than(provider: str) -> str:
    return next(name for name in PROVIDERS if name != provider)


@pytest.mark.parametrize("changes", [{}, {"flattening_enabled": True, "flattening_max_depth": 1}])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_one_apis_error_keeps_the_other_from_nothing(
    sandbox: Sandbox, provider: str, changes: dict[str, Any]
) -> None:
    address = f"{sandbox.address}{NOWHERE[provider]}"
    run = extract(settings_of(sandbox, **{f"{provider}_base_url": address}, **changes))
    assert "404" in str(run.error)
    expected, found = truth(sandbox), keys_of(run)
    for stream in STREAMS_OF[other_than(provider)]:
        assert found[stream] == expected[stream]
        assert run.bookmark(stream)["replication_key_value"]
    for stream in STREAMS_OF[provider]:
        assert not run.bookmark(stream)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_run_with_a_failing_api_ends_with_its_sentence_and_exit_code_1(
    sandbox: Sandbox, provider: Literal["antbuddy", "etelecom"], tmp_path: Path
) -> None:
    sandbox.faults = Faults(permanent="401", api=provider)
    run = run_command(settings=settings_of(sandbox), folder=tmp_path)
    assert run.returncode == 1
    last = run.stderr.strip().splitlines()[-1]
    assert f"Check the setting {provider}_api_key." in last
    assert "Traceback" not in run.stderr


def test_with_two_failing_apis_both_are_told_and_the_first_ends_the_run(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.faults = Faults(permanent="401")
    run = run_command(settings=settings_of(sandbox), folder=tmp_path)
    assert run.returncode == 1
    *before, last = run.stderr.strip().splitlines()
    assert "antbuddy_api_key" in last
    assert any("etelecom_api_key" in line for line in before)


def test_a_stream_that_cannot_go_on_does_not_block_its_sibling_or_repeat_its_requests() -> None:
    rows = [session(n, f"2026-03-{n + 1:02}T08:00:00Z") for n in range(1, 25)]
    rows[10]["messages"] = [message("", rows[10]["createdAt"])]
    with Sandbox(world=fixed(sessions=rows), now=NOW) as sandbox:
        settings = only(sandbox, "antbuddy", max_concurrency=1, antbuddy_window_days=2)
        run = extract(settings)
        requests = [r.params for r in sandbox.requests]
    assert "its primary key id" in str(run.error)
    assert set(run.table("antbuddy_sessions")) == {f"s{n}" for n in range(1, 25)}
    assert "2026-03-11" in run.bookmark("antbuddy_messages")["replication_key_value"]
    assert run.bookmark("antbuddy_sessions")["replication_key_value"][:10] == NOW[:10]
    first = [query for query in requests if query["created_from"] < "2026-03-10"]
    assert len({str(query) for query in first}) == len(first)


def test_an_api_that_is_down_uses_the_retry_budget_once_not_for_each_stream(
    clock: FakeTime,
) -> None:
    with Sandbox(world=SMALL_WORLD, now=NOW) as sandbox:
        settings = only(
            sandbox,
            "antbuddy",
            max_concurrency=1,
            antbuddy_window_days=4,
            max_retry_seconds=100,
        )
        extract(settings)
        usual = len(sandbox.requests)
        sandbox.faults = Faults(script=["ok"] * (usual // 2) + ["503"] * 1000)
        sandbox.clear_requests()
        run = extract(settings)
    assert "max_retry_seconds is 100" in str(run.error)
    assert sum(clock.slept) <= 100
    marks = {run.bookmark(stream).get("replication_key_value") for stream in STREAMS_OF["antbuddy"]}
    assert len(marks) == 1
    assert None not in marks


def test_a_sibling_that_is_further_is_not_blocked_by_a_window_behind_it() -> None:
    rows = sessions()

    def respond(query: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if query["created_from"] < "2026-03-10":
            return 400, {"message": "an invented refusal"}
        found = in_window(rows, "createdAt", query["created_from"], query["created_to"])
        return 200, sessions_page(found, query)

    with serving(respond) as url:
        settings = {
            "antbuddy_api_key": "an-invented-key",
            "antbuddy_base_url": url,
            "start_date": START,
            "end_date": UNTIL,
            "antbuddy_window_days": 4,
            "antbuddy_lookback_days": 0,
            "antbuddy_revisit_days": 0,
            "max_concurrency": 1,
        }
        mark = {
            "replication_key": "created_at",
            "replication_key_value": "2026-03-20T00:00:00Z",
            "extracted_from": START,
        }
        run = extract(settings, state={"bookmarks": {"antbuddy_sessions": mark}})
    assert "an invented refusal" in str(run.error)
    assert run.bookmark("antbuddy_sessions")["replication_key_value"][:10] == UNTIL[:10]
    assert not run.bookmark("antbuddy_messages")


def test_a_deselected_last_stream_does_not_hide_the_error(sandbox: Sandbox) -> None:
    catalog = catalog_of(
        antbuddy_sessions={"selected": False}, etelecom_zns_messages={"selected": False}
    )
    settings = settings_of(sandbox, antbuddy_base_url=f"{sandbox.address}/nowhere")
    run = extract(settings, catalog=catalog)
    assert "404" in str(run.error)


def test_in_batch_mode_too_the_other_api_is_read(sandbox: Sandbox, tmp_path: Path) -> None:
    batch = {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": tmp_path.as_uri()},
    }
    settings = settings_of(
        sandbox, antbuddy_base_url=f"{sandbox.address}/nowhere", batch_config=batch
    )
    run = extract(settings)
    assert "404" in str(run.error)
    assert {m["stream"] for m in run.messages if m["type"] == "BATCH"} == {"etelecom_zns_messages"}


def test_a_connection_test_names_each_key_that_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.faults = Faults(permanent="401")
    run = run_command("--test", settings=settings_of(sandbox), folder=tmp_path)
    assert run.returncode == 1
    for provider in PROVIDERS:
        assert f"Check the setting {provider}_api_key." in run.stderr


def test_the_log_says_that_the_other_streams_go_on_and_repeats_no_sentence(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    extract(settings_of(sandbox, antbuddy_base_url=f"{sandbox.address}/nowhere"))
    lines = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    (line,) = [line for line in lines if "404" in line]
    assert line.startswith("AntBuddy, GET ")
    assert line.endswith(" The other streams are still read.")

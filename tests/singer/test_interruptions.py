"""Wherever a run is cut off, the state stays behind the data and the next run completes it."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from omnimessages_sandbox import Faults, GeneratedWorld, Sandbox
from tests.profiles import slow
from tests.support import (
    KEYS,
    NOW,
    START,
    STREAMS,
    Extraction,
    catalog_of,
    extract,
    settings_of,
    start_command,
    truth,
)

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def slow_sandbox() -> Iterator[Sandbox]:
    """Many short windows and a little latency, so that there is something to cut off."""
    world = GeneratedWorld(seed=3, start=START, sessions_per_day=8, notifications_per_day=12)
    with Sandbox(world=world, now=NOW, faults=Faults(latency_seconds=0.004)) as sandbox:
        yield sandbox


def _settings(sandbox: Sandbox) -> dict[str, Any]:
    return settings_of(sandbox, antbuddy_window_days=2, etelecom_window_days=2)


def _whole_lines(path: Path) -> str:
    text = path.read_bytes()
    return text[: text.rfind(b"\n") + 1].decode()


def _wait_for_requests(
    sandbox: Sandbox, count: int, process: subprocess.Popen[bytes], seconds: float = 30
) -> None:
    deadline = time.monotonic() + seconds
    while len(sandbox.requests) < count and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.mark.parametrize("seed", [0, *slow(1, 2, 3)])
def test_a_run_killed_again_and_again_misses_nothing_in_the_end(
    seed: int, slow_sandbox: Sandbox, tmp_path: Path
) -> None:
    dice = random.Random(seed)
    written: dict[str, set[str]] = {stream: set() for stream in STREAMS}
    state: dict[str, Any] = {}
    for _ in range(3):
        slow_sandbox.clear_requests()
        output = tmp_path / "messages"
        (tmp_path / "state.json").write_text(json.dumps(state), encoding="utf-8")
        with (
            output.open("wb") as file,
            start_command(
                _settings(slow_sandbox),
                tmp_path,
                "--state",
                str(tmp_path / "state.json"),
                stdout=file,
            ) as process,
        ):
            _wait_for_requests(slow_sandbox, dice.randint(3, 60), process)
            time.sleep(dice.random() / 100)
            process.kill()
            process.communicate(timeout=5)
        run = Extraction.of(_whole_lines(output))
        # A target that dies with the tap keeps what lies before the last STATE, and no more.
        kept = [index for index, item in enumerate(run.messages) if item["type"] == "STATE"]
        for item in run.messages[: kept[-1]] if kept else []:
            if item["type"] == "RECORD":
                written[item["stream"]].add(item["record"][KEYS[item["stream"]]])
        state = run.state or state
    slow_sandbox.faults = Faults()
    last = extract(_settings(slow_sandbox), state=state)
    assert last.error is None
    together = {stream: written[stream] | set(last.table(stream)) for stream in STREAMS}
    assert together == truth(slow_sandbox)


def test_a_target_that_does_not_read_holds_up_no_signal(
    slow_sandbox: Sandbox, tmp_path: Path
) -> None:
    reader, writer = os.pipe()
    with start_command(_settings(slow_sandbox), tmp_path, stdout=writer) as process:
        os.close(writer)
        _wait_for_requests(slow_sandbox, 2, process)
        # Once the pipe is full, the tap waits in a write and asks for nothing more.
        before = -1
        while before < len(slow_sandbox.requests):
            before = len(slow_sandbox.requests)
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=5)
    os.close(reader)
    assert process.returncode == 128 + signal.SIGTERM


@pytest.mark.parametrize("selected", range(1, 8))
def test_any_choice_of_streams_gives_those_streams_whole_and_no_others(
    selected: int, sandbox: Sandbox
) -> None:
    chosen = {stream for index, stream in enumerate(STREAMS) if selected >> index & 1}
    catalog = catalog_of(**{stream: {"selected": stream in chosen} for stream in STREAMS})
    run = extract(settings_of(sandbox), catalog=catalog)
    assert run.error is None
    assert set(run.schemas) == chosen
    assert {s: set(run.table(s)) for s in chosen} == {s: truth(sandbox)[s] for s in chosen}
    assert set(run.state["bookmarks"]) == chosen


@pytest.mark.parametrize(
    "bookmark",
    [
        {},
        {"replication_key_value": "2026-03-20T07:00:00+07:00"},
        {"replication_key": "created_at", "replication_key_value": "2026-03-20"},
        {"replication_key_value": 1773964800000},
        {
            "progress_markers": {"Note": "x", "replication_key_value": "2026-03-30"},
            "replication_key_signpost": "2026-03-31T00:00:00Z",
            "starting_replication_value": "2026-03-01T00:00:00Z",
        },
        {"partitions": []},
        {"replication_key_value": "2026-03-20T00:00:00Z", "extracted_from": "2026-03-25T00:00:00Z"},
        {"replication_key_value": "2025-01-01T00:00:00Z"},
    ],
)
def test_a_state_of_another_hand_is_read_or_put_right(
    bookmark: dict[str, Any], sandbox: Sandbox
) -> None:
    state = {"bookmarks": {"etelecom_zns_messages": bookmark, "another_stream": {"x": 1}}}
    run = extract(settings_of(sandbox), state=state)
    assert run.error is None
    high_watermark = run.bookmark("etelecom_zns_messages")["replication_key_value"]
    assert high_watermark == NOW.replace("Z", ".000000Z")
    table = run.table("etelecom_zns_messages")
    start = (
        "2026-03-20" if "2026-03-20" in str(bookmark) or "1773964800000" in str(bookmark) else ""
    )
    for notification in sandbox.world.notifications(sandbox.now):
        if notification["updated_at"] >= start:
            assert notification["id"] in table

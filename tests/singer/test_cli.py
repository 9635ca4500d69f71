"""The command: what a user meets before and after any data."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from omnimessages_sandbox import Faults, Sandbox
from tap_omnimessages.singer.writer import BufferedWriter
from tests.support import (
    NOW,
    START,
    STREAMS,
    Extraction,
    keys_of,
    run_command,
    settings_of,
    start_command,
    truth,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parents[2]
CANARY_KEY = "canary-key-7f3a9"
SETTINGS = {
    "antbuddy_api_key": CANARY_KEY,
    "antbuddy_base_url": "http://127.0.0.1:9/antbuddy",
    "start_date": START,
    "end_date": NOW,
    "max_retry_seconds": 1,
}


def _errors(process: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in process.stderr.splitlines() if "| ERROR" in line]


def _assert_one_sentence(process: subprocess.CompletedProcess[str], *words: str) -> None:
    assert process.returncode == 1
    assert "Traceback" not in process.stderr
    assert CANARY_KEY not in process.stdout + process.stderr
    (sentence,) = _errors(process)
    for word in words:
        assert word in sentence


@pytest.mark.parametrize("arguments", [["--discover"], ["--about"], ["--version"], ["--help"]])
def test_looking_around_needs_no_settings(arguments: list[str], tmp_path: Path) -> None:
    process = run_command(*arguments, folder=tmp_path)
    assert process.returncode == 0, process.stderr
    assert process.stdout


def test_the_schemas_can_be_printed_without_a_key(tmp_path: Path) -> None:
    process = run_command("--test=schema", settings={}, folder=tmp_path)
    assert process.returncode == 0, process.stderr
    assert set(Extraction.of(process.stdout).schemas) == set(STREAMS)


def test_test_reads_a_record_of_each_stream(sandbox: Sandbox, tmp_path: Path) -> None:
    process = run_command("--test", settings=settings_of(sandbox), folder=tmp_path)
    assert process.returncode == 0, process.stderr
    run = Extraction.of(process.stdout)
    assert {stream: len(run.records(stream)) for stream in STREAMS} == dict.fromkeys(STREAMS, 1)


def test_the_catalog_in_the_repository_is_the_discovered_one_with_all_streams_selected(
    tmp_path: Path,
) -> None:
    discovered = json.loads(run_command("--discover", folder=tmp_path).stdout)
    kept = json.loads((ROOT / "catalog.json").read_text(encoding="utf-8"))
    assert kept == discovered
    roots = [e for s in kept["streams"] for e in s["metadata"] if not e["breadcrumb"]]
    assert [root["metadata"]["selected"] for root in roots] == [True] * 3


def test_settings_come_from_the_environment(sandbox: Sandbox, tmp_path: Path) -> None:
    variables = {
        f"TAP_OMNIMESSAGES_{name.upper()}": str(value)
        for name, value in settings_of(sandbox, etelecom_window_days=31).items()
    }
    process = _run_with_environment(variables, tmp_path)
    assert process.returncode == 0, process.stderr
    assert keys_of(Extraction.of(process.stdout)) == truth(sandbox)


def test_a_number_in_the_environment_that_is_none_is_told_by_name(tmp_path: Path) -> None:
    process = _run_with_environment({"TAP_OMNIMESSAGES_ANTBUDDY_PAGE_SIZE": "many"}, tmp_path)
    _assert_one_sentence(process, "TAP_OMNIMESSAGES_ANTBUDDY_PAGE_SIZE")


def test_a_word_in_the_environment_that_is_neither_yes_nor_no_is_told_by_name(
    tmp_path: Path,
) -> None:
    variables = {"TAP_OMNIMESSAGES_ETELECOM_SWEEP_RATINGS": "maybe"}
    process = _run_with_environment(variables, tmp_path)
    _assert_one_sentence(process, "TAP_OMNIMESSAGES_ETELECOM_SWEEP_RATINGS")


def _run_with_environment(
    variables: Mapping[str, str], folder: Path
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tap_omnimessages", "--config=ENV"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=folder,
        env={**os.environ, **variables},
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"start_date": "soon"}, ("start_date", "not a date")),
        ({"start_date": "2026-03-02/P1D"}, ("start_date", "not a date")),
        ({"start_date": "2026-03/08:30"}, ("start_date", "not a date")),
        ({"start_date": None}, ("start_date",)),
        ({"end_date": "2026-02-01"}, ("end_date", "not later")),
        ({"antbuddy_lookback_days": -1}, ("antbuddy_lookback_days",)),
        ({"antbuddy_window_days": 32}, ("antbuddy_window_days",)),
        ({"antbuddy_time_format": "unix"}, ("antbuddy_time_format",)),
        ({"antbuddy_base_url": "http://api.example.com"}, ("antbuddy_base_url", "https://")),
        ({"antbuddy_base_url": "api.example.com"}, ("antbuddy_base_url", "not an address")),
        ({"antbuddy_base_url": "https://u:p@example.com"}, ("antbuddy_base_url",)),
        ({"antbuddy_api_key": None}, ("antbuddy_api_key", "etelecom_api_key")),
        ({"antbuddy_api_key": 123456789}, ("antbuddy_api_key",)),
        ({"antbuddy_api_key": f"{CANARY_KEY}\n"}, ("antbuddy_api_key", "line break")),
        ({"etelecom_base_url": "https://api.example.com", "etelecom_api_key": "k"}, ("path",)),
        ({"user_agent": "tap\r\nX-Evil: 1"}, ("user_agent",)),
    ],
)
def test_a_faulty_setting_is_refused_in_one_sentence_before_any_request(
    changes: dict[str, Any], words: tuple[str, ...], tmp_path: Path
) -> None:
    process = run_command(settings={**SETTINGS, **changes}, folder=tmp_path)
    _assert_one_sentence(process, *words)
    assert "123456789" not in process.stderr


@pytest.mark.parametrize(
    ("option", "content", "words"),
    [
        ("--state", "{", ("--state", "not valid JSON")),
        ("--state", "[1]", ("--state", "object")),
        ("--state", '{"bookmarks": 5}', ("state",)),
        ("--state", '{"value": 5}', ("state",)),
        ("--config", '{"start_date": "2026-01-01",}', ("--config", "not valid JSON")),
        ("--config", "[1]", ("--config", "object")),
        ("--state", '{"bookmarks": {"antbuddy_sessions": 5}}', ("antbuddy_sessions",)),
        ("--catalog", "[]", ("--catalog",)),
        ("--catalog", '{"streams": [5]}', ("--catalog", "catalog")),
        (
            "--catalog",
            '{"streams": [{"tap_stream_id": "antbuddy_sessions", "schema": {}, "metadata": []}]}',
            ("antbuddy_sessions", "discover"),
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_sentence(
    option: str, content: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "input.json"
    path.write_text(content, encoding="utf-8")
    process = run_command(option, str(path), settings=SETTINGS, folder=tmp_path)
    _assert_one_sentence(process, *words)


@pytest.mark.parametrize("value", ["yesterday", "2999-01-01T00:00:00Z", ""])
def test_bookmarks_that_cannot_be_are_refused_in_one_sentence(value: str, tmp_path: Path) -> None:
    bookmark = {"replication_key_value": value}
    state = {"bookmarks": dict.fromkeys(STREAMS, bookmark)}
    path = tmp_path / "state.json"
    path.write_text(json.dumps(state), encoding="utf-8")
    process = run_command("--state", str(path), settings=SETTINGS, folder=tmp_path)
    _assert_one_sentence(process, *STREAMS)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {"type": "STATE", "value": state},
        lambda state: {"completed": {"singer_state": state}, "partial": {}},
        lambda state: {"singer_state": state},
    ],
)
def test_a_state_is_found_in_what_a_user_may_have_kept_of_it(
    wrap: Callable[[dict[str, Any]], dict[str, Any]], sandbox: Sandbox, tmp_path: Path
) -> None:
    first = run_command(settings=settings_of(sandbox), folder=tmp_path)
    path = tmp_path / "state.json"
    path.write_text(json.dumps(wrap(Extraction.of(first.stdout).state)), encoding="utf-8")
    second = run_command("--state", str(path), settings=settings_of(sandbox), folder=tmp_path)
    assert second.returncode == 0
    assert len(second.stdout) < len(first.stdout) / 2


def test_an_unexpected_error_is_told_without_its_text(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LookupError(CANARY_KEY)

    monkeypatch.setattr(BufferedWriter, "write_records", fail)
    process = run_command(settings=settings_of(sandbox), folder=tmp_path)
    _assert_one_sentence(process, "Unexpected LookupError at", "test_cli.py:")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    process = run_command("--config", str(tmp_path / "nothing.json"), folder=tmp_path)
    assert process.returncode != 0
    assert "nothing.json" in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize(
    ("changes", "fault", "words"),
    [
        ({}, None, ("AntBuddy", "refuses the connection", "antbuddy_base_url")),
        ({"antbuddy_base_url": "https://nowhere.invalid"}, None, ("cannot be resolved",)),
        ({}, "401", ("AntBuddy", "antbuddy_api_key")),
        ({}, "403_permission_denied", ("AntBuddy", "antbuddy_api_key")),
        ({}, "404", ("404", "antbuddy_base_url")),
        ({}, "html", ("web page", "antbuddy_base_url")),
        ({}, "redirect", ("redirects", "antbuddy_base_url")),
        ({}, "503", ("503", "given up")),
        ({}, "empty_200", ("empty",)),
        ({}, "success_false", ("AntBuddy",)),
        ({}, "400", ("antbuddy_time_format", "antbuddy_page_size", "antbuddy_window_days")),
    ],
)
def test_what_ends_a_run_is_told_in_one_sentence(
    changes: dict[str, Any],
    fault: str | None,
    words: tuple[str, ...],
    sandbox: Sandbox,
    tmp_path: Path,
) -> None:
    settings = {**SETTINGS, **changes}
    if fault is not None:
        sandbox.faults = Faults(permanent=fault)
        settings["antbuddy_base_url"] = sandbox.settings()["antbuddy_base_url"]
    process = run_command(settings=settings, folder=tmp_path)
    _assert_one_sentence(process, *words)


def test_a_redirect_takes_no_key_along(sandbox: Sandbox, tmp_path: Path) -> None:
    with Sandbox(world=sandbox.world, now=NOW) as elsewhere:
        sandbox.faults = Faults(permanent="redirect", redirect_to=elsewhere.address)
        process = run_command(settings=settings_of(sandbox), folder=tmp_path)
        assert process.returncode == 1
        assert not elsewhere.requests


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("fault", ["never", "503"])
def test_a_signal_ends_the_run_at_once_with_its_own_exit_code(
    number: signal.Signals, fault: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.faults = Faults(script=["ok"] * 3, permanent=fault)
    written = tmp_path / "messages"
    with (
        written.open("wb") as file,
        start_command(settings_of(sandbox), tmp_path, stdout=file) as process,
    ):
        while len(sandbox.requests) < 3:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        _, errors = process.communicate(timeout=5)
    assert process.returncode == 128 + number
    assert number.name.encode() in errors
    messages = written.read_text(encoding="utf-8")
    assert not messages or messages.endswith("\n")
    assert Extraction.of(messages).schemas


def test_a_closed_pipe_ends_the_run_with_a_sentence(sandbox: Sandbox, tmp_path: Path) -> None:
    with start_command(settings_of(sandbox), tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        errors = process.stderr.read()
        assert process.wait(timeout=30) == 1
    assert b"closed the pipe" in errors
    assert b"Traceback" not in errors

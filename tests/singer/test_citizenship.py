"""What the SDK offers to users works with our writer and our windows."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import yaml
from jsonschema import Draft7Validator
from singer_sdk.singerlib.encoding.base import SingerMessageType

from omnimessages_sandbox import Faults
from tap_omnimessages.singer.writer import BufferedWriter
from tests.pages import COOKBOOK
from tests.support import (
    STREAMS,
    Extraction,
    catalog_of,
    extract,
    keys_of,
    run_command,
    settings_of,
    truth,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from singer_sdk.singerlib.encoding.simple import Message

    from omnimessages_sandbox import Sandbox

_WINDOWS = {"antbuddy_window_days": 4, "etelecom_window_days": 4}
# What a record's window filters on, and which key tells records apart, where maps rename nothing.
_TIMES = {"antbuddy_sessions": "created_at", "etelecom_zns_messages": "updated_at"}
_PRIMARY_KEYS = {"antbuddy_sessions": "session_id", "etelecom_zns_messages": "id"}


def _assert_no_state_is_ahead(run: Extraction, plain: Extraction) -> None:
    """Assert that each STATE has the records up to its bookmarks before it."""
    written: dict[str, set[str]] = {stream: set() for stream in STREAMS}
    states = 0
    for item in run.messages:
        if item["type"] == "RECORD" and item["stream"] in _TIMES:
            written[item["stream"]].add(item["record"][_PRIMARY_KEYS[item["stream"]]])
        if item["type"] == "STATE":
            states += 1
            for stream, column in _TIMES.items():
                bookmark = item["value"]["bookmarks"].get(stream, {})
                high_watermark = bookmark.get("replication_key_value", "")
                due = {k for k, r in plain.table(stream).items() if r[column] <= high_watermark}
                assert due <= written[stream]
    assert states > len(STREAMS)


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize(
    "changes",
    [
        {"stream_maps": {"antbuddy_sessions": {"seen_by": "'a map'"}}},
        {"flattening_enabled": True, "flattening_max_depth": 2},
    ],
)
def test_windows_and_bookmarks_are_the_same_with_maps_and_flattening(
    changes: dict[str, Any], concurrency: int, sandbox: Sandbox
) -> None:
    settings = settings_of(sandbox, max_concurrency=concurrency, **_WINDOWS)
    plain, run = extract(settings), extract({**settings, **changes})
    assert run.error is None
    assert keys_of(run) == truth(sandbox)
    # Reading ahead may cut windows elsewhere, but ends where the plain run ends.
    assert run.state == plain.state
    _assert_no_state_is_ahead(run, plain)


def test_stream_maps_rename_filter_compute_and_drop(sandbox: Sandbox) -> None:
    maps = {
        "antbuddy_messages": {
            "__alias__": "messages",
            "__filter__": "direction == 'inbound'",
            "id": "id",
            "digest": "md5(id)",
            "__else__": None,
        },
        "etelecom_zns_messages": None,
    }
    settings = settings_of(sandbox, **_WINDOWS)
    plain, run = extract(settings), extract({**settings, "stream_maps": maps})
    assert run.error is None
    inbound = {
        k for k, r in plain.table("antbuddy_messages").items() if r["direction"] == "inbound"
    }
    assert {record["id"] for record in run.records("messages")} == inbound
    assert {frozenset(record) for record in run.records("messages")} == {
        frozenset({"id", "digest"})
    }
    assert set(run.schemas) == {"messages", "antbuddy_sessions"}
    assert run.table("antbuddy_sessions") == plain.table("antbuddy_sessions")
    assert run.bookmark("antbuddy_messages") == plain.bookmark("antbuddy_messages")


def test_a_stream_that_maps_split_in_two_comes_out_twice(sandbox: Sandbox) -> None:
    maps = {"threads": {"__source__": "antbuddy_sessions", "conversation_id": "conversation_id"}}
    run = extract(settings_of(sandbox, stream_maps=maps, **_WINDOWS))
    assert run.error is None
    threads = [record["conversation_id"] for record in run.records("threads")]
    assert threads == [r["conversation_id"] for r in run.records("antbuddy_sessions")]
    assert set(run.table("antbuddy_sessions")) == truth(sandbox)["antbuddy_sessions"]


def test_flattened_records_have_no_objects_left_and_fit_their_schema(sandbox: Sandbox) -> None:
    flat = {"flattening_enabled": True, "flattening_max_depth": 1}
    run = extract(settings_of(sandbox, **flat, **_WINDOWS))
    assert run.error is None
    for stream in STREAMS:
        validator = Draft7Validator(run.schemas[stream])
        for record in run.records(stream):
            validator.validate(record)
            assert not any(isinstance(value, dict) for value in record.values())


@pytest.mark.parametrize("changes", [{}, {"stream_maps": {"antbuddy_messages": {"more": "id"}}}])
def test_deselected_fields_are_neither_in_the_schema_nor_in_a_record(
    changes: dict[str, Any], sandbox: Sandbox
) -> None:
    catalog = catalog_of()
    unwanted = {"message", "phone", "message_count"}
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if unwanted & set(entry["breadcrumb"][-1:]):
                entry["metadata"]["selected"] = False
    run = extract(settings_of(sandbox, **changes, **_WINDOWS), catalog=catalog)
    assert run.error is None
    assert keys_of(run) == truth(sandbox)
    for stream in STREAMS:
        columns = set(run.schemas[stream]["properties"])
        assert not columns & unwanted
        assert all(set(record) == columns for record in run.records(stream))


def test_a_test_of_the_connection_takes_one_record_through_maps_and_moves_no_bookmark(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    maps = {"antbuddy_messages": {"text": "md5(id)"}}
    settings = settings_of(sandbox, stream_maps=maps, flattening_enabled=True)
    settings["flattening_max_depth"] = 1
    process = run_command("--test", settings=settings, folder=tmp_path)
    assert process.returncode == 0, process.stderr
    run = Extraction.of(process.stdout)
    assert {stream: len(run.records(stream)) for stream in STREAMS} == dict.fromkeys(STREAMS, 1)
    assert len(run.records("antbuddy_messages")[0]["text"]) == 32
    assert not any(run.bookmark(stream).get("replication_key_value") for stream in STREAMS)


def _files_of(message: dict[str, Any]) -> list[Path]:
    return [Path(urlsplit(url).path) for url in message["manifest"]]


def _records_in(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _batch(folder: Path) -> dict[str, Any]:
    return {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": folder.as_uri()},
        "batch_size": 50,
    }


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("script", [[], ["ok"] * 9])
def test_when_a_state_is_written_the_files_before_it_are_whole_on_the_disk(
    script: list[str],
    concurrency: int,
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = settings_of(sandbox, max_concurrency=concurrency, max_retry_seconds=0, **_WINDOWS)
    plain = extract(settings)
    written: dict[str, set[str]] = {stream: set() for stream in STREAMS}
    states = []
    write = BufferedWriter.write_message

    def check_and_write(self: BufferedWriter, message: Message) -> None:
        content = message.to_dict()
        if content["type"] == "BATCH":
            for path in _files_of(content):
                records = _records_in(path)
                assert records
                key = "session_id" if content["stream"] == "antbuddy_sessions" else "id"
                written[content["stream"]] |= {record[key] for record in records}
        if message.type == SingerMessageType.STATE:
            states.append(content["value"])
            for stream, column in _TIMES.items():
                bookmark = content["value"]["bookmarks"].get(stream, {})
                high_watermark = bookmark.get("replication_key_value", "")
                due = {k for k, r in plain.table(stream).items() if r[column] <= high_watermark}
                assert due <= written[stream]
        write(self, message)

    monkeypatch.setattr(BufferedWriter, "write_message", check_and_write)
    if script:
        # The run fails on its way.
        sandbox.faults = Faults(script=script, permanent="503")
    run = extract({**settings, "batch_config": _batch(tmp_path)})
    assert states
    assert not any(item["type"] == "RECORD" for item in run.messages)
    if script:
        assert "503" in str(run.error)
        sandbox.faults = Faults()
        rest = extract({**settings, "batch_config": _batch(tmp_path)}, state=states[-1])
        assert rest.error is None
    else:
        assert run.error is None
    assert written == truth(sandbox)


def _log_configuration() -> dict[str, Any]:
    """Give the one that the cookbook tells."""
    blocks = map(yaml.safe_load, COOKBOOK.blocks("yaml"))
    (found,) = [block for block in blocks if "formatters" in block]
    return dict(found)


def _run_with_logging(
    settings: dict[str, Any], folder: Path, configuration: dict[str, Any]
) -> subprocess.CompletedProcess[str]:
    config = folder / "config.json"
    config.write_text(json.dumps(settings), encoding="utf-8")
    # JSON is YAML.
    log = folder / "log.yml"
    log.write_text(json.dumps(configuration), encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "tap_omnimessages", "--config", str(config)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "SINGER_SDK_LOG_CONFIG": str(log)},
    )


def test_structured_logs_are_one_json_object_a_line_with_the_numbers_of_each_stream(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    process = _run_with_logging(settings_of(sandbox), tmp_path, _log_configuration())
    assert process.returncode == 0
    lines = [json.loads(line) for line in process.stderr.splitlines()]
    assert all(line["message"] and line["level"] for line in lines)
    run = Extraction.of(process.stdout)
    summaries = {line["stream_name"]: line for line in lines if "progress" in line["extra"]}
    assert set(summaries) == set(STREAMS)
    for stream, line in summaries.items():
        assert line["logger_name"] == f"tap-omnimessages.{stream}"
        assert line["extra"]["progress"]["records"] == len(run.records(stream))
    metrics = [line["metric_info"] for line in lines if line["message"] == "METRIC"]
    counts = {m["tags"]["stream"]: m["value"] for m in metrics if m["metric"] == "record_count"}
    assert counts == {stream: len(run.records(stream)) for stream in STREAMS}


@pytest.mark.parametrize(
    "break_it",
    [
        lambda settings: {**settings, "antbuddy_base_url": "http://127.0.0.1:9/antbuddy"},
        lambda settings: {**settings, "start_date": "yesterday"},
    ],
)
def test_a_log_configuration_that_disables_loggers_does_not_silence_errors(
    break_it: Callable[[dict[str, Any]], dict[str, Any]], sandbox: Sandbox, tmp_path: Path
) -> None:
    settings = break_it(settings_of(sandbox, max_retry_seconds=0))
    configuration = _log_configuration()
    del configuration["disable_existing_loggers"]
    process = _run_with_logging(settings, tmp_path, configuration)
    assert process.returncode == 1
    lines = [json.loads(line) for line in process.stderr.splitlines()]
    (error,) = [line for line in lines if line["level"] == "error"]
    assert error["logger_name"] == "tap-omnimessages"
    assert lines[-1] == error

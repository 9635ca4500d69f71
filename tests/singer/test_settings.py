"""Settings that are left out, empty or unknown."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from tap_omnimessages.tap import TapOmniMessages
from tests.support import (
    STREAMS,
    catalog_of,
    extract,
    keys_of,
    run_command,
    settings_of,
    signals_kept,
    truth,
)

if TYPE_CHECKING:
    from pathlib import Path

    from omnimessages_sandbox import Sandbox


def test_a_setting_that_is_null_takes_its_default(sandbox: Sandbox) -> None:
    properties = TapOmniMessages.config_jsonschema["properties"]
    defaults = {
        name: schema["default"] for name, schema in properties.items() if "default" in schema
    }
    with signals_kept():
        tap = TapOmniMessages(config={**settings_of(sandbox), **dict.fromkeys(defaults)})
    assert {name: tap.config[name] for name in defaults} == defaults


def test_an_unknown_setting_is_named_in_a_warning_and_changes_nothing(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    run = extract(settings_of(sandbox, antbudy_api_key="an invented key", flattening_enabled=False))
    assert keys_of(run) == truth(sandbox)
    told = [
        r.getMessage() for r in caplog.records if "does not have these settings" in r.getMessage()
    ]
    assert told == ["The tap does not have these settings: antbudy_api_key."]
    assert "an invented key" not in caplog.text


def test_a_run_without_any_stream_says_that_nothing_is_read(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    catalog = catalog_of(**{stream: {"selected": False} for stream in STREAMS})
    run = extract(settings_of(sandbox), catalog=catalog)
    assert run.error is None
    assert not run.schemas
    assert "No stream is selected" in caplog.text
    caplog.clear()
    extract(settings_of(sandbox))
    assert "No stream is selected" not in caplog.text


_ENCODING = {"format": "jsonl", "compression": "gzip"}
_STORAGE = {"root": "file:///nowhere"}
_FAULTY_BATCHES: dict[str, dict[str, Any]] = {
    "batch_size is not": {"encoding": _ENCODING, "storage": _STORAGE, "batch_size": 0},
    "is not a whole number from 1 to": {
        "encoding": _ENCODING,
        "storage": _STORAGE,
        "batch_size": 10**30,
    },
    "batch_config.batch_size": {"encoding": _ENCODING, "storage": _STORAGE, "batch_size": "10"},
    "lacks storage.root": {"encoding": _ENCODING, "storage": {}},
    "lacks storage": {"encoding": _ENCODING},
    "lacks encoding.format": {"storage": _STORAGE},
    "has no batch_wait": {"encoding": _ENCODING, "storage": _STORAGE, "batch_wait": 5},
    "has no storage.folder": {"encoding": _ENCODING, "storage": {**_STORAGE, "folder": "a"}},
    "has no encoding.level": {"encoding": {**_ENCODING, "level": 9}, "storage": _STORAGE},
    'has to be "gzip"': {"encoding": {"format": "jsonl"}, "storage": _STORAGE},
    "encoding.compression": {
        "encoding": {"format": "jsonl", "compression": "none"},
        "storage": _STORAGE,
    },
    "does not begin with a file system": {
        "encoding": _ENCODING,
        "storage": {"root": "nosuch://somewhere"},
    },
    "storage.root does not begin": {"encoding": _ENCODING, "storage": {"root": "https://["}},
    "storage.params is not an object": {
        "encoding": _ENCODING,
        "storage": {**_STORAGE, "params": "text"},
    },
    "contains the character NUL": {"encoding": _ENCODING, "storage": {"root": "file:///\0"}},
    "storage.root contains a password": {
        "encoding": _ENCODING,
        "storage": {"root": "s3://CANARY-NAME:CANARY-SECRET@bucket/folder"},
    },
    "contains a password or a query": {
        "encoding": _ENCODING,
        "storage": {"root": "https://example.com/folder?sig=CANARY"},
    },
    "storage is not an object": {
        "encoding": _ENCODING,
        "storage": "s3://CANARY-NAME:CANARY-SECRET@bucket",
    },
    "storage.root is not a text": {"encoding": _ENCODING, "storage": {"root": ["CANARY"]}},
    "encoding.format is not one of": {"encoding": {"format": "CANARY"}, "storage": _STORAGE},
    "has no …": {
        "encoding": _ENCODING,
        "storage": {**_STORAGE, "s3://CANARY:CANARY@bucket": 1},
    },
}


@pytest.mark.parametrize("words", _FAULTY_BATCHES)
def test_a_faulty_batch_config_is_refused_in_a_sentence_before_any_request(
    words: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    settings = settings_of(sandbox, batch_config=_FAULTY_BATCHES[words])
    process = run_command(settings=settings, folder=tmp_path)
    assert process.returncode == 1
    assert "The setting batch_config" in process.stderr
    assert words in process.stderr
    assert "Unexpected" not in process.stderr
    assert "CANARY" not in process.stderr
    assert not sandbox.requests
    assert not process.stdout


@pytest.mark.parametrize("params", [None, {}])
def test_empty_params_of_a_storage_set_nothing(
    params: dict[str, Any] | None, sandbox: Sandbox, tmp_path: Path
) -> None:
    storage = {"root": tmp_path.as_uri(), "prefix": None, "params": params}
    batch = {"encoding": _ENCODING, "storage": storage, "batch_size": None}
    run = extract(settings_of(sandbox, batch_config=batch))
    assert run.error is None
    assert any(item["type"] == "BATCH" for item in run.messages)


@pytest.mark.parametrize(
    "storage",
    [
        {"root": "github://CANARY"},
        {"root": "github://CANARY", "params": {"org": 5, "repo": ["CANARY"]}},
        {"root": "http://127.0.0.1:9/CANARY"},
        {"root": "data:,CANARY"},
        {"root": "zip://CANARY"},
    ],
)
def test_a_storage_that_cannot_be_written_is_named_without_what_it_says(
    storage: dict[str, Any], sandbox: Sandbox, tmp_path: Path
) -> None:
    batch = {"encoding": _ENCODING, "storage": storage}
    process = run_command(settings=settings_of(sandbox, batch_config=batch), folder=tmp_path)
    assert process.returncode == 1
    assert "batch_config.storage" in process.stderr.splitlines()[-1]
    assert "Unexpected" not in process.stderr
    assert "CANARY" not in process.stderr


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"antbuddy_page_size": "CANARY"}, "antbuddy_page_size is not a whole number"),
        ({"antbuddy_base_url": "http://127.0.0.1:9/\tCANARY"}, "base_url is not an address"),
        ({"antbuddy_base_url": "http://127.0.0.1:9/\0CANARY"}, "base_url is not an address"),
        (
            {
                "antbuddy_base_url": "http://127.0.0.1:9/CANARY%2Dkey/v1",
                "antbuddy_api_key": "CANARY-key",
            },
            "antbuddy_base_url must not contain a user name, a query or the API key",
        ),
        ({"antbuddy_page_size": True}, "antbuddy_page_size is not a whole number"),
        ({"antbuddy_page_size": 84000777123}, "antbuddy_page_size is more than 1000"),
        ({"antbuddy_window_days": 0}, "antbuddy_window_days is less than 1"),
        ({"etelecom_sweep_ratings": "CANARY"}, "etelecom_sweep_ratings is not true or false"),
        ({"schema_contract": "CANARY"}, "is not one of evolve, freeze, discard"),
        ({"start_date": ["CANARY"]}, "start_date is not a text"),
        ({"stream_maps": "CANARY"}, "stream_maps is not an object of names and values"),
        ({"stream_map_config": ["CANARY"]}, "stream_map_config is not an object"),
        ({"flattening_max_depth": "CANARY"}, "flattening_max_depth is not a whole number"),
        ({"batch_config": "s3://CANARY:CANARY@bucket"}, "batch_config is not an object"),
        ({"faker_config": "CANARY"}, "faker_config is not an object"),
    ],
)
def test_a_setting_of_the_wrong_form_is_named_and_never_quoted(
    changes: dict[str, Any], words: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    process = run_command(settings=settings_of(sandbox, **changes), folder=tmp_path)
    assert process.returncode == 1
    assert words in process.stderr
    assert "CANARY" not in process.stderr
    assert "777123" not in process.stderr


def test_a_faulty_stream_map_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    settings = settings_of(sandbox, stream_maps={"antbuddy_messages": "a text"})
    process = run_command(settings=settings, folder=tmp_path)
    assert "The setting stream_maps.antbuddy_messages is neither null nor" in process.stderr


def test_a_package_that_a_setting_needs_is_named(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    batch = {"encoding": {"format": "parquet"}, "storage": {"root": tmp_path.as_uri()}}
    process = run_command(settings=settings_of(sandbox, batch_config=batch), folder=tmp_path)
    assert process.returncode == 1
    assert "pyarrow" in process.stderr.splitlines()[-1]
    assert "Unexpected" not in process.stderr


def test_an_error_of_the_operating_system_is_shown_with_its_place(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    storage = {"root": (tmp_path / "file" / "folder").as_uri()}
    batch = {"encoding": _ENCODING, "storage": storage}
    process = run_command(settings=settings_of(sandbox, batch_config=batch), folder=tmp_path)
    assert process.returncode == 1
    assert "A BATCH file cannot be written (Not a directory: " in process.stderr
    assert str(tmp_path) in process.stderr


def test_what_stream_maps_use_is_not_shown_where_it_is_no_object(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    settings = settings_of(sandbox, stream_map_config="an invented salt")
    process = run_command(settings=settings, folder=tmp_path)
    assert process.returncode == 1
    assert "The setting stream_map_config is not an object" in process.stderr
    assert "salt" not in process.stderr

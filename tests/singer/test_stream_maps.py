"""A stream map does what its words say, or ends the run in a sentence that names it."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import catalog_of, extract, only, run_command, settings_of

if TYPE_CHECKING:
    from pathlib import Path

    from omnimessages_sandbox import Sandbox

_SALT = "an-invented-salt"
_HASH = f"sha256('{_SALT}' + message)"


def _error_of(process: Any) -> str:
    assert process.returncode == 1
    assert not process.stdout
    assert "Traceback" not in process.stderr
    assert _SALT not in process.stderr
    (line,) = [line for line in process.stderr.splitlines() if "| ERROR" in line]
    return str(line)


_FAULTY: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "a misspelt stream": (
        {"antbuddy_mesages": {"message": _HASH}},
        ("stream_maps.antbuddy_mesages names no stream", "antbuddy_messages"),
    ),
    "a misspelt stream that is removed": (
        {"antbuddy_mesages": None},
        ("stream_maps.antbuddy_mesages names no stream",),
    ),
    "a pattern without a stream": (
        {"antbudy_*": {"message": _HASH}},
        ("stream_maps.antbudy_* names no stream",),
    ),
    "a misspelt source": (
        {"texts": {"__source__": "antbuddy_mesages", "message": _HASH}},
        ("stream_maps.texts.__source__ names no stream",),
    ),
    "a source that is no text": (
        {"texts": {"__source__": 5}},
        ("stream_maps.texts.__source__",),
    ),
    "a misspelt column that is removed": (
        {"antbuddy_messages": {"mesage": None}},
        ("stream_maps.antbuddy_messages.mesage", "does not have"),
    ),
    "a misspelt column that is computed from itself": (
        {"antbuddy_messages": {"mesage": f"sha256('{_SALT}' + self)"}},
        ("stream_maps.antbuddy_messages.mesage uses self",),
    ),
    "a misspelt column in an expression": (
        {"antbuddy_messages": {"message": f"sha256('{_SALT}' + mesage)"}},
        ("stream_maps.antbuddy_messages.message uses mesage",),
    ),
    "an unknown function": (
        {"antbuddy_messages": {"message": f"sha512('{_SALT}' + message)"}},
        ("stream_maps.antbuddy_messages.message uses sha512",),
    ),
    "a missing variable": (
        {"antbuddy_messages": {"message": "sha256(config['salt'] + message)"}},
        ("stream_maps.antbuddy_messages.message uses the variable salt", "stream_map_config.salt"),
    ),
    "a missing variable after a point": (
        {"antbuddy_messages": {"message": "sha256(config.salt + message)"}},
        ("stream_maps.antbuddy_messages.message uses the variable salt",),
    ),
    "a missing variable in a filter": (
        {"antbuddy_messages": {"__filter__": "channel == config['channel']"}},
        ("stream_maps.antbuddy_messages.__filter__ uses the variable channel",),
    ),
    "an empty expression": (
        {"antbuddy_messages": {"message": ""}},
        ("stream_maps.antbuddy_messages.message is not an expression",),
    ),
    "a blank expression": (
        {"antbuddy_messages": {"message": "  "}},
        ("stream_maps.antbuddy_messages.message is not an expression",),
    ),
    "half an expression": (
        {"antbuddy_messages": {"message": f"sha256('{_SALT}' +"}},
        ("stream_maps.antbuddy_messages.message is not an expression",),
    ),
    "a statement": (
        {"antbuddy_messages": {"message": f"x = '{_SALT}'"}},
        ("stream_maps.antbuddy_messages.message is not an expression",),
    ),
    "two expressions": (
        {"antbuddy_messages": {"message": f"message; '{_SALT}'"}},
        ("stream_maps.antbuddy_messages.message is not an expression",),
    ),
    "a character NUL": (
        {"antbuddy_messages": {"message": f"'{_SALT}\0'"}},
        ("stream_maps.antbuddy_messages.message is not an expression",),
    ),
    "an endless expression": (
        {"antbuddy_messages": {"message": "(" * 5000 + ")" * 5000}},
        ("stream_maps.antbuddy_messages.message is not an expression",),
    ),
    "a filter that is none": (
        {"antbuddy_messages": {"__filter__": f"'{_SALT}' =="}},
        ("stream_maps.antbuddy_messages.__filter__ is not an expression",),
    ),
    "an empty filter": (
        {"antbuddy_messages": {"__filter__": ""}},
        ("stream_maps.antbuddy_messages.__filter__",),
    ),
    "a list as an expression": (
        {"antbuddy_messages": {"message": [_SALT]}},
        ("stream_maps.antbuddy_messages.message is neither null nor a text",),
    ),
    "a number as a map": (
        {"antbuddy_messages": 5},
        ("stream_maps.antbuddy_messages is neither null nor an object",),
    ),
    "a list as a map": (
        {"antbuddy_messages": [{"message": _SALT}]},
        ("stream_maps.antbuddy_messages is neither null nor an object",),
    ),
    "a removed primary key": (
        {"antbuddy_messages": {"id": None}},
        ("stream_maps.antbuddy_messages leaves out id",),
    ),
    "a primary key that is left out with the rest": (
        {"antbuddy_messages": {"__else__": None, "message": _HASH}},
        ("stream_maps.antbuddy_messages leaves out id",),
    ),
    "keys that no column has": (
        {"antbuddy_messages": {"__key_properties__": [_SALT]}},
        ("stream_maps.antbuddy_messages.__key_properties__ names a column that the map does not",),
    ),
    "keys that are no list": (
        {"antbuddy_messages": {"__key_properties__": "id"}},
        ("stream_maps.antbuddy_messages.__key_properties__ is neither null nor a list",),
    ),
    "another rest": (
        {"antbuddy_messages": {"__else__": _SALT}},
        ("stream_maps.antbuddy_messages.__else__ can only be null",),
    ),
    "another rest of all": ({"__else__": {"message": _SALT}}, ("stream_maps.__else__",)),
    "an unknown option": ({"__other__": {"message": _HASH}}, ("stream_maps.__other__",)),
    "an alias that is a number": (
        {"antbuddy_messages": {"__alias__": "5"}},
        ("__alias__", "no name"),
    ),
    "an alias that is no text": (
        {"antbuddy_messages": {"__alias__": 5}},
        ("stream_maps.antbuddy_messages.__alias__ is not a text",),
    ),
    "an alias that cannot be computed": (
        {"antbuddy_messages": {"__alias__": f"two words {_SALT}"}},
        ("antbuddy_messages", "cannot be set up"),
    ),
    "an alias that another stream has": (
        {"antbuddy_messages": {"__alias__": "antbuddy_sessions"}},
        ("two streams the name antbuddy_sessions",),
    ),
    "a copy with the name of a stream": (
        {"antbuddy_sessions": {"__source__": "antbuddy_messages"}},
        ("two streams the name antbuddy_sessions",),
    ),
    "an alias beside a source": (
        {"texts": {"__source__": "antbuddy_messages", "__alias__": "words"}},
        ("stream_maps.texts.__alias__",),
    ),
    "two maps for one stream": (
        {"antbuddy_messages": {"message": _HASH}, "*": {"extra_fields": None}},
        ("stream_maps.antbuddy_messages and stream_maps.*", "antbuddy_messages"),
    ),
}


@pytest.mark.parametrize("fault", _FAULTY)
def test_a_map_that_would_not_do_what_it_says_is_refused_before_any_request(
    fault: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    maps, words = _FAULTY[fault]
    process = run_command(settings=settings_of(sandbox, stream_maps=maps), folder=tmp_path)
    line = _error_of(process)
    for word in words:
        assert word in line
    assert not sandbox.requests


@pytest.mark.parametrize("salt", ["", None])
def test_an_empty_variable_is_one_that_is_not_set(
    salt: str | None, sandbox: Sandbox, tmp_path: Path
) -> None:
    maps = {"antbuddy_messages": {"message": "sha256(config['salt'] + message)"}}
    settings = settings_of(sandbox, stream_maps=maps, stream_map_config={"salt": salt})
    line = _error_of(run_command(settings=settings, folder=tmp_path))
    assert "stream_maps.antbuddy_messages.message uses the variable salt" in line


_FAILING = {
    "sha256(message)": "AttributeError",
    "channel + message": "TypeError",
    "int(text)": "ValueError",
    "record['nothing']": "KeyError",
    "message.nothing": "AttributeDoesNotExist",
    "json.loads(id)": "JSONDecodeError",
    "1 / 0": "ZeroDivisionError",
    "9 ** 9 ** 9": "NumberTooHigh",
    "id.format.__class__": "FeatureNotAvailable",
    "(lambda: 5)()": "FeatureNotAvailable",
    "config": "",
    "2 ** 200": "",
    "[id, {1: id}]": "",
    "'\\ud800'": "",
    "{(1, 2): id}": "",
}


@pytest.mark.parametrize("column", ["text", "new_column", "__filter__"])
@pytest.mark.parametrize("expression", _FAILING)
def test_an_expression_that_fails_names_its_map_its_stream_and_its_column(
    expression: str, column: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    maps = {"antbuddy_m*": {column: expression}}
    settings = only(sandbox, "antbuddy", stream_maps=maps, stream_map_config={"a": 1})
    process = run_command(settings=settings, folder=tmp_path)
    assert "Unexpected" not in process.stderr
    assert "Traceback" not in process.stderr
    cause = _FAILING[expression]
    if not cause:
        # It can be computed, and is written somehow, or refused.
        return
    assert process.returncode == 1
    sentence = process.stderr.splitlines()[-1]
    assert f"The stream map antbuddy_m* cannot compute its column {column}" in sentence
    assert f"for a record of antbuddy_messages ({cause}" in sentence
    messages = [m for s in sandbox.world.sessions(sandbox.now) for m in s["messages"]]
    assert not any(m["message"] in process.stderr for m in messages if m.get("message"))


@pytest.mark.parametrize("expression", ["None", "''", "self[:0]"])
def test_a_map_that_empties_the_primary_key_ends_the_run(
    expression: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    settings = only(sandbox, "antbuddy", stream_maps={"antbuddy_messages": {"id": expression}})
    process = run_command(settings=settings, folder=tmp_path)
    assert process.returncode == 1
    assert "antbuddy_messages without its primary key id" in process.stderr
    assert '"type":"RECORD","stream":"antbuddy_messages"' not in process.stdout


def test_a_filter_shows_no_value_in_any_log(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    maps = {"etelecom_zns_messages": {"__filter__": f"phone if '{_SALT}' else None"}}
    run = extract(settings_of(sandbox, stream_maps=maps))
    assert run.error is None
    phones = {r["phone"] for r in run.records("etelecom_zns_messages")}
    assert phones
    assert _SALT not in caplog.text
    assert not any(phone in caplog.text for phone in phones)


def test_maps_that_say_what_they_do_work(sandbox: Sandbox) -> None:
    maps = {
        "antbuddy_*": {"extra_fields": "__NULL__", "page": "_['page_id'] or record['page_id']"},
        "etelecom_zns_messages": {
            "__alias__": "__stream_name__ + '_hashed'",
            "phone": "sha256(config['salt'] + self) if self else None",
            "digits": "[int(c) for c in id if c in '0123456789']",
            "day": "str(datetime.date.today())",
            "source": "__original_stream_name__",
            "empty": "config['empty'].get('nothing')",
        },
    }
    variables = {"salt": _SALT, "empty": {}}
    run = extract(settings_of(sandbox, stream_maps=maps, stream_map_config=variables))
    assert run.error is None
    hashed = run.records("etelecom_zns_messages_hashed")
    assert {len(record["phone"]) for record in hashed if record["phone"]} == {64}
    assert all("extra_fields" not in r for r in run.records("antbuddy_sessions"))


def test_flattening_that_would_rename_the_primary_key_is_refused(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    flat = {"flattening_enabled": True, "flattening_max_depth": 1, "flattening_max_key_length": 2}
    process = run_command(settings=settings_of(sandbox, **flat), folder=tmp_path)
    line = _error_of(process)
    assert "flattening_max_key_length" in line or "begin with flattening_" in line


@pytest.mark.parametrize("depth", [None, -1, -5])
def test_flattening_without_a_depth_names_the_setting(
    depth: int | None, sandbox: Sandbox, tmp_path: Path
) -> None:
    settings = settings_of(sandbox, flattening_enabled=True, flattening_max_depth=depth)
    line = _error_of(run_command(settings=settings, folder=tmp_path))
    assert "The setting flattening_max_depth is missing or less than 0" in line


def test_the_schemas_are_printed_with_maps_and_faulty_maps_are_named(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"stream_maps": {"antbuddy_messages": {"more": "id"}}}
    process = run_command("--test=schema", settings=settings, folder=tmp_path)
    assert process.returncode == 0, process.stderr
    assert '"more"' in process.stdout
    for faulty in ({"antbudy": None}, {"antbuddy_messages": {"more": ""}}, 5):
        settings["stream_maps"] = faulty
        process = run_command("--test=schema", settings=settings, folder=tmp_path)
        assert "The setting stream_maps" in _error_of(process)


def test_discovery_ignores_faulty_settings(tmp_path: Path) -> None:
    settings = {"stream_maps": 5, "start_date": 7, "max_concurrency": [], "schema_contract": {}}
    process = run_command("--discover", settings=settings, folder=tmp_path)
    assert process.returncode == 0, process.stderr
    assert [s["tap_stream_id"] for s in json.loads(process.stdout)["streams"]] == [
        s["tap_stream_id"] for s in catalog_of()["streams"]
    ]

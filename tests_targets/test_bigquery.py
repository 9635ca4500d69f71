"""Tests of what target-bigquery would send to BigQuery: tables, files and statements."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import KEYS, STREAMS
from tests_targets.account import FIRST_RUN, SCHEMAS, canonical, kind_of, shown_at
from tests_targets.destinations import PROBES, loader_or_skip
from tests_targets.docs import types_in
from tests_targets.environments import python_of
from tests_targets.loads import messages_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,299}")
RESERVED = ("_table_", "_file_", "_partition", "_row_timestamp", "__root__", "_colidentifier")
# The check of a loaded value, by the column's type.
FITS: dict[str, Callable[[Any], bool]] = {
    "STRING": lambda value: isinstance(value, str),
    "INTEGER": lambda value: type(value) is int and -(2**63) <= value < 2**63,
    "BOOLEAN": lambda value: isinstance(value, bool),
    "TIMESTAMP": lambda value: datetime.fromisoformat(value).year > 0,
    "JSON": lambda value: isinstance(value, dict),
}


def _run(folder: Path, lines: list[str], **changes: Any) -> subprocess.CompletedProcess[str]:
    loader = loader_or_skip("target-bigquery")
    settings = folder / "target-bigquery.json"
    settings.write_text(json.dumps({**loader.settings_with(), **changes}), encoding="utf-8")
    return subprocess.run(
        [python_of(loader), "-W", "ignore", PROBES / "on_bigquery.py", settings],
        input="".join(lines),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    loader_or_skip("target-bigquery")
    return messages_at(FIRST_RUN, tmp_path_factory.mktemp("tap"))


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> dict[str, Any]:
    done = _run(tmp_path_factory.mktemp("bigquery"), lines)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _fields(sent: dict[str, Any], stream: str) -> dict[str, dict[str, Any]]:
    return {field["name"]: field for field in sent["tables"][stream]["schema"]["fields"]}


def _rows(sent: dict[str, Any], stream: str) -> list[dict[str, Any]]:
    return [
        row
        for load in sent["loads"]
        if load["table"].split("__")[0] == stream
        for row in load["rows"]
    ]


@pytest.mark.parametrize("stream", STREAMS)
def test_columns_have_the_types_that_the_docs_name(sent: dict[str, Any], stream: str) -> None:
    fields = _fields(sent, stream)
    modes = {"NULLABLE": "", "REPEATED": " REPEATED"}
    own = {name: f"{fields[name]['type'].upper()}{modes[fields[name]['mode']]}" for name in fields}
    named = types_in("BigQuery")
    expected = {name: named[kind_of(stream, name)] for name in SCHEMAS[stream]}
    assert {name: own[name] for name in expected} == expected


@pytest.mark.parametrize("stream", STREAMS)
def test_no_column_is_a_record_that_would_refuse_unknown_keys(
    sent: dict[str, Any], stream: str
) -> None:
    assert all(field["type"].upper() != "RECORD" for field in _fields(sent, stream).values())


@pytest.mark.parametrize("stream", STREAMS)
def test_table_and_column_names_are_legal(sent: dict[str, Any], stream: str) -> None:
    names = _fields(sent, stream)
    assert len({name.lower() for name in names}) == len(names)
    for name in (stream, *names):
        assert NAME.fullmatch(name)
        assert not name.lower().startswith(RESERVED)


@pytest.mark.parametrize("stream", STREAMS)
def test_every_value_in_the_loaded_files_fits_its_column(sent: dict[str, Any], stream: str) -> None:
    fields = _fields(sent, stream)
    rows = _rows(sent, stream)
    assert rows
    for row in rows:
        assert row.keys() <= fields.keys()
        for name, value in row.items():
            many = fields[name]["mode"] == "REPEATED"
            for one in (value or []) if many else [value]:
                # A repeated field may not hold nulls.
                assert (one is None and not many) or FITS[fields[name]["type"].upper()](one), name


@pytest.mark.parametrize("stream", STREAMS)
def test_the_loaded_files_hold_what_the_account_shows(sent: dict[str, Any], stream: str) -> None:
    rows = {row[KEYS[stream]]: canonical(stream, row) for row in _rows(sent, stream)}
    assert rows == shown_at(FIRST_RUN)[stream]


@pytest.mark.parametrize("stream", STREAMS)
def test_rows_are_merged_by_their_key_one_of_each(sent: dict[str, Any], stream: str) -> None:
    (statement,) = (text for text in sent["statements"] if f".{stream}`" in text)
    key = KEYS[stream]
    assert f"PARTITION BY `{key}`" in statement
    assert f"ON target.`{key}` = source.`{key}`" in statement


def test_the_state_is_printed_at_the_end(sent: dict[str, Any]) -> None:
    bookmarks = sent["states"][-1]["bookmarks"]
    horizons = {stream: bookmarks[stream]["replication_key_value"] for stream in STREAMS}
    assert horizons == dict.fromkeys(STREAMS, FIRST_RUN.replace("Z", ".000000Z"))


def test_the_default_method_does_not_load_these_tables(lines: list[str], tmp_path: Path) -> None:
    """The method does not work with the loader's own dependencies, and cannot write objects."""
    assert _run(tmp_path, lines, method="storage_write_api").returncode != 0

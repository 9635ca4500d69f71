"""Tests that customers' texts arrive unchanged, in text columns and inside objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from omnimessages_sandbox import Sandbox
from tests.support import fixed, message, only, session
from tests_targets.account import canonical
from tests_targets.destinations import csv_files, duckdb_file, jsonl, postgres, snowflake
from tests_targets.loads import as_kept
from tests_targets.runs import run_loader, run_pipeline, tap_output

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests_targets.destinations import Destination

STREAM = "antbuddy_messages"
DESTINATIONS: dict[str, Callable[[Path], AbstractContextManager[Destination]]] = {
    "PostgreSQL": postgres,
    "DuckDB": duckdb_file,
    "Snowflake": snowflake,
    "JSONL": jsonl,
    "CSV": csv_files,
}
TEXTS = {
    "quotes": "She said \"no\", it's 'late', `now`",
    "lines": "one\ntwo\r\nthree\rfour\n\nfive\u2028six",
    "backslashes": "\\N \\n \\\\ \\u0041 \\",
    "blanks": "  both ends\t ",
    "separators": ",;|\t,",
    "a null": "NULL",
    "nothing": "",
    "a number": "007",
    "json": '{"a": [1, "b"]}',
    "placeholders": "%s %(id)s :id $1 {id} ?",
    "vietnamese": "Đặng Thị Hồng Nhung ơi, e\u0302\u0301",
    "emoji": "🛵❤️👩‍👩‍👧",
    "control": "bell \x07 escape \x1b delete \x7f",
    "long": "dài " * 5000,
}
NUL = "before\x00after"


def _sandbox(texts: dict[str, str]) -> Sandbox:
    sessions = []
    for number, (name, text) in enumerate(texts.items()):
        at = f"2026-03-02T{8 + number:02d}:00:00Z"
        own = {"message": text, "msginfo": {"type": "text", "message": text}, "errorMessage": text}
        sessions.append(session(number, at, message(name, at, **own)))
    return Sandbox(world=fixed(sessions), now="2026-03-05T00:00:00Z")


def _arrived(destination: Destination) -> dict[str, dict[str, Any]]:
    rows = destination.read([STREAM])[STREAM].rows
    return {row["id"]: canonical(STREAM, row) for row in rows}


@pytest.mark.parametrize("name", DESTINATIONS)
def test_any_text_arrives_unchanged(name: str, tmp_path: Path) -> None:
    with DESTINATIONS[name](tmp_path) as destination, _sandbox(TEXTS) as sandbox:
        settings = only(sandbox, "antbuddy")
        run_pipeline(settings, None, destination.command, tmp_path, destination.env)
        arrived = _arrived(destination)
    for key, text in TEXTS.items():
        row = as_kept({"text": text}, lossy=destination.drops_empty_texts)
        assert arrived[key]["message"] == row["text"], key
        assert arrived[key]["error_message"] == row["text"], key
        assert arrived[key]["msginfo"] == {"type": "text", "message": text}, key
    assert arrived.keys() == TEXTS.keys()


@pytest.mark.parametrize("name", sorted(DESTINATIONS.keys() - {"Snowflake"}))
def test_a_nul_character_is_loaded_or_refused_but_never_hides_a_row(
    name: str, tmp_path: Path
) -> None:
    """PostgreSQL's texts cannot hold NUL: the load ends with an error and prints no state.

    The tap removes them by default.
    """
    with DESTINATIONS[name](tmp_path) as destination, _sandbox({"nul": NUL}) as sandbox:
        lines = tap_output(only(sandbox, "antbuddy", remove_nul_characters=False), tmp_path)
        (tmp_path / "messages").write_text("".join(lines), encoding="utf-8")
        with (tmp_path / "messages").open("rb") as messages:
            outcome = run_loader(destination.command, messages, tmp_path, destination.env)
        if name == "PostgreSQL":
            assert outcome.code != 0
            assert outcome.states == []
        else:
            assert outcome.code == 0
            assert _arrived(destination)["nul"]["msginfo"]["message"] == NUL

"""Tests that a printed state covers only stored rows, wherever the loader ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import KEYS, STREAMS
from tests_targets.account import FIRST_RUN
from tests_targets.destinations import csv_files, duckdb_file, postgres
from tests_targets.loads import messages_at
from tests_targets.runs import Outcome, run_loader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests_targets.destinations import Destination

# Shorter windows than usual give more states, and smaller batches give more ends of batches.
WINDOWS = {"antbuddy_window_days": 4, "etelecom_window_days": 4}
BATCH = 60
BROKEN = '{"type": "RECORD", "stream": "antbu\n'
# The share of the messages that a loader gets before the line that ends it.
PARTS = (0.35, 0.75, 0.97)


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return messages_at(FIRST_RUN, tmp_path_factory.mktemp("tap"), **WINDOWS)


def _small_batches(destination: Destination) -> None:
    path = Path(destination.command[-1])
    settings = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**settings, "batch_size_rows": BATCH}), encoding="utf-8")


def _fed(destination: Destination, lines: Sequence[str], folder: Path) -> Outcome:
    _small_batches(destination)
    (folder / "messages").write_text("".join(lines), encoding="utf-8")
    with (folder / "messages").open("rb") as file:
        return run_loader(destination.command, file, folder, destination.env)


def _due(lines: Sequence[str], state: dict[str, Any]) -> dict[str, set[str]]:
    """Return the keys that the tap wrote before it first printed the state's bookmarks."""
    due: dict[str, set[str]] = {stream: set() for stream in STREAMS}
    written: dict[str, set[str]] = {stream: set() for stream in STREAMS}
    for line in lines:
        item = json.loads(line)
        if item["type"] == "RECORD":
            written[item["stream"]].add(item["record"][KEYS[item["stream"]]])
        if item["type"] == "STATE":
            for stream, bookmark in item["value"]["bookmarks"].items():
                if state["bookmarks"].get(stream) == bookmark:
                    due[stream] = due[stream] or set(written[stream])
    return due


def _missing(
    destination: Destination, lines: Sequence[str], state: dict[str, Any]
) -> dict[str, set[str]]:
    """Return the keys that the state covers but the tables do not hold."""
    due = {stream: keys for stream, keys in _due(lines, state).items() if keys}
    tables = destination.read(list(due))
    return {
        stream: keys - {row[KEYS[stream]] for row in tables[stream].rows}
        for stream, keys in due.items()
    }


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("place", [postgres, duckdb_file, csv_files])
def test_what_a_printed_state_covers_is_stored_when_the_loader_fails(
    place: Any, part: float, messages: list[str], tmp_path: Path
) -> None:
    with place(tmp_path) as destination:
        lines = messages[: int(len(messages) * part)]
        outcome = _fed(destination, [*lines, BROKEN], tmp_path)
        assert outcome.code != 0
        for state in outcome.states[-1:]:
            assert not any(_missing(destination, lines, state).values())


@pytest.mark.parametrize("place", [postgres, duckdb_file, csv_files])
def test_no_row_of_any_batch_is_lost(place: Any, messages: list[str], tmp_path: Path) -> None:
    with place(tmp_path) as destination:
        outcome = _fed(destination, messages, tmp_path)
        assert outcome.code == 0, outcome.log
        missing = _missing(destination, messages, outcome.states[-1])
        assert missing == {stream: set() for stream in STREAMS}


def test_duckdb_needs_flush_all_streams_for_its_states(tmp_path: Path) -> None:
    """Without it, the first state is printed once a batch of any later stream is stored."""
    lines = messages_at(FIRST_RUN, tmp_path)
    for flush_all, lost in ((False, True), (True, False)):
        folder = tmp_path / str(flush_all)
        folder.mkdir()
        with duckdb_file(folder, flush_all_streams=flush_all) as destination:
            outcome = _fed(destination, [*lines[:-5], BROKEN], folder)
            assert any(_missing(destination, lines, outcome.states[-1]).values()) is lost

"""Tests of loaders that only append: all rows stay, and the last row of a key is the latest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import STREAMS
from tests_targets.account import FIRST_RUN, SECOND_RUN, by_key, changed_between
from tests_targets.destinations import csv_files, jsonl
from tests_targets.loads import Load, load_twice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests_targets.destinations import Destination

DESTINATIONS: dict[str, Callable[[Path], AbstractContextManager[Destination]]] = {
    "JSONL": jsonl,
    "CSV": csv_files,
}

pytestmark = pytest.mark.parametrize("files", DESTINATIONS, scope="module")


@pytest.fixture(scope="module")
def loads(files: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Load, Load]]:
    folder = tmp_path_factory.mktemp(files)
    with DESTINATIONS[files](folder) as destination:
        yield load_twice(destination, folder)


@pytest.mark.parametrize("stream", STREAMS)
def test_the_last_row_of_each_key_is_what_the_account_shows_now(
    loads: tuple[Load, Load], stream: str
) -> None:
    for load in loads:
        assert by_key(stream, load.tables[stream]) == load.expected(stream)


@pytest.mark.parametrize("stream", STREAMS)
def test_the_rows_of_the_first_run_stay(loads: tuple[Load, Load], stream: str) -> None:
    first, second = (load.tables[stream] for load in loads)
    assert second[: len(first)] == first
    assert len(first) < len(second)


def test_a_changed_record_is_there_in_both_versions(loads: tuple[Load, Load]) -> None:
    changed = changed_between(FIRST_RUN, SECOND_RUN, "etelecom_zns_messages", "delivery_status")
    assert changed
    rows = loads[1].tables["etelecom_zns_messages"]
    for key in changed:
        assert len({row["delivery_status"] for row in rows if row["id"] == key}) == 2


def test_the_loader_prints_the_state_for_the_next_run(loads: tuple[Load, Load]) -> None:
    for load in loads:
        horizons = {
            stream: load.state["bookmarks"][stream]["replication_key_value"] for stream in STREAMS
        }
        assert horizons == dict.fromkeys(STREAMS, load.now.replace("Z", ".000000Z"))

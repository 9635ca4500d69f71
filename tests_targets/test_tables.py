"""Tests of loaders that update rows by key: a full load, then an incremental one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import KEYS, STREAMS
from tests_targets.account import (
    FIRST_RUN,
    SCHEMAS,
    SECOND_RUN,
    by_key,
    changed_between,
    facts_at,
    kind_of,
)
from tests_targets.destinations import duckdb_file, postgres, snowflake
from tests_targets.docs import types_in
from tests_targets.loads import Load, load_twice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests_targets.destinations import Destination

DESTINATIONS: dict[str, Callable[[Path], AbstractContextManager[Destination]]] = {
    "PostgreSQL": postgres,
    "DuckDB": duckdb_file,
    "Snowflake": snowflake,
}
CHANGES = [
    ("antbuddy_sessions", "message_count"),
    ("antbuddy_messages", "done_at"),
    ("antbuddy_messages", "done_by"),
    ("antbuddy_messages", "revision"),
    ("etelecom_zns_messages", "delivery_status"),
    ("etelecom_zns_messages", "updated_at"),
    ("etelecom_zns_messages", "is_charged"),
    ("etelecom_zns_messages", "rate"),
]

pytestmark = pytest.mark.parametrize("warehouse", DESTINATIONS, scope="module")


@pytest.fixture(scope="module")
def loads(warehouse: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Load, Load]]:
    folder = tmp_path_factory.mktemp(warehouse)
    with DESTINATIONS[warehouse](folder) as destination:
        yield load_twice(destination, folder)


@pytest.mark.parametrize("stream", STREAMS)
def test_no_key_is_there_twice(loads: tuple[Load, Load], stream: str) -> None:
    for load in loads:
        keys = [row[KEYS[stream]] for row in load.tables[stream]]
        assert len(keys) == len(set(keys)) > 0


@pytest.mark.parametrize("stream", STREAMS)
def test_every_column_of_every_row_is_what_the_account_shows_now(
    loads: tuple[Load, Load], stream: str
) -> None:
    for load in loads:
        assert by_key(stream, load.tables[stream]) == load.expected(stream)


@pytest.mark.parametrize("stream", STREAMS)
def test_the_second_load_brings_new_rows(loads: tuple[Load, Load], stream: str) -> None:
    keys = [{row[KEYS[stream]] for row in load.tables[stream]} for load in loads]
    assert keys[0] < keys[1]


@pytest.mark.parametrize(("stream", "column"), CHANGES)
def test_the_second_load_brings_the_latest_version(
    loads: tuple[Load, Load], stream: str, column: str
) -> None:
    assert changed_between(FIRST_RUN, SECOND_RUN, stream, column)
    for load in loads:
        stored = {key: row[column] for key, row in by_key(stream, load.tables[stream]).items()}
        facts = facts_at(load.now)[stream]
        assert stored == {key: fact[column] for key, fact in facts.items()}


@pytest.mark.parametrize("stream", STREAMS)
def test_columns_have_the_types_that_the_docs_name(
    loads: tuple[Load, Load], warehouse: str, stream: str
) -> None:
    named = types_in(warehouse)
    for load in loads:
        own = {name: load.types[stream].get(name) for name in SCHEMAS[stream]}
        assert own == {name: named[kind_of(stream, name)] for name in SCHEMAS[stream]}


def test_the_loader_prints_the_state_for_the_next_run(loads: tuple[Load, Load]) -> None:
    for load in loads:
        horizons = {
            stream: load.state["bookmarks"][stream]["replication_key_value"] for stream in STREAMS
        }
        assert horizons == dict.fromkeys(STREAMS, load.now.replace("Z", ".000000Z"))

"""The destination of each loader, and how the tests read it back."""

from __future__ import annotations

import csv
import json
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from tests_targets import postgres_server
from tests_targets.account import SCHEMAS
from tests_targets.environments import program_of, python_of, why_missing
from tests_targets.loaders import LOADERS, SCHEMA, Loader

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from tests_targets.account import Row

PROBES = Path(__file__).parent / "probes"


@dataclass(frozen=True)
class Table:
    """The contents of a table.

    Attributes:
        rows: Its rows, in the order in which they were written if the table has an order.
        types: The types of its columns, in the warehouse's words; empty for files.
    """

    rows: list[Row]
    types: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Destination:
    """A loader that is ready to run.

    Attributes:
        command: The program and its arguments.
        read: Reads the tables of some streams.
        query: Runs a query, if the destination supports that; `{table}` stands for a stream's
            table.
        env: Variables for the loader's environment.
        drops_empty_texts: Whether an empty text is stored as null.
    """

    command: list[str | Path]
    read: Callable[[Sequence[str]], dict[str, Table]]
    query: Callable[[str, str], list[Row]] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    drops_empty_texts: bool = False


def loader_or_skip(name: str) -> Loader:
    """Return a loader, or skip the test with the reason why the loader cannot run."""
    loader = LOADERS[name]
    reason = why_missing(loader)
    if reason:
        pytest.skip(reason)
    return loader


def command_of(loader: Loader, settings: Mapping[str, Any], folder: Path) -> list[str | Path]:
    """Write a loader's settings into the folder, and return the command that runs it."""
    path = folder / f"{loader.name}.json"
    path.write_text(json.dumps(settings), encoding="utf-8")
    return [program_of(loader), "--config", path]


@contextmanager
def postgres(
    folder: Path,
    env: Mapping[str, str] | None = None,
    prepare: str | None = None,
    **changes: Any,
) -> Generator[Destination]:
    """Yield target-postgres with its own server, whose sessions are in UTC by default.

    Args:
        folder: The folder for files.
        env: The loader's environment, instead of the one that sets its sessions to UTC.
        prepare: A statement that the server runs before the load.
        changes: The loader's settings that differ from the usual ones.
    """
    loader = loader_or_skip("target-postgres")
    try:
        with postgres_server.running() as server:
            settings = loader.settings_with(
                port=server.port, user=postgres_server.USER, password=postgres_server.PASSWORD
            )
            settings |= {"port": server.port, **changes}
            if prepare:
                server.execute(prepare)
            yield Destination(
                command_of(loader, settings, folder),
                read=lambda streams: {name: _postgres_table(server, name) for name in streams},
                query=lambda query, stream: server.rows(query.format(table=f"{SCHEMA}.{stream}")),
                env={"PGTZ": "UTC"} if env is None else env,
            )
    except postgres_server.UnavailableError as error:
        pytest.skip(str(error))


def _postgres_table(server: postgres_server.PostgresServer, stream: str) -> Table:
    types = (
        "SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute "
        f"WHERE attrelid = '{SCHEMA}.{stream}'::regclass AND attnum > 0 AND NOT attisdropped"
    )
    return Table(
        server.rows(f"SELECT * FROM {SCHEMA}.{stream}"),
        {row["name"]: row["type"] for row in server.rows(types)},
    )


@contextmanager
def duckdb_file(folder: Path, **changes: Any) -> Generator[Destination]:
    """Yield target-duckdb with a file in the folder."""
    loader = loader_or_skip("target-duckdb")
    settings = {**loader.settings_with(folder=folder), **changes}

    def table(connection: duckdb.DuckDBPyConnection, stream: str) -> Table:
        found = connection.execute(f"SELECT * FROM {SCHEMA}.{stream}")
        types = {column[0]: str(column[1]) for column in found.description or ()}
        return Table([dict(zip(types, row, strict=True)) for row in found.fetchall()], types)

    def read(streams: Sequence[str]) -> dict[str, Table]:
        with duckdb.connect(settings["filepath"], read_only=True) as connection:
            return {stream: table(connection, stream) for stream in streams}

    yield Destination(command_of(loader, settings, folder), read, drops_empty_texts=True)


@contextmanager
def jsonl(folder: Path) -> Generator[Destination]:
    """Yield target-jsonl with files in the folder."""
    loader = loader_or_skip("target-jsonl")

    def table(stream: str) -> Table:
        text = (folder / "jsonl" / f"{stream}.jsonl").read_text(encoding="utf-8")
        return Table([json.loads(line) for line in text.split("\n") if line])

    command = command_of(loader, loader.settings_with(folder=folder), folder)
    yield Destination(command, lambda streams: {stream: table(stream) for stream in streams})


@contextmanager
def csv_files(folder: Path, **changes: Any) -> Generator[Destination]:
    """Yield target-csv with files in the folder."""
    loader = loader_or_skip("target-csv")

    def table(stream: str) -> Table:
        found: list[Row] = []
        # The names hold the time of the run, so their order is the order of the runs.
        for path in sorted((folder / "csv").glob(f"{stream}*.csv")):
            with path.open(encoding="utf-8", newline="") as lines:
                found += [_typed(stream, row) for row in csv.DictReader(lines, strict=True)]
        return Table(found)

    settings = {**loader.settings_with(folder=folder), **changes}
    yield Destination(
        command_of(loader, settings, folder),
        lambda streams: {stream: table(stream) for stream in streams},
        drops_empty_texts=True,
    )


def _typed(stream: str, row: Mapping[str, str]) -> Row:
    """Convert a row's texts to integers and booleans; an empty cell is null."""
    readers: dict[str, Callable[[str], Any]] = {
        "integer": int,
        "boolean": {"True": True, "False": False}.__getitem__,
    }
    types = {name: SCHEMAS[stream][name]["type"] for name in SCHEMAS[stream]}
    return {
        name: readers.get(next(t for t in types[name] if t != "null"), str)(text) if text else None
        for name, text in row.items()
    }


@contextmanager
def snowflake(folder: Path) -> Generator[Destination]:
    """Yield target-snowflake with fakesnow instead of the service, in files in the folder."""
    loader = loader_or_skip("target-snowflake")
    settings = folder / "target-snowflake.json"
    settings.write_text(json.dumps(loader.settings_with()), encoding="utf-8")
    probe: list[str | Path] = [
        python_of(loader),
        "-W",
        "ignore",
        PROBES / "on_snowflake.py",
        settings,
        folder,
    ]

    def read(streams: Sequence[str]) -> dict[str, Table]:
        command: list[str | Path] = [*probe, "read", *streams]
        said = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=240)
        return {stream: Table(**table) for stream, table in json.loads(said.stdout).items()}

    yield Destination([*probe, "load"], read)

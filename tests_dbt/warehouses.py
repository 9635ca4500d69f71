"""Warehouses that the loaders of `meltano.yml` fill, and dbt's connection to each."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import yaml

from tests.support import settings_of
from tests_dbt.project import ROOT, Dbt, dbt_or_skip
from tests_targets import destinations, postgres_server
from tests_targets.account import sandbox_at
from tests_targets.loaders import LOADERS
from tests_targets.runs import run_pipeline

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

Row = dict[str, Any]

_LOADERS = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))["plugins"]["loaders"]


@dataclass(frozen=True)
class Warehouse:
    """A warehouse that can be loaded and asked.

    Attributes:
        dbt: The package with this warehouse.
        query: Runs a query.
        execute: Runs a statement.
        loader: The command of the loader for a schema.
        env: Variables for the loader's environment.
        folder: The folder for the files of a load.
    """

    dbt: Dbt
    query: Callable[[str], list[Row]]
    execute: Callable[[str], object]
    loader: Callable[[str], list[str | Path]]
    env: Mapping[str, str]
    folder: Path

    def load(
        self,
        now: str,
        schema: str = "omnimessages",
        env: Mapping[str, str] | None = None,
        **settings: Any,
    ) -> None:
        """Load everything that the account shows at a time.

        Args:
            now: The account's time.
            schema: The schema to load into.
            env: Variables for the loader's environment, instead of the usual ones.
            settings: The tap's settings that differ from the usual ones.
        """
        loader = self.loader(schema)
        with sandbox_at(now) as sandbox:
            given = settings_of(sandbox, **settings)
            run_pipeline(given, None, loader, self.folder, self.env if env is None else env)


def _plugin(name: str) -> dict[str, Any]:
    (plugin,) = [loader for loader in _LOADERS if loader["name"] == name]
    return dict(plugin)


def _settings(plugin: Mapping[str, Any], **places: object) -> dict[str, Any]:
    """Return a loader's settings as `meltano.yml` has them, with other places."""
    loader = LOADERS[plugin["name"]]
    return {**loader.settings_with(**places), **plugin["config"], **places}


@contextmanager
def duckdb_warehouse(folder: Path) -> Generator[Warehouse]:
    """Yield a DuckDB file."""
    dbt_or_skip()
    plugin = _plugin("target-duckdb")
    loader = destinations.loader_or_skip(plugin["name"])
    file = str(folder / "warehouse.duckdb")

    def command(schema: str) -> list[str | Path]:
        settings = _settings(plugin, filepath=file, default_target_schema=schema)
        return destinations.command_of(loader, settings, folder)

    def query(text: str) -> list[Row]:
        with duckdb.connect(file, read_only=True) as connection:
            # As JSON, because a time with a zone would need another package.
            found = connection.execute(f"SELECT to_json(found) FROM ({text}) AS found")
            return [json.loads(row) for (row,) in found.fetchall()]

    def execute(statement: str) -> None:
        with duckdb.connect(file) as connection:
            connection.execute(statement)

    dbt = Dbt(folder, {"OMNIMESSAGES_WAREHOUSE": "duckdb", "TARGET_DUCKDB_FILEPATH": file})
    yield Warehouse(dbt, query, execute, command, plugin.get("env", {}), folder)


@contextmanager
def postgres_warehouse(folder: Path) -> Generator[Warehouse]:
    """Yield a database on a PostgreSQL server of its own, whose zone is not UTC."""
    dbt_or_skip()
    plugin = _plugin("target-postgres")
    loader = destinations.loader_or_skip(plugin["name"])
    try:
        with postgres_server.running() as server:
            place = {
                "host": "127.0.0.1",
                "port": server.port,
                "user": postgres_server.USER,
                "password": postgres_server.PASSWORD,
                "database": "postgres",
            }

            def command(schema: str) -> list[str | Path]:
                settings = _settings(plugin, **place, default_target_schema=schema)
                return destinations.command_of(loader, settings, folder)

            env = {f"TARGET_POSTGRES_{name.upper()}": str(value) for name, value in place.items()}
            dbt = Dbt(folder, {"OMNIMESSAGES_WAREHOUSE": "postgres", **env})
            yield Warehouse(dbt, server.rows, server.execute, command, plugin["env"], folder)
    except postgres_server.UnavailableError as error:
        pytest.skip(str(error))


WAREHOUSES: dict[str, Callable[[Path], AbstractContextManager[Warehouse]]] = {
    "DuckDB": duckdb_warehouse,
    "PostgreSQL": postgres_warehouse,
}

"""Tests of the loaders' settings that docs/targets.md explains.

Each test also loads without the setting. If that part fails, the loader may have been repaired.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from omnimessages_sandbox import Sandbox
from tests.support import fixed, message, only, session
from tests_targets import postgres_server
from tests_targets.account import canonical
from tests_targets.destinations import csv_files, duckdb_file, postgres
from tests_targets.runs import run_pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from tests_targets.destinations import Destination

STREAM = "antbuddy_messages"
AT = "2026-03-02T08:30:00Z"
NOW = "2026-03-05T00:00:00Z"
THEN = "2026-03-02T08:30:00.000000+00:00"
THEN_IN_THE_SERVERS_ZONE = "2026-03-02T15:30:00.000000+00:00"


def _sandbox() -> Sandbox:
    sessions = [
        session(number, at, message(f"m{number}", at, msginfo={"type": "text"}))
        for number, at in enumerate((AT, "2026-03-03T08:30:00Z"))
    ]
    return Sandbox(world=fixed(sessions), now=NOW)


def _load(destination: Destination, folder: Path, **env: str) -> dict[str, dict[str, Any]]:
    with _sandbox() as sandbox:
        given = {**destination.env, **env}
        run_pipeline(only(sandbox, "antbuddy"), None, destination.command, folder, given)
    rows = destination.read([STREAM])[STREAM].rows
    return {row["id"]: canonical(STREAM, row) for row in rows}


def test_postgres_shifts_times_unless_its_sessions_are_in_utc(tmp_path: Path) -> None:
    with postgres(tmp_path, env={}) as destination:
        assert _load(destination, tmp_path)["m0"]["created_time"] == THEN_IN_THE_SERVERS_ZONE
        assert _load(destination, tmp_path, PGTZ="UTC")["m0"]["created_time"] == THEN


def test_postgres_keeps_times_when_the_loaders_role_is_in_utc(tmp_path: Path) -> None:
    role = f"ALTER ROLE {postgres_server.USER} SET timezone = 'UTC'"
    with postgres(tmp_path, env={}, prepare=role) as destination:
        assert _load(destination, tmp_path)["m0"]["created_time"] == THEN


def test_postgres_keeps_a_null_object_as_json_null(tmp_path: Path) -> None:
    statement = "SELECT shares IS NULL AS sql_null, shares = 'null' AS json_null FROM {table}"
    with postgres(tmp_path) as destination:
        _load(destination, tmp_path)
        assert destination.query is not None
        assert destination.query(statement, STREAM)[0] == {"sql_null": False, "json_null": True}


def test_postgres_loads_rows_with_nul_characters_anywhere(tmp_path: Path) -> None:
    text = "before\x00after"
    own = message("nul", AT, message=text, msginfo={"message": text, text: [text, {"in": text}]})
    with (
        postgres(tmp_path) as destination,
        Sandbox(world=fixed([session(1, AT, own)]), now=NOW) as sandbox,
    ):
        settings = only(sandbox, "antbuddy")
        run_pipeline(settings, None, destination.command, tmp_path, destination.env)
        (row,) = destination.read([STREAM])[STREAM].rows
    kept = "beforeafter"
    assert row["message"] == kept
    assert row["msginfo"] == {"message": kept, kept: [kept, {"in": kept}]}


def test_csv_overwrites_the_last_run_unless_its_files_are_named_by_time(tmp_path: Path) -> None:
    for naming, kept in (("{stream_name}.csv", {"m1"}), ("{stream_name}-{timestamp}.csv", None)):
        folder = tmp_path / str(kept)
        folder.mkdir()
        with csv_files(folder, file_naming_scheme=naming) as destination, _sandbox() as sandbox:
            settings = only(sandbox, "antbuddy")
            days = [{"end_date": "2026-03-03T00:00:00Z"}, {"start_date": "2026-03-03T00:00:00Z"}]
            for range_of_a_run in days:
                run_pipeline({**settings, **range_of_a_run}, None, destination.command, folder)
            keys = {row["id"] for row in destination.read([STREAM])[STREAM].rows}
        assert keys == (kept or {"m0", "m1"})


def test_csv_writes_objects_as_python_does_unless_flattening_is_on(tmp_path: Path) -> None:
    for flattening, written in ((False, "{'type': 'text'}"), (True, '{"type":"text"}')):
        folder = tmp_path / str(flattening)
        folder.mkdir()
        with csv_files(folder, flattening_enabled=flattening) as destination, _sandbox() as sandbox:
            run_pipeline(only(sandbox, "antbuddy"), None, destination.command, folder)
        (path,) = (folder / "csv").glob(f"{STREAM}*.csv")
        with path.open(encoding="utf-8", newline="") as lines:
            assert {row["msginfo"] for row in csv.DictReader(lines)} == {written}


def test_duckdb_with_its_metadata_columns_keeps_every_row(tmp_path: Path) -> None:
    with duckdb_file(tmp_path, add_metadata_columns=True) as destination:
        assert _load(destination, tmp_path).keys() == {"m0", "m1"}

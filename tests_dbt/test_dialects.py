"""The package compiles for each warehouse, and the statements are in its dialect of SQL."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests_dbt.environments import SQLFLUFF
from tests_dbt.project import PROJECT, Dbt, dbt_or_skip

if TYPE_CHECKING:
    from pathlib import Path

DIALECTS = ("bigquery", "duckdb", "postgres", "snowflake")
FOLDERS = ("analyses", "models", "tests")

# Rules that find mistakes; those of style judge the sources, not what dbt makes of them.
_RULES = "AL04,AL05,AL08,AM,RF01,ST03"

pytestmark = pytest.mark.xdist_group("dialects")


def _without_a_server(folder: Path) -> Dbt:
    """Return the package with invented logins: no compilation connects."""
    dbt_or_skip()
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    account = {
        "type": "service_account",
        "project_id": "invented",
        "private_key": key.decode(),
        "client_email": "invented@example.invalid",
        "token_uri": "https://example.invalid/token",
    }
    path = folder / "key.json"
    path.write_text(json.dumps(account), encoding="utf-8")
    names = ("ACCOUNT", "USER", "PASSWORD", "DATABASE")
    return Dbt(
        folder,
        {
            **{f"TARGET_SNOWFLAKE_{name}": "invented" for name in names},
            "TARGET_BIGQUERY_PROJECT": "invented",
            "TARGET_BIGQUERY_CREDENTIALS_PATH": str(path),
            "TARGET_POSTGRES_DATABASE": "invented",
            "TARGET_POSTGRES_USER": "invented",
            "TARGET_DUCKDB_FILEPATH": str(folder / "empty.duckdb"),
        },
    )


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_compiled_is_in_the_dialect(dialect: str, tmp_path: Path) -> None:
    dbt = _without_a_server(tmp_path)
    offline = ("--no-introspect", "--no-populate-cache")
    holidays = ["2026-09-02", "2026-04-30"]
    dbt.run_well("compile", "--target", dialect, *offline, office_holidays=holidays)
    compiled = {name for folder in FOLDERS for name in dbt.compiled(folder)}
    assert {path.stem for path in PROJECT.glob("*/**/*.sql") if _is_compiled(path)} <= compiled
    places = [tmp_path / "target" / "compiled" / "omnimessages" / folder for folder in FOLDERS]
    lint = (SQLFLUFF, "lint", "--nocolor", "--templater", "raw", "--dialect", dialect)
    command: list[str | Path] = [*lint, "--rules", _RULES, *places]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]


def _is_compiled(path: Path) -> bool:
    return path.relative_to(PROJECT).parts[0] in FOLDERS


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"office_hours": {"1": ["17:30", "08:00"]}}, "office_hours is wrong for day 1"),
        ({"office_hours": {"1": ["08:00", "24:30"]}}, "office_hours is wrong for day 1"),
        ({"office_hours": {"1": ["8h", "17h"]}}, "office_hours is wrong for day 1"),
        ({"office_hours": {"1": [480, 1050]}}, "office_hours is wrong for day 1"),
        ({"office_hours": {"Monday": ["08:00", "17:30"]}}, "office_hours has a day Monday"),
        ({"office_holidays": ["2026-02-30"]}, "office_holidays has a day 2026-02-30"),
    ],
)
def test_wrong_office_hours_are_an_error(
    wrong: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    dbt = _without_a_server(tmp_path)
    offline = ("--no-introspect", "--no-populate-cache", "--select", "conversations")
    outcome = dbt.run("compile", "--target", "postgres", *offline, **wrong)
    assert outcome.code != 0
    assert f"The variable {sentence}" in outcome.output

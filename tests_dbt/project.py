"""Running dbt on the package in `transform/`."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests_dbt.environments import DBT
from tests_targets.environments import program_of, why_missing

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "transform"
_SECONDS = 280
_TAIL = 4000


@dataclass(frozen=True)
class Outcome:
    """How a command of dbt ended.

    Attributes:
        code: Its exit code.
        output: What it printed.
        results: The status of each node that ran, by the node's name.
    """

    code: int
    output: str
    results: dict[str, str]

    def names_with(self, status: str) -> set[str]:
        """Return the names of the nodes that ended with a status, such as `fail`."""
        return {name for name, found in self.results.items() if found == status}


@dataclass(frozen=True)
class Dbt:
    """The package with one warehouse.

    Attributes:
        folder: The folder for what dbt writes.
        env: The variables that name the warehouse.
    """

    folder: Path
    env: Mapping[str, str]

    def run(self, *arguments: str, **variables: Any) -> Outcome:
        """Run a command.

        Args:
            arguments: The command and its options.
            variables: The package's variables that differ from the usual ones.

        Returns:
            How it ended.
        """
        given = [*arguments, "--vars", json.dumps(variables)] if variables else [*arguments]
        found = self.folder / "target" / "run_results.json"
        found.unlink(missing_ok=True)
        done = subprocess.run(
            [program_of(DBT), *given],
            cwd=PROJECT,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        results = json.loads(found.read_text(encoding="utf-8"))["results"] if found.exists() else []
        return Outcome(
            done.returncode,
            done.stdout + done.stderr,
            {row["unique_id"].split(".")[2]: row["status"] for row in results},
        )

    def run_well(self, *arguments: str, **variables: Any) -> Outcome:
        """Run a command that has to succeed."""
        outcome = self.run(*arguments, **variables)
        assert outcome.code == 0, outcome.output[-_TAIL:]
        return outcome

    def compiled(self, folder: str) -> dict[str, str]:
        """Return the statements that dbt has compiled, by name.

        Args:
            folder: Their folder in the package, such as `analyses`.
        """
        place = self.folder / "target" / "compiled" / "omnimessages" / folder
        return {path.stem: path.read_text(encoding="utf-8") for path in place.rglob("*.sql")}

    def _environment(self) -> dict[str, str]:
        ours = ("DBT_", "OMNIMESSAGES_", "TARGET_")
        rest = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
        return {
            **rest,
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DBT_PROFILES_DIR": str(PROJECT),
            **self.env,
        }


def dbt_or_skip() -> None:
    """Skip the test with the reason if dbt is not installed."""
    reason = why_missing(DBT)
    if reason:
        pytest.skip(reason.replace("make test-targets", "make test-dbt"))

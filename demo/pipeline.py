"""Meltano with the demo's own settings: the tap reads a sandbox, the loader writes DuckDB."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from demo.project import PROJECT, write_project
from demo.steps import FOLDER, ROOT, VENV, announced, identity, run, shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from omnimessages_sandbox.sandbox import Sandbox

WAREHOUSE = FOLDER / "warehouse.duckdb"
COPY = FOLDER / "warehouse-after-run-1.duckdb"
SCHEMA = "omnimessages"
_SYSTEM_DATABASE = FOLDER / "meltano.db"
_PLUGINS_MADE_FROM = FOLDER / "plugins-made-from"
_MELTANO = VENV / "bin" / "meltano"
_PLUGINS = {"tap-omnimessages": "extractors", "target-duckdb": "loaders"}
_LOAD = ("--environment=sandbox", "run", *_PLUGINS)
_STATE_ID = "sandbox:tap-omnimessages-to-target-duckdb"
_SETTINGS = ("MELTANO_", "TAP_OMNIMESSAGES_", "TARGET_DUCKDB_")


@dataclass(frozen=True)
class Run:
    """What one run of the pipeline did.

    Attributes:
        until: The sandbox's time at the run, and the end of the range it read.
        requests: How many requests it sent, by API.
        bookmarks: The bookmarks in the state after the run, by stream.
    """

    until: datetime
    requests: Counter[str]
    bookmarks: dict[str, dict[str, str]]


class Pipeline:
    """The pipeline from a sandbox into the warehouse."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Set the sandbox to read, and delete what an earlier demo loaded."""
        self._sandbox = sandbox
        self._env = _environment(sandbox)
        for leftover in ("warehouse*", "meltano.db*", "state-after-run-*.json"):
            for path in FOLDER.glob(leftover):
                path.unlink()

    def install(self) -> None:
        """Install the two plugins in the demo's project, unless they are installed."""
        write_project()
        wanted = identity(ROOT / "meltano.yml", ROOT / "pyproject.toml")
        programs = [
            PROJECT / ".meltano" / kind / name / "venv" / "bin" / name
            for name, kind in _PLUGINS.items()
        ]
        made_from = _PLUGINS_MADE_FROM
        known = made_from.read_text(encoding="utf-8") if made_from.exists() else ""
        if known == wanted and all(program.exists() for program in programs):
            return
        made_from.unlink(missing_ok=True)
        # Clean, because an environment made by uv has no pip.
        self._run(
            "meltano install (the first time takes this long)",
            ["install", "--clean", *_PLUGINS],
            "plugins",
        )
        made_from.write_text(wanted, encoding="utf-8")

    def load(self, number: int) -> Run:
        """Run the pipeline up to the sandbox's present time.

        Args:
            number: The number of the run, for the names of its files.

        Returns:
            What it did.
        """
        until = self._sandbox.now
        self._sandbox.clear_requests()
        title = f"Run {number}: meltano {' '.join(_LOAD)}"
        self._run(title, _LOAD, f"run-{number}", TAP_OMNIMESSAGES_END_DATE=until.isoformat())
        requests = Counter(request.api for request in self._sandbox.requests)
        return Run(until, requests, self._read_bookmarks(number))

    def keep_copy(self) -> None:
        """Copy the warehouse, to compare it with the warehouse after the next run."""
        with announced(f"Keeping a copy of the warehouse in {shown(COPY)}"):
            _copy_database(WAREHOUSE, COPY)

    def _read_bookmarks(self, number: int) -> dict[str, dict[str, str]]:
        path = FOLDER / f"state-after-run-{number}.json"
        self._run(
            f"Keeping its bookmarks in {shown(path)}",
            ["--environment=sandbox", "state", "get", _STATE_ID],
            f"state-{number}",
            output=path,
        )
        state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        bookmarks: dict[str, dict[str, str]] = state["singer_state"]["bookmarks"]
        return bookmarks

    def _run(
        self,
        title: str,
        arguments: Sequence[str],
        log: str,
        output: Path | None = None,
        **env: str,
    ) -> None:
        """Run Meltano in the demo's project, as `demo.steps.run` does."""
        command: list[str | Path] = [_MELTANO, *arguments]
        run(title, command, log, env={**self._env, **env}, folder=PROJECT, output=output)


def _copy_database(source: Path, target: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("ATTACH $path AS source (READ_ONLY)", {"path": str(source)})
        connection.execute("ATTACH $path AS target", {"path": str(target)})
        connection.execute("COPY FROM DATABASE source TO target")


def _environment(sandbox: Sandbox) -> dict[str, str]:
    """Return the environment variables of Meltano and its plugins.

    The demo must neither use nor change a user's settings for real accounts.
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}
    env |= {f"TAP_OMNIMESSAGES_{name.upper()}": v for name, v in sandbox.settings().items()}
    env |= {
        "MELTANO_AUTO_INSTALL": "false",
        "MELTANO_DATABASE_URI": f"sqlite:///{_SYSTEM_DATABASE}",
        "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
        "MELTANO_STATE_BACKEND_URI": "systemdb",
        # Unlike uv, it installs with pip and so follows pip's configuration.
        "MELTANO_VENV_BACKEND": "virtualenv",
        "NO_COLOR": "1",
        "TARGET_DUCKDB_DEFAULT_TARGET_SCHEMA": SCHEMA,
        "TARGET_DUCKDB_FILEPATH": str(WAREHOUSE),
    }
    # A proxy cannot reach loopback.
    for name in ("NO_PROXY", "no_proxy"):
        env[name] = ",".join(filter(None, [env.get(name), "127.0.0.1"]))
    return env

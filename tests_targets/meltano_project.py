"""A small Meltano project whose tap reports its calls, and whose runs can be made to meet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests_targets.environments import program_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests_targets.loaders import Loader

EXTRACTOR, INHERITED, LOADER = "tap-omnimessages", "tap-omnimessages-hcm", "target-counting"

_SECONDS = 120
_POLL_SECONDS = 0.05
_OWN_VARIABLES = ("MELTANO_", "TAP_OMNIMESSAGES_")
_PROBES = Path(__file__).parent / "probes"
_PROGRAMS = {EXTRACTOR: "reporting_tap.py", LOADER: "counting_target.py"}


@dataclass(frozen=True)
class Run:
    """What a run of Meltano did.

    Attributes:
        code: Its exit code.
        log: Its log.
        folder: The folder of the tap's files; None if Meltano did not get as far as a sync.
        state: The state that the tap was given, or None.
        rows: How many records the loader was given.
    """

    code: int
    log: str
    folder: Path | None
    state: dict[str, Any] | None
    rows: int


class MeltanoProject:
    """A project with the tap, an extractor that inherits from it, and a loader."""

    def __init__(self, folder: Path, meltano: Loader, config: Mapping[str, Any]) -> None:
        """Write the project.

        Args:
            folder: An empty folder.
            meltano: Meltano and its environment.
            config: The tap's settings.
        """
        self._folder = folder
        self._meltano = program_of(meltano)
        programs = {name: _write_program(folder, name) for name in _PROGRAMS}
        extractor = {
            "name": EXTRACTOR,
            "namespace": "tap_omnimessages",
            "executable": programs[EXTRACTOR],
            "capabilities": ["catalog", "discover", "state"],
            "settings": [{"name": name} for name in ("antbuddy_api_key", *config)],
            "config": dict(config),
        }
        inherited = {"name": INHERITED, "inherit_from": EXTRACTOR}
        loader = {
            "name": LOADER,
            "namespace": "target_counting",
            "executable": programs[LOADER],
        }
        definition = {
            "project_id": "an-invented-project",
            "default_environment": "prod",
            "environments": [{"name": "prod"}],
            "plugins": {"extractors": [extractor, inherited], "loaders": [loader]},
        }
        (folder / "meltano.yml").write_text(yaml.safe_dump(definition), encoding="utf-8")

    def start(
        self, *arguments: str, key: str, extractor: str = EXTRACTOR, wait: bool = False
    ) -> StartedRun:
        """Start a run.

        Args:
            arguments: Meltano's arguments before the names of the plugins.
            key: The API key, which names the account.
            extractor: The name of the extractor.
            wait: Whether the run waits at discovery, after it has looked up its state, until
                `StartedRun.go_on`.
        """
        place = self._folder / f"run-{len(list(self._folder.glob('run-*')))}"
        place.mkdir()
        if not wait:
            (place / "go").touch()
        env = {name: v for name, v in os.environ.items() if not name.startswith(_OWN_VARIABLES)}
        env |= {
            "MELTANO_AUTO_INSTALL": "false",
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
            "NO_COLOR": "1",
            "OMNIMESSAGES_TEST_FOLDER": str(place),
            f"{extractor.upper().replace('-', '_')}_ANTBUDDY_API_KEY": key,
        }
        with (place / "log").open("wb") as log:
            process = subprocess.Popen(
                [self._meltano, *arguments, extractor, LOADER],
                cwd=self._folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return StartedRun(process, place)

    def run(self, *arguments: str, key: str, extractor: str = EXTRACTOR) -> Run:
        """Run to the end; see `start`."""
        return self.start(*arguments, key=key, extractor=extractor).finish()


class StartedRun:
    """A run of Meltano that is under way."""

    def __init__(self, process: subprocess.Popen[bytes], place: Path) -> None:
        self._process = process
        self._place = place

    def wait_for_discovery(self) -> None:
        """Wait until the run has looked up its state and waits at discovery."""
        deadline = time.monotonic() + _SECONDS
        while not (self._place / "waiting").exists():
            assert self._process.poll() is None, self._log()
            assert time.monotonic() < deadline, self._log()
            time.sleep(_POLL_SECONDS)

    def go_on(self) -> StartedRun:
        """Let a waiting run continue."""
        (self._place / "go").touch()
        return self

    def finish(self) -> Run:
        """Wait for the end of the run."""
        try:
            code = self._process.wait(_SECONDS)
        finally:
            self._process.kill()
        call, rows = self._place / "call.json", self._place / "rows"
        called = json.loads(call.read_text(encoding="utf-8")) if call.exists() else None
        return Run(
            code,
            self._log(),
            folder=called and Path(called["config"]).parent,
            state=called and called["state"],
            rows=int(rows.read_text(encoding="utf-8")) if rows.exists() else 0,
        )

    def _log(self) -> str:
        return (self._place / "log").read_text(encoding="utf-8", errors="replace")


def _write_program(folder: Path, name: str) -> str:
    program = folder / name
    text = (_PROBES / _PROGRAMS[name]).read_text(encoding="utf-8")
    program.write_text(f"#!{sys.executable}\n{text}", encoding="utf-8")
    program.chmod(0o755)
    return str(program)

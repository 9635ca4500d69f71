"""Run the tap and a loader as a user does: two processes and a pipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests_targets.postgres_server import ZONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_SECONDS = 240
_TAIL = 3000


@dataclass(frozen=True)
class Outcome:
    """How a loader ended.

    Attributes:
        code: Its exit code.
        states: The states that it printed. Each means that everything before it is stored.
        log: Its log.
    """

    code: int
    states: list[dict[str, Any]]
    log: str


def run_pipeline(
    settings: Mapping[str, Any],
    state: Mapping[str, Any] | None,
    loader: Sequence[str | Path],
    folder: Path,
    env: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Run the tap into a loader, and return the last state that the loader printed.

    Args:
        settings: The tap's settings.
        state: The state to resume from, or None.
        loader: The loader's program and its arguments.
        folder: The folder for the files of the run.
        env: More variables for the loader's environment.

    Returns:
        The state for the next run.
    """
    command = [*tap_command(settings, folder)]
    if state:
        given = folder / "state.json"
        given.write_text(json.dumps(state), encoding="utf-8")
        command += ["--state", given]
    with (folder / "tap.log").open("wb") as log:
        tap = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        try:
            outcome = run_loader(loader, tap.stdout, folder, env)
        finally:
            if tap.stdout:
                tap.stdout.close()
            code = tap.wait(_SECONDS)
    said = (folder / "tap.log").read_text(encoding="utf-8")
    assert outcome.code == 0, outcome.log[-_TAIL:]
    assert code == 0, said[-_TAIL:]
    return outcome.states[-1]


def run_loader(
    loader: Sequence[str | Path],
    messages: Any,
    folder: Path,
    env: Mapping[str, str] | None = None,
) -> Outcome:
    """Run a loader on messages.

    Args:
        loader: Its program and its arguments.
        messages: A file or a pipe with the messages.
        folder: The folder for its log.
        env: More variables for its environment.

    Returns:
        How it ended.
    """
    with (folder / "loader.log").open("wb") as log:
        done = subprocess.run(
            loader,
            stdin=messages,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=folder,
            env={**os.environ, "TZ": ZONE, **(env or {})},
            timeout=_SECONDS,
            check=False,
        )
    states = [json.loads(line) for line in done.stdout.decode().splitlines() if line]
    said = (folder / "loader.log").read_text(encoding="utf-8", errors="replace")
    return Outcome(done.returncode, states, said)


def tap_command(settings: Mapping[str, Any], folder: Path) -> list[str | Path]:
    """Write the tap's settings into the folder, and return the command that runs the tap."""
    path = folder / "tap.json"
    path.write_text(json.dumps(settings), encoding="utf-8")
    return [sys.executable, "-m", "tap_omnimessages", "--config", path]


def tap_output(settings: Mapping[str, Any], folder: Path) -> list[str]:
    """Run the tap alone.

    Args:
        settings: Its settings.
        folder: The folder for its files.

    Returns:
        The lines that it printed.
    """
    done = subprocess.run(
        tap_command(settings, folder), capture_output=True, timeout=_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-_TAIL:]
    return [f"{line}\n" for line in done.stdout.decode().split("\n") if line]

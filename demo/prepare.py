"""Install the demo's packages into `.demo/venv`; needs only Python with venv and pip."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from demo.steps import ROOT, VENV, StepError, identity, run, run_to_end

if TYPE_CHECKING:
    from pathlib import Path

_MADE_FROM = VENV / "made-from"
_PYTHON = VENV / "bin" / "python"
# pip understands groups from 25.1 on.
_PIP = "pip>=25.1"


def prepare() -> None:
    """Create the environment, unless a matching one exists.

    Raises:
        StepError: Something could not be installed.
    """
    wanted = identity(ROOT / "pyproject.toml")
    if _fits(wanted):
        return
    print("Setting up .demo/venv; only the first time takes this long.")
    pip: list[str | Path] = [_PYTHON, "-m", "pip", "install", "--no-input", "--progress-bar=off"]
    run("Creating the environment", [sys.executable, "-m", "venv", "--clear", VENV], "venv")
    try:
        run("Updating its pip", [*pip, "--upgrade", _PIP], "pip")
        wished = ["--group", "demo", "--editable", ".[sandbox]"]
        run("Installing the tap, its sandbox, Meltano and DuckDB", [*pip, *wished], "install")
    except StepError as error:
        msg = f"{error} Is the package registry reachable?"
        raise StepError(msg) from None
    _MADE_FROM.write_text(wanted, encoding="utf-8")
    print()


def _fits(wanted: str) -> bool:
    try:
        if _MADE_FROM.read_text(encoding="utf-8") != wanted:
            return False
        return subprocess.run([_PYTHON, "-c", ""], check=False).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(run_to_end(prepare))

"""An environment for each loader, because loaders cannot share one.

`python -m tests_targets.environments` creates them in `.targets`, unless a matching one exists.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import IO, TYPE_CHECKING

from demo.steps import ROOT, identity
from tests_targets.loaders import LOADERS, Loader

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROOT / ".targets"
_AT_A_TIME = 2
_TAIL_LINES = 3


def folder_of(loader: Loader) -> Path:
    """Return the folder of a loader's environment."""
    return FOLDER / loader.name


def python_of(loader: Loader) -> Path:
    """Return the Python of a loader's environment."""
    return folder_of(loader) / "bin" / "python"


def program_of(loader: Loader) -> Path:
    """Return a loader's program."""
    return folder_of(loader) / "bin" / loader.name


def why_missing(loader: Loader) -> str | None:
    """Return why a loader cannot run, or None if it can.

    Args:
        loader: The loader.
    """
    if _made_from(loader) == _wanted(loader) and program_of(loader).exists():
        return None
    reason = _reason_file(loader)
    if reason.exists():
        return reason.read_text(encoding="utf-8")
    return f"{loader.name} is not installed: run `make test-targets`"


def make(loader: Loader) -> str:
    """Create a loader's environment, unless a matching one exists.

    Args:
        loader: The loader.

    Returns:
        What was done, in words. A loader that cannot be installed is no error; its tests are
        skipped with the reason.
    """
    if why_missing(loader) is None:
        return f"{loader.name}: already installed"
    _reason_file(loader).unlink(missing_ok=True)
    try:
        _install(loader)
    except (OSError, subprocess.CalledProcessError) as error:
        shutil.rmtree(folder_of(loader), ignore_errors=True)
        reason = f"{loader.name} could not be installed: {_said(loader) or error}"
        _reason_file(loader).write_text(reason, encoding="utf-8")
        return reason
    _made_from_file(loader).write_text(_wanted(loader), encoding="utf-8")
    return f"{loader.name}: installed"


def _install(loader: Loader) -> None:
    place = folder_of(loader)
    with _log_file(loader).open("wb") as log:
        python = _python_for(loader)
        _run([python, "-m", "venv", "--clear", "--without-pip", place], log)
        pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", python_of(loader)]
        options = ["--no-input", "--progress-bar=off", "--disable-pip-version-check"]
        _run([*pip, "install", *options, *loader.installed], log)


def _run(command: list[str | Path], log: IO[bytes]) -> None:
    subprocess.run(
        command,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
    )


def _python_for(loader: Loader) -> str:
    """Return this Python, or an installed older one if the loader needs it."""
    if loader.below is None or sys.version_info < loader.below:
        return sys.executable
    major, minor = loader.below
    older = f"python{major}.{minor - 1}"
    found = shutil.which(older)
    probe = [found or older, "-c", "import venv"]
    works = found and subprocess.run(probe, check=False, capture_output=True).returncode == 0
    if found and works:
        return found
    msg = f"it needs a Python below {major}.{minor}, and {older} is not installed"
    raise OSError(msg)


def _wanted(loader: Loader) -> str:
    return f"{identity()} {' '.join(loader.installed)}"


def _made_from(loader: Loader) -> str | None:
    path = _made_from_file(loader)
    return path.read_text(encoding="utf-8") if path.exists() else None


def _said(loader: Loader) -> str:
    """Return pip's last error lines."""
    lines = _log_file(loader).read_text(encoding="utf-8", errors="replace").splitlines()
    errors = [line for line in lines if line.startswith("ERROR")]
    return " ".join(errors[-_TAIL_LINES:])


def _made_from_file(loader: Loader) -> Path:
    return folder_of(loader) / "made-from"


def _reason_file(loader: Loader) -> Path:
    return FOLDER / f"{loader.name}.reason"


def _log_file(loader: Loader) -> Path:
    return FOLDER / f"{loader.name}.log"


def main() -> None:
    """Create all environments, and print what was done."""
    FOLDER.mkdir(exist_ok=True)
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        for outcome in pool.map(make, LOADERS.values()):
            print(f"  {outcome}", flush=True)


if __name__ == "__main__":
    main()

"""Install Airflow, Meltano and the plugins; needs only Python with venv and pip.

Airflow and Meltano get an environment each in `.demo/fleet`, because their requirements conflict.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from demo.steps import FOLDER, ROOT, StepError, identity, run, run_to_end

if TYPE_CHECKING:
    from pathlib import Path

FLEET = FOLDER / "fleet"
AIRFLOW = FLEET / "airflow"
MELTANO = FLEET / "meltano"
_OWN = ROOT / "orchestrate"
_GROUPS = _OWN / "pyproject.toml"
_PINS = _OWN / "constraints.txt"
PLUGINS = {
    "tap-omnimessages": "extractors",
    "target-postgres": "loaders",
    "tap-omnimessages-sandbox": "utilities",
}


def prepare() -> None:
    """Create what does not exist yet, or was made from other requirements.

    Raises:
        StepError: Something could not be installed.
    """
    FLEET.mkdir(parents=True, exist_ok=True)
    airflow: list[str | Path] = ["--constraint", _PINS, "--editable", f"{_OWN}[airflow]"]
    airflow += ["--group", f"{_GROUPS}:test"]
    _environment(AIRFLOW, "Airflow", airflow, identity(_GROUPS, _PINS))
    _environment(MELTANO, "Meltano", ["--group", f"{_GROUPS}:meltano"], identity(_GROUPS))
    _plugins()


def plugin(name: str) -> Path:
    """Return the program of an installed plugin."""
    return ROOT / ".meltano" / PLUGINS[name] / name / "venv" / "bin" / name


def _environment(place: Path, name: str, wished: list[str | Path], wanted: str) -> None:
    made_from = place / "made-from"
    if made_from.exists() and made_from.read_text(encoding="utf-8") == wanted:
        return
    python = place / "bin" / "python"
    pip: list[str | Path] = [python, "-m", "pip", "install", "--no-input", "--progress-bar=off"]
    command: list[str | Path] = [sys.executable, "-m", "venv", "--clear", place]
    run(f"Creating an environment for {name}", command, f"fleet-{place.name}-venv")
    try:
        # pip understands groups from 25.1 on.
        run("Updating its pip", [*pip, "--upgrade", "pip>=25.1"], f"fleet-{place.name}-pip")
        run(f"Installing {name}", [*pip, *wished], f"fleet-{place.name}")
    except StepError as error:
        msg = f"{error} Is the package registry reachable?"
        raise StepError(msg) from None
    made_from.write_text(wanted, encoding="utf-8")


def _plugins() -> None:
    wanted = identity(ROOT / "meltano.yml", ROOT / "pyproject.toml")
    made_from = FLEET / "plugins-made-from"
    known = made_from.read_text(encoding="utf-8") if made_from.exists() else ""
    if known == wanted and all(plugin(name).exists() for name in PLUGINS):
        return
    env = {
        **os.environ,
        "MELTANO_DATABASE_URI": f"sqlite:///{FLEET / 'install.db'}",
        "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
        # Unlike uv, it installs with pip and so follows pip's configuration.
        "MELTANO_VENV_BACKEND": "virtualenv",
    }
    command: list[str | Path] = [MELTANO / "bin" / "meltano", "install", "--clean", *PLUGINS]
    run("meltano install", command, "fleet-plugins", env=env)
    made_from.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(run_to_end(prepare))

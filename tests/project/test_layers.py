"""import-linter's contracts catch each kind of wrong import."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT_IMPORTS = Path(sysconfig.get_path("scripts")) / "lint-imports"
UP = "An import goes down, never up"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Both packages and their contracts, where a test may change them."""
    for package in ("omnimessages_sandbox", "tap_omnimessages"):
        compiled = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=compiled)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def _lint(folder: Path) -> tuple[int, str]:
    """Return the exit code of import-linter and its output as one line."""
    ended = subprocess.run(
        [LINT_IMPORTS, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )
    return ended.returncode, " ".join((ended.stdout + ended.stderr).split())


def test_the_packages_keep_the_contracts(copied: Path) -> None:
    code, output = _lint(copied)
    assert code == 0, output


@pytest.mark.parametrize(
    ("module", "imported", "contract"),
    [
        ("tap_omnimessages.http.client", "tap_omnimessages.extract.windows", UP),
        ("tap_omnimessages.extract.windows", "tap_omnimessages.singer.state", UP),
        ("tap_omnimessages.records.reader", "tap_omnimessages.http.client", UP),
        ("tap_omnimessages.redaction", "tap_omnimessages.errors", UP),
        ("tap_omnimessages.singer.stream", "tap_omnimessages.providers.base", UP),
        (
            "omnimessages_sandbox.world.dice",
            "omnimessages_sandbox.http.routes",
            "An import within the sandbox goes down, never up",
        ),
        (
            "tap_omnimessages.http.throttle",
            "tap_omnimessages.http.client",
            "Nothing imports in a circle",
        ),
        (
            "tap_omnimessages.providers.antbuddy.source",
            "tap_omnimessages.providers.etelecom.pagination",
            "No provider knows another",
        ),
        (
            "omnimessages_sandbox.times",
            "tap_omnimessages.timestamps",
            "The sandbox imports nothing of the tap",
        ),
        ("tap_omnimessages.tap", "omnimessages_sandbox", "The tap needs neither the sandbox"),
        ("tap_omnimessages.tap", "aiohttp", "The tap needs neither the sandbox"),
        ("tap_omnimessages.extract.cache", "singer_sdk", "Reading an API needs nothing of Singer"),
    ],
)
def test_a_wrong_import_breaks_the_contract_that_forbids_it(
    module: str, imported: str, contract: str, copied: Path
) -> None:
    path = copied / f"{module.replace('.', '/')}.py"
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\nimport {imported}\n")
    code, output = _lint(copied)
    assert code == 1, output
    broken = output.partition("Broken contracts")[2]
    assert contract in broken
    assert imported.rpartition(".")[2] in broken


def test_a_module_without_a_layer_is_refused(copied: Path) -> None:
    (copied / "tap_omnimessages" / "invented.py").write_text("", encoding="utf-8")
    code, output = _lint(copied)
    assert code == 1
    assert "tap_omnimessages.invented" in output

"""The distributions hold the source and nothing else, and can be installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path
from shutil import copy
from typing import NamedTuple

import pytest

from tests.profiles import slow

ROOT = Path(__file__).parents[2]
PACKAGE = "tap_omnimessages"
SANDBOX = "omnimessages_sandbox"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
STEM = f"{PACKAGE}-{VERSION}"
METADATA = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
# Files for the hosting of the repository, and a project beside the tap's: the source distribution
# leaves them out.
LEFT_OUT = (".ci/", ".github/", "orchestrate/")
# What a folder may hold once somebody has run the tap there: keys, customers' data, bookmarks.
PRIVATE = (".env", "config.json", "state.json", "output/antbuddy_messages.jsonl", "notes/keys.txt")


class Distributions(NamedTuple):
    wheel: Path
    sdist: Path


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """The source distribution, and the wheel from it, built in a folder with private files."""
    folder, work = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("work")
    for name in _sources():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, work / name)
    for name in PRIVATE:
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text("invented", encoding="utf-8")
    _run(sys.executable, "-m", "build", "--no-isolation", f"--outdir={folder}", str(work))
    assert {path.name for path in folder.iterdir()} == {
        f"{STEM}-py3-none-any.whl",
        f"{STEM}.tar.gz",
    }
    return Distributions(folder / f"{STEM}-py3-none-any.whl", folder / f"{STEM}.tar.gz")


def test_the_wheel_holds_the_packages_and_the_licence_only(
    distributions: Distributions,
) -> None:
    with zipfile.ZipFile(distributions.wheel) as archive:
        names = set(archive.namelist())
    sources = {
        str(path.relative_to(ROOT))
        for name in (PACKAGE, SANDBOX)
        for path in (ROOT / name).rglob("*.py")
    }
    assert names == {
        *sources,
        f"{PACKAGE}/py.typed",
        f"{SANDBOX}/py.typed",
        *(f"{STEM}.dist-info/{name}" for name in METADATA),
    }
    assert f"{SANDBOX}/http/server.py" in names


def test_the_source_distribution_holds_the_source_only(
    distributions: Distributions,
) -> None:
    expected = {name for name in _sources() if not name.startswith(LEFT_OUT)}
    with tarfile.open(distributions.sdist) as archive:
        names = {member.name.removeprefix(f"{STEM}/") for member in archive.getmembers()}
    assert names == expected | {"PKG-INFO"}
    assert {"Makefile", "README.md", "demo/run.py", "tests/conftest.py"} <= names


@pytest.mark.parametrize("kind", ["wheel", *slow("sdist")])
def test_a_distribution_can_be_installed_and_run(
    kind: str, distributions: Distributions, tmp_path: Path
) -> None:
    environment = tmp_path / "venv"
    _run(sys.executable, "-m", "venv", str(environment))
    commands = environment / "bin"
    paths = {"base": str(environment), "platbase": str(environment)}
    packages = Path(sysconfig.get_path("purelib", "venv", paths))
    # The dependencies come from the environment of the tests, so that pip fetches nothing.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    options = ("--no-deps", "--no-index", "--no-build-isolation", "--ignore-installed")
    pip = (str(commands / "python"), "-m", "pip", "install", "--quiet", *options)
    _run(*pip, str(getattr(distributions, kind)), folder=tmp_path)

    assert (packages / PACKAGE / "py.typed").is_file()
    tap = str(commands / "tap-omnimessages")
    assert VERSION in _run(tap, "--version", folder=tmp_path)
    about = json.loads(_run(tap, "--about", "--format=json", folder=tmp_path))
    assert about["name"] == "tap-omnimessages"
    assert about["version"] == VERSION
    assert "serve" in _run(str(commands / "tap-omnimessages-sandbox"), "--help", folder=tmp_path)
    origin = _run(
        str(commands / "python"),
        "-c",
        f"import {PACKAGE}; print({PACKAGE}.__file__)",
        folder=tmp_path,
    )
    assert Path(origin.strip()).is_relative_to(packages)


def test_the_version_is_written_in_one_place() -> None:
    for path in (ROOT / PACKAGE).rglob("*.py"):
        assert VERSION not in path.read_text(encoding="utf-8"), path


def _sources() -> set[str]:
    """Return the files that git tracks or would add; outside a checkout, all files."""
    if not (ROOT / ".git").exists():
        paths = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
        generated = {"__pycache__", "PKG-INFO"}
        return {
            str(path)
            for path in paths
            if not any(folder.startswith(".") for folder in path.parts[:-1])
            and not generated & {*path.parts}
        }
    listed = _run("git", "ls-files", "--cached", "--others", "--exclude-standard", folder=ROOT)
    return {name for name in listed.splitlines() if (ROOT / name).is_file()}


def _run(*command: str, folder: Path | None = None) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    process = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=80,
        cwd=folder,
        env=environment,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout

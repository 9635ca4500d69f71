"""The image: pinned, without root, and with the files that it needs and no others."""

from __future__ import annotations

import re
import tomllib

import yaml

from tests.pages import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
SENT = {line.removeprefix("!") for line in IGNORED if line.startswith("!")}
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MELTANO = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))


def test_python_and_meltano_are_pinned_and_meltano_is_the_demo_s() -> None:
    (image,) = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", image)
    installed = re.findall(r"pip install --no-cache-dir (.*) \\", DOCKERFILE)
    (meltano,) = [line for line in PYPROJECT["dependency-groups"]["demo"] if "meltano" in line]
    assert installed == [meltano]


def test_plugins_are_installed_and_run_without_root() -> None:
    before, after = DOCKERFILE.split("USER ")
    assert not after.startswith(("0\n", "root\n"))
    assert "meltano install" in after
    assert "meltano install" not in before


def test_the_loader_that_is_installed_is_the_one_that_runs_and_meltano_yml_has_it() -> None:
    (loader,) = re.findall(r"^ARG LOADER=(\S+)$", DOCKERFILE, re.MULTILINE)
    assert f'"{loader}"]' in DOCKERFILE.splitlines()[-1]
    assert loader in {plugin["name"] for plugin in MELTANO["plugins"]["loaders"]}


def test_the_image_gets_what_the_package_needs_and_no_keys() -> None:
    assert "**" in IGNORED[:2], "everything is left out that no later line names"
    needed = {
        "meltano.yml",
        "plugins",
        "pyproject.toml",
        PYPROJECT["project"]["readme"],
        *PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"],
    }
    assert needed <= SENT
    assert not {".env", ".meltano", "output"} & SENT
    assert all((ROOT / name).exists() for name in SENT - {"local"})

"""Tests that docs/targets.md and meltano.yml name the tested loaders."""

from __future__ import annotations

import tomllib

import pytest
import yaml

from demo.steps import ROOT
from tests_targets.docs import table_under
from tests_targets.loaders import LOADERS

MELTANO = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))["plugins"]["loaders"]


def test_the_docs_name_the_versions_that_are_tested() -> None:
    named = {f"{row['loader']}=={row['version']}" for row in table_under("# Loaders")}
    others = {"singer-check-tap", "meltano"}
    tested = {loader.requirements[0] for name, loader in LOADERS.items() if name not in others}
    assert named == tested


@pytest.mark.parametrize("plugin", MELTANO, ids=lambda plugin: str(plugin["name"]))
def test_meltano_installs_what_is_tested(plugin: dict[str, str]) -> None:
    assert plugin["pip_url"].split() == list(LOADERS[plugin["name"]].requirements)


def test_meltano_is_that_of_the_demo() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(LOADERS["meltano"].requirements) <= set(project["dependency-groups"]["demo"])

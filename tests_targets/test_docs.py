"""Tests that docs/targets.md and meltano.yml name the tested loaders."""

from __future__ import annotations

import pytest
import yaml

from demo.steps import ROOT
from tests_targets.docs import table_under
from tests_targets.loaders import LOADERS

MELTANO = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))["plugins"]["loaders"]


def test_the_docs_name_the_versions_that_are_tested() -> None:
    named = {f"{row['loader']}=={row['version']}" for row in table_under("# Loaders")}
    checker = LOADERS["singer-check-tap"]
    tested = {loader.requirements[0] for loader in LOADERS.values() if loader is not checker}
    assert named == tested


@pytest.mark.parametrize("plugin", MELTANO, ids=lambda plugin: str(plugin["name"]))
def test_meltano_installs_what_is_tested(plugin: dict[str, str]) -> None:
    assert plugin["pip_url"].split() == list(LOADERS[plugin["name"]].requirements)

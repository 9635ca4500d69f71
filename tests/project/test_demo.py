"""The demo has a Meltano project of its own, which no run of the user's shares."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

import yaml

from demo import project
from tests.pages import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def _written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(project, "PROJECT", folder)
    project.write_project()
    written: dict[str, Any] = yaml.safe_load((folder / "meltano.yml").read_text(encoding="utf-8"))
    return written


def test_its_project_is_below_the_folder_that_make_clean_removes() -> None:
    top = project.PROJECT.relative_to(ROOT).parts[0]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (recipe,) = re.findall(r"^clean:\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert top in recipe.split()


def test_its_definition_is_the_checkouts_and_installs_the_tap_from_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = _written(tmp_path / "project", monkeypatch)
    own = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    assert shlex.split(written["plugins"]["extractors"][0]["pip_url"]) == ["-e", str(ROOT)]
    for kind, plugins in own["plugins"].items():
        for plugin, copied in zip(plugins, written["plugins"][kind], strict=True):
            assert {**copied, "pip_url": plugin["pip_url"]} == plugin
            assert "-e ." not in copied["pip_url"]
    assert {**written, "plugins": own["plugins"]} == own


def test_a_checkout_whose_path_has_a_space_is_one_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = tmp_path / "a checkout"
    checkout.mkdir()
    text = (ROOT / "meltano.yml").read_text(encoding="utf-8")
    (checkout / "meltano.yml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(project, "ROOT", checkout)
    written = _written(tmp_path / "project", monkeypatch)
    addresses = [shlex.split(plugin["pip_url"]) for plugin in written["plugins"]["utilities"]]
    assert [address for address in addresses if "-e" in address] == [["-e", f"{checkout}[sandbox]"]]

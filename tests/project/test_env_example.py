""".env.example names settings that exist, and gives none away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml

from tap_omnimessages.tap import TapOmniMessages
from tests.pages import README, ROOT
from tests.support import run_command

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = "TAP_OMNIMESSAGES_"
LINE = re.compile(rf'^(?P<off># )?{PREFIX}(?P<name>\w+)="?(?P<value>[^"\n]*)"?$', re.MULTILINE)
LINES = list(LINE.finditer((ROOT / ".env.example").read_text(encoding="utf-8")))
VALUES = {line["name"].lower(): line["value"] for line in LINES}


def test_it_names_the_settings_that_meltano_knows_once_and_no_others() -> None:
    meltano = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    (extractor,) = meltano["plugins"]["extractors"]
    assert sorted(line["name"].lower() for line in LINES) == sorted(
        setting["name"] for setting in extractor["settings"]
    )


def test_env_example_sets_what_the_readme_asks_for() -> None:
    (told,) = [block for block in README.blocks("sh") if "TARGET_POSTGRES_HOST=" in block]
    names = re.findall(r"^(\w+)=", told, re.MULTILINE)
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert names
    assert sorted(re.findall(r"^(\w+)=", text, re.MULTILINE)) == sorted(names)


def test_its_defaults_are_the_defaults() -> None:
    shown = {line["name"].lower() for line in LINES if line["off"]}
    properties = TapOmniMessages.config_jsonschema["properties"]
    defaults = {
        name: properties[name]["default"] for name in shown if "default" in properties[name]
    }
    assert len(defaults) > len(shown) / 2
    for name, default in defaults.items():
        if name != "etelecom_base_url":
            assert VALUES[name] == str(default).replace("True", "true"), name


def test_what_is_set_in_it_is_accepted_as_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for line in LINES:
        if not line["off"]:
            monkeypatch.setenv(f"{PREFIX}{line['name']}", line["value"])
    # Nothing answers there: the run ends at the first request, after all settings were checked.
    for provider in ("ANTBUDDY", "ETELECOM"):
        monkeypatch.setenv(f"{PREFIX}{provider}_BASE_URL", "http://127.0.0.1:9/v1/shop")
    monkeypatch.setenv(f"{PREFIX}MAX_RETRY_SECONDS", "0")
    process = run_command("--config=ENV", folder=tmp_path)
    assert process.returncode == 1
    assert "refuses the connection" in process.stderr


@pytest.mark.parametrize("name", [n for n in VALUES if n.endswith("_api_key")])
def test_its_keys_are_invented(name: str) -> None:
    assert VALUES[name].startswith("an-invented-")

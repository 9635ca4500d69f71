"""The definitions of the loaders, for `meltano add --from-ref`, say what meltano.yml says."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.pages import ROOT
from tests.support import STREAMS
from tools import loader_definitions

LOADERS = loader_definitions.loaders()


def _name_of(loader: dict[str, Any]) -> str:
    return str(loader["name"])


@pytest.mark.parametrize("loader", LOADERS, ids=_name_of)
def test_a_loader_s_definition_is_what_meltano_yml_says(loader: dict[str, Any]) -> None:
    stale = "run `make definition`: a loader's definition is not what meltano.yml says"
    written = loader_definitions.path_of(loader).read_text(encoding="utf-8")
    assert written == loader_definitions.text(loader), stale


def test_each_definition_belongs_to_a_loader() -> None:
    files = set(loader_definitions.FOLDER.glob("*.yml"))
    assert files == {loader_definitions.path_of(loader) for loader in LOADERS}


@pytest.mark.parametrize("loader", LOADERS, ids=_name_of)
def test_what_meltano_yml_configures_is_the_default_in_the_definition(
    loader: dict[str, Any],
) -> None:
    settings = loader_definitions.definition(loader)["settings"]
    defaults = {setting["name"]: setting["value"] for setting in settings if "value" in setting}
    assert loader["config"].items() <= defaults.items()


def test_a_loader_from_a_definition_writes_times_in_utc() -> None:
    (postgres,) = [loader for loader in LOADERS if loader["name"] == "target-postgres"]
    assert loader_definitions.definition(postgres)["env"] == {"PGTZ": "UTC"}


def test_the_file_that_hides_sql_names_each_stream() -> None:
    config = yaml.safe_load((ROOT / "plugins" / "logging.yml").read_text(encoding="utf-8"))
    quiet = [loader for loader in LOADERS if "SINGER_SDK_LOG_CONFIG" in loader.get("env", {})]

    expected = {f"{loader['name']}.{stream}" for loader in quiet for stream in STREAMS}
    assert config["loggers"].keys() == expected
    for loader in quiet:
        assert loader["env"]["SINGER_SDK_LOG_CONFIG"] == "plugins/logging.yml"

"""Write the definitions of the loaders, in the hub's format, from `meltano.yml`.

`python -m tools.loader_definitions` writes the files for `meltano add --from-ref`, so that another
project gets each loader with the version and the settings that are tested here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from tools.definition import ROOT

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROOT / "plugins" / "loaders"

_HEAD = "# Made by `make definition` from `meltano.yml`: do not edit.\n"
_VARIANT = "omnimessages"
# It names a file of this repository, which another project does not have.
_LEFT_OUT = {"SINGER_SDK_LOG_CONFIG"}


def definition(loader: dict[str, Any]) -> dict[str, Any]:
    """Return a loader's definition: what `config` sets becomes the default of the setting.

    Args:
        loader: The loader's entry in `meltano.yml`.

    Returns:
        The definition, in the order in which it is written.
    """
    config = loader["config"]
    settings = [
        {
            **{key: setting[key] for key in ("name", "kind")},
            "label": setting["name"].replace("_", " ").capitalize(),
            **{key: setting[key] for key in ("value", "sensitive") if key in setting},
            **({"value": config[setting["name"]]} if setting["name"] in config else {}),
            "description": setting["description"],
        }
        for setting in loader["settings"]
    ]
    env = {name: value for name, value in loader.get("env", {}).items() if name not in _LEFT_OUT}
    copied = ("namespace", "pip_url", "python", "executable")
    return {
        "name": loader["name"],
        "variant": loader.get("variant", _VARIANT),
        "label": loader["name"],
        "quality": "unknown",
        **{key: loader[key] for key in copied if key in loader},
        **({"env": env} if env else {}),
        "settings": settings,
    }


def path_of(loader: dict[str, Any]) -> Path:
    """Return the path of a loader's definition."""
    return FOLDER / f"{loader['name']}--{loader.get('variant', _VARIANT)}.yml"


def loaders() -> list[dict[str, Any]]:
    """Return the loaders of `meltano.yml`."""
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = project["plugins"]["loaders"]
    return found


def text(loader: dict[str, Any]) -> str:
    """Return the text that a loader's file should have."""
    lines: str = yaml.safe_dump(definition(loader), sort_keys=False, allow_unicode=True, width=100)
    return _HEAD + lines


def main() -> None:
    """Write the files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for loader in loaders():
        path_of(loader).write_text(text(loader), encoding="utf-8")


if __name__ == "__main__":
    main()

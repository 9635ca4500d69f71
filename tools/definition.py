"""Write the tap's plugin definition, in the hub's format, from the output of `--about`.

`python -m tools.definition` writes the file for `meltano add --from-ref`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "plugins" / "extractors" / "tap-omnimessages--omnimessages.yml"

_HEAD = "# Made by `make definition` from `tap-omnimessages --about`: do not edit.\n"
_ABOUT_THE_PLUGIN = {
    "name": "tap-omnimessages",
    "namespace": "tap_omnimessages",
    "variant": "omnimessages",
    "label": "AntBuddy and eTelecom ZNS",
    "domain_url": "https://antbuddy.com",
    "keywords": ["antbuddy", "api", "etelecom", "meltano_sdk", "zalo", "zns"],
    "maintenance_status": "active",
    "quality": "unknown",
    "executable": "tap-omnimessages",
    # The package is on no registry, so only the user knows where to install it from.
    "pip_url": "$OMNIMESSAGES_PIP_URL",
}
# The settings reach the command as environment variables.
_COMMANDS = {
    "check": {
        "args": "check --config=ENV",
        "description": "Look at the APIs before the first load; nothing is loaded.",
    },
    "check-json": {
        "args": "check --config=ENV --json",
        "description": "The same as JSON, for machines and bug reports.",
    },
}
_USAGE = """\
Set `OMNIMESSAGES_PIP_URL` in the environment, or in the project's `.env`, before installing: the
git address of the repository (`git+https://…`), or the folder of a checkout.

One of the two API keys is enough; without the other, its streams are skipped.
"""
# This setting needs a package that the tap does not install.
_LEFT_OUT = {"faker_config"}
_KINDS = {"integer", "boolean", "object", "array", "string"}
_OPTION_LABELS = {
    "iso8601": "ISO 8601",
    "epoch_ms": "Epoch milliseconds",
    "epoch_s": "Epoch seconds",
    "evolve": "Evolve",
    "freeze": "Freeze",
    "discard": "Discard",
}


def definition(said: dict[str, Any]) -> dict[str, Any]:
    """Return the definition.

    Args:
        said: The output of `--about --format=json`.

    Returns:
        The definition, in the order in which it is written.
    """
    schema = said["settings"]
    settings = [
        setting
        for name, property_ in schema["properties"].items()
        if name not in _LEFT_OUT
        for setting in _settings(name, property_)
    ]
    required = schema["required"]
    return {
        **_ABOUT_THE_PLUGIN,
        "description": said["description"],
        "supported_python_versions": said["supported_python_versions"],
        "capabilities": sorted(said["capabilities"]),
        "settings_group_validation": [
            [setting["name"], *required] for setting in settings if setting.get("sensitive")
        ],
        "settings": settings,
        "commands": _COMMANDS,
        "select": ["*.*"],
        "usage": _USAGE,
    }


def _settings(name: str, schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the settings of a property: one for each of its parts if they are known."""
    parts = schema.get("properties")
    if parts and not isinstance(schema.get("additionalProperties"), dict):
        return [setting for part in parts for setting in _settings(f"{name}.{part}", parts[part])]
    setting = {"name": name, "label": schema["title"], "kind": kind_of(schema)}
    if "default" in schema:
        setting["value"] = schema["default"]
    if "enum" in schema:
        setting["options"] = [
            {"label": _OPTION_LABELS.get(value, value), "value": value} for value in schema["enum"]
        ]
    if schema.get("secret"):
        setting["sensitive"] = True
    return [{**setting, "description": schema["description"]}]


def kind_of(schema: dict[str, Any]) -> str:
    """Return Meltano's name for the type of a setting.

    A date is a string here. Meltano's own kind reads 01/02/2026 as 2 January; the tap would refuse
    that text, but would only see Meltano's reading.

    Args:
        schema: The setting's JSON schema, with one type apart from null.

    Raises:
        ValueError: Meltano has no name for it.
    """
    if "enum" in schema:
        return "options"
    (kind,) = set(schema["type"]) - {"null"}
    if kind not in _KINDS:
        msg = f"Meltano has no kind of setting for {kind}."
        raise ValueError(msg)
    return str(kind)


def about() -> dict[str, Any]:
    """Return what the installed tap prints for `--about`."""
    command = (sys.executable, "-m", "tap_omnimessages", "--about", "--format=json")
    said: dict[str, Any] = json.loads(
        subprocess.run(command, capture_output=True, check=True).stdout
    )
    return said


def text() -> str:
    """Return the text that the file should have for the installed tap."""
    lines: str = yaml.safe_dump(definition(about()), sort_keys=False, allow_unicode=True, width=100)
    return _HEAD + lines


def main() -> None:
    """Write the file."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()

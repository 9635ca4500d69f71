"""The demo's own Meltano project.

The demo installs plugins anew. In the checkout's own project, that would break a run under way, and
Meltano would read the user's `.env`.
"""

from __future__ import annotations

import shlex

import yaml

from demo.steps import FOLDER, ROOT

PROJECT = FOLDER / "project"
_DEFINITION = "meltano.yml"
# What an address in the checkout's definition begins with if it is the checkout itself.
_THIS_FOLDER = "-e ."


def write_project() -> None:
    """Write the checkout's definition into the demo's project, with paths to the checkout."""
    definition = yaml.safe_load((ROOT / _DEFINITION).read_text(encoding="utf-8"))
    for plugins in definition["plugins"].values():
        for plugin in plugins:
            address = plugin.get("pip_url", "")
            if address.startswith(_THIS_FOLDER):
                place = f"{ROOT}{address.removeprefix(_THIS_FOLDER)}"
                plugin["pip_url"] = shlex.join(["-e", place])
    PROJECT.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(definition, sort_keys=False, allow_unicode=True)
    (PROJECT / _DEFINITION).write_text(text, encoding="utf-8")

"""A small fleet, and stubs for Meltano and its states."""

from __future__ import annotations

import json
import shlex
import sys
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from orchestrate.accounts import PROJECT, Fleet, read_fleet

if TYPE_CHECKING:
    from collections.abc import Callable

STEADY = "prod:tap-omnimessages-to-target-postgres:shop-a"
KEYS = {"SHOP_A_ANTBUDDY_KEY": "invented-key-a", "SHOP_B_ETELECOM_KEY": "invented-key-b"}
ACCOUNTS: dict[str, Any] = {
    "accounts": [
        {
            "name": "shop-a",
            "start": "2026-01-01",
            "chunk": "month",
            "secrets": {"antbuddy_api_key": "SHOP_A_ANTBUDDY_KEY"},
            "tap": {"max_concurrency": 8, "etelecom_sweep_ratings": False},
        },
        {
            "name": "shop-b",
            "start": "2026-03-01",
            "secrets": {"etelecom_api_key": "SHOP_B_ETELECOM_KEY"},
            "loader": {"default_target_schema": "second"},
        },
    ]
}


def write_accounts(folder: Path, **changes: Any) -> Path:
    """Write the accounts file, with fields of the first account changed; None removes one."""
    content = deepcopy(ACCOUNTS)
    account = content["accounts"][0]
    for name, value in changes.items():
        account[name] = value
        if value is None:
            del account[name]
    return write_yaml(folder, content)


def write_yaml(folder: Path, content: Any) -> Path:
    path = folder / "accounts.yml"
    text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
    path.write_text(text, encoding="utf-8")
    return path


def fleet_of(path: Path) -> Fleet:
    return read_fleet(path, PROJECT)


def stub_meltano(folder: Path, *lines: object, status: int = 0, then: str = "") -> Path:
    """Write a program in Meltano's place.

    Args:
        folder: Where it is written.
        lines: What it writes; an object as JSON.
        status: Its exit status.
        then: Python statements that it runs before it ends.
    """
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    code = (
        f"for line in {texts!r}:\n    print(line, flush=True)\n{then}\nraise SystemExit({status})\n"
    )
    script = folder / "stub.py"
    script.write_text(code, encoding="utf-8")
    program = folder / "meltano"
    program.write_text(_shell_script(script), encoding="utf-8")
    program.chmod(0o755)
    return program


def fake_meltano(folder: Path) -> dict[str, str]:
    """Return the environment in which `fake_meltano.py` is in Meltano's place."""
    states, program = folder / "states", folder / "fake-meltano"
    states.mkdir()
    script = Path(__file__).with_name("fake_meltano.py")
    program.write_text(_shell_script(script), encoding="utf-8")
    program.chmod(0o755)
    return {
        **KEYS,
        "OMNIMESSAGES_MELTANO": str(program),
        "FAKE_STATES": str(states),
        "FAKE_LOG": str(folder / "log"),
    }


def _shell_script(script: Path) -> str:
    return f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(script))} "$@"\n'


def tap_line(event: str, level: str = "info", **fields: Any) -> dict[str, Any]:
    return {"event": event, "level": level, "cmd_type": "extractor", **fields}


def loader_line(event: str) -> dict[str, Any]:
    return {"event": event, "level": "info", "cmd_type": "loader"}


def progress_line(stream: str, **progress: Any) -> dict[str, Any]:
    return tap_line(f"{stream}: a summary", stream_name=stream, progress=progress)


def bookmark(low: str, high: str, **fields: Any) -> dict[str, Any]:
    """Make a bookmark of whole days."""
    return {
        "replication_key": "created_at",
        "replication_key_value": f"{high}T00:00:00.000000Z",
        "extracted_from": f"{low}T00:00:00.000000Z",
        **fields,
    }


def state(low: str, high: str, *streams: str, **fields: Any) -> dict[str, Any]:
    """Make a state whose streams have all been read over the same range."""
    names = streams or ("antbuddy_messages", "antbuddy_sessions")
    return {"bookmarks": {name: bookmark(low, high) for name in names}, **fields}


class StoredStates:
    """States in memory.

    Attributes:
        stored: The states by id.
        on_get: Called with the id before a state is returned, as where a run writes meanwhile.
    """

    def __init__(self, **chunks: dict[str, Any]) -> None:
        self.stored: dict[str, dict[str, Any]] = {}
        self.on_get: Callable[[str], None] = lambda _: None
        self.stored |= chunks

    def names(self, prefix: str) -> list[str]:
        return sorted(name for name in self.stored if name.startswith(prefix))

    def get(self, state_id: str) -> dict[str, Any]:
        self.on_get(state_id)
        return deepcopy(self.stored.get(state_id, {}))

    def set(self, state_id: str, state: dict[str, Any]) -> None:
        self.stored[state_id] = deepcopy(state)

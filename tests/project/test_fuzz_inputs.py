"""No input ends as `Unexpected`, with a traceback, in a hang or with a key in the log.

Good settings, catalogs, states and variables are changed at random; so are their bytes. Each run
is one of the command, up to its first requests, which find two empty accounts. The seed counts up
from `FUZZ_SEED` for `FUZZ_SECONDS`, or for a few runs; a failing seed can be run alone.
"""

from __future__ import annotations

import copy
import itertools
import json
import os
import random
import time
from typing import TYPE_CHECKING, Any

import pytest
import singer_sdk

from omnimessages_sandbox import FixedWorld, Sandbox
from tests.support import (
    NOW,
    STREAMS,
    catalog_of,
    message,
    notification,
    run_command,
    session,
    settings_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SECRETS = ("CANARY-key-7f3a9", "CANARY-other-51c8", "CANARY-salt-e02d", "CANARY-storage-88b1")
_TEXT = "CANARY xin chào"
_AT = "2026-03-05T10:00:00Z"
_WORLD = FixedWorld(
    sessions=[session(1, _AT, message("m1", _AT, message=_TEXT))],
    notifications=[notification(1, _AT)],
)
_RUNS = 60
_SEED = int(os.environ.get("FUZZ_SEED", "0"))
_SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
# Values that have broken a program before.
_ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    1.5,
    4.0,
    10**30,
    -(10**400),
    "",
    " ",
    "\n",
    "\0",
    "a",
    "__NULL__",
    "null",
    "true",
    "FULL_TABLE",
    "LOG_BASED",
    "id",
    "2026-01-01",
    "9999-12-31T23:59:59Z",
    "0001-01-01",
    "2026-03/08:30",
    "20260302083000",
    "http://[",
    "http://127.0.0.1:99999",
    "https://xn--\u00e9.invalid",
    "http://127.0.0.1:9/%zz",
    "http://localhost:9/\u0660",
    "s3://CANARY-storage-88b1:CANARY-storage-88b1@bucket",
    "file:///nowhere/\u00e9",
    "\u202e\U0001f600",
    "x" * 5000,
    "id if True else",
    "config['nothing']",
    "self",
    "2 ** 100",
    "[record]",
    [],
    {},
    [[]],
    [None],
    [{}],
    ["id"],
    {"a": 1},
    {"": None},
    {"type": ["null", "string"]},
)


@pytest.fixture(scope="module")
def accounts() -> Iterator[Sandbox]:
    with Sandbox(world=_WORLD, now=NOW) as running:
        yield running


def _good(sandbox: Sandbox, folder: Path) -> dict[str, dict[str, Any]]:
    """Give a good file for each option; the settings use what the SDK offers."""
    bookmark = {
        "replication_key_value": "2026-03-20T00:00:00.000000Z",
        "extracted_from": "2026-03-01T00:00:00.000000Z",
    }
    settings = {
        **settings_of(sandbox),
        "antbuddy_api_key": _SECRETS[0],
        "etelecom_api_key": _SECRETS[1],
        "max_retry_seconds": 0,
        "request_timeout_seconds": 5,
        "max_concurrency": 2,
        "schema_contract": "evolve",
        "user_agent": "invented",
        "stream_map_config": {"salt": _SECRETS[2]},
        "stream_maps": {
            "antbuddy_messages": {
                "__filter__": "id != ''",
                "message": "sha256(config['salt'] + message) if message else None",
                "digest": "md5(id)",
                "shares": None,
            },
            "talks": {"__source__": "antbuddy_sessions", "__key_properties__": ["session_id"]},
            "etelecom_*": {"__alias__": "notifications", "__else__": None, "id": "id"},
        },
        "flattening_enabled": True,
        "flattening_max_depth": 2,
        "flattening_separator": "__",
        "flattening_max_key_length": 60,
        "emit_activate_version_messages": True,
    }
    batch = {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": folder.as_uri(), "prefix": "p", "params": {}},
        "batch_size": 10,
    }
    return {
        "--config": settings,
        "batch_config": batch,
        "--state": {"bookmarks": {stream: dict(bookmark) for stream in STREAMS}},
        "--catalog": catalog_of(),
    }


def _place(rng: random.Random, value: Any) -> tuple[Any, ...]:
    """Choose a place of a JSON value: a path of names and numbers."""
    path: list[Any] = []
    while isinstance(value, dict | list) and value and (not path or rng.random() < 0.8):
        names = list(value) if isinstance(value, dict) else list(range(len(value)))
        path.append(rng.choice(names))
        value = value[path[-1]]
    return tuple(path)


def _mutate(rng: random.Random, root: Any) -> Any:
    """Change one place of a JSON value: replace, remove, rename, copy or wrap it."""
    path = _place(rng, root)
    if not path or rng.random() < 0.02:
        return rng.choice(_ODD)
    holder = root
    for name in path[:-1]:
        holder = holder[name]
    name = path[-1]
    action = rng.randrange(6)
    if action == 0:
        del holder[name]
    elif action == 1 and isinstance(holder, dict):
        new = rng.choice(["", "\0", name + "x", "__else__", "__x__", "\U0001f600", "$ref", "*"])
        holder[new] = holder.pop(name)
    elif action == 2:
        holder[name] = [holder[name]]
    elif action == 3:
        other = root
        for step in _place(rng, root):
            other = other[step]
        holder[name] = copy.deepcopy(other)
    elif action == 4 and isinstance(holder[name], str) and holder[name]:
        text = holder[name]
        at = rng.randrange(len(text))
        holder[name] = text[:at] + rng.choice(["", "\0", "'", "\u00e9", "(", " "]) + text[at + 1 :]
    else:
        holder[name] = copy.deepcopy(rng.choice(_ODD))
    return root


def _encode(rng: random.Random, value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=rng.random() < 0.5)
    encoding = rng.choices(["utf-8", "utf-8-sig", "utf-16", "latin-1"], [20, 1, 1, 1])[0]
    data = bytearray(text.encode(encoding, errors="replace"))
    if rng.random() < 0.1:
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(data) + 1)
            data[at : at + rng.randrange(3)] = rng.randbytes(rng.randrange(3))
    if rng.random() < 0.02:
        del data[rng.randrange(len(data) + 1) :]
    return bytes(data)


def _variables(rng: random.Random, settings: dict[str, Any]) -> dict[str, str]:
    """Give settings as variables, changed, and some of the variables about logs."""
    variables = {}
    for name, value in settings.items():
        text = value if isinstance(value, str) else json.dumps(value)
        if rng.random() < 0.1:
            odd = rng.choice(_ODD)
            text = odd if isinstance(odd, str) else json.dumps(odd)
        variable = f"TAP_OMNIMESSAGES_{name.upper()}"
        variables[variable.replace("\0", "")] = text.replace("\0", "\udcff")
    if rng.random() < 0.3:
        name = rng.choice(["LOGLEVEL", "TAP_OMNIMESSAGES_LOGLEVEL", "SINGER_SDK_LOG_CONFIG"])
        variables[name] = rng.choice(["", "verbose", "30", "DEBUG", "disabled", ".", "nothing"])
    return variables


def _stay_here(settings: Any, sandbox: Sandbox) -> None:
    """Set what keeps a run on this machine and short, where a change has removed it."""
    if isinstance(settings, dict):
        for name, value in {**sandbox.settings(), "max_retry_seconds": 0}.items():
            if name.endswith(("_url", "_seconds")) and settings.get(name) is None:
                settings[name] = value


class _Case:
    """One run: its files, its variables and its options, from a seed."""

    def __init__(self, seed: int, sandbox: Sandbox, folder: Path) -> None:
        rng = random.Random(seed)
        good = _good(sandbox, folder / "batches")
        batch = good.pop("batch_config")
        if rng.random() < 0.3:
            good["--config"]["batch_config"] = batch
            good["--config"]["stream_maps"].pop("talks")
        for option in ("flattening_enabled", "stream_maps"):
            if rng.random() < 0.4:
                del good["--config"][option]
        used = ["--config", *(o for o in ("--state", "--catalog") if rng.random() < 0.5)]
        changed = rng.choice(used)
        for _ in range(rng.randint(1, 3)):
            good[changed] = _mutate(rng, good[changed])
        _stay_here(good["--config"], sandbox)
        self.variables: dict[str, str] = {}
        self.options: list[str] = rng.choices(
            [[], ["--test"], ["--test=schema"], ["--discover"]], [20, 1, 2, 1]
        )[0]
        for option in used:
            if option == "--config" and rng.random() < 0.25 and isinstance(good[option], dict):
                self.variables = _variables(rng, good[option])
                self.options = ["--config=ENV", *self.options]
                continue
            path = folder / f"{option}.json"
            path.write_bytes(_encode(rng, good[option]))
            self.options = [option, str(path), *self.options]

    def run(self, folder: Path) -> str | None:
        """Run the command; return what is wrong with how it ended, or None."""
        process = run_command(*self.options, folder=folder)
        log = process.stderr
        for mark in ("Unexpected", "Traceback", "Logging error", _TEXT, *_SECRETS):
            if mark in log:
                return f"{mark!r} in the log:\n{log}"
        if process.returncode not in (0, 1):
            return f"exit code {process.returncode}:\n{log}"
        if process.returncode == 1 and not log.strip() and "LOGLEVEL" not in str(self.variables):
            return "it failed without a sentence"
        if "--discover" in self.options:
            return None
        lines = map(json.loads, filter(None, process.stdout.split("\n")))
        schemas = [item for item in lines if item["type"] == "SCHEMA"]
        for item in schemas:
            if not set(item["key_properties"] or ()) <= item["schema"]["properties"].keys():
                return f"a SCHEMA without its key: {item['stream']}"
        return None


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give a folder without `.env`, and take back what a run sets."""
    monkeypatch.setattr(singer_sdk, "__file__", str(tmp_path / "singer_sdk" / "__init__.py"))
    monkeypatch.chdir(tmp_path)
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.filterwarnings("ignore")
def test_no_input_ends_as_a_fault_of_ours(accounts: Sandbox, tmp_path: Path) -> None:
    before = dict(os.environ)
    began = time.monotonic()
    for seed in itertools.count(_SEED):
        if seed >= _SEED + _RUNS and time.monotonic() - began > _SECONDS:
            break
        case = _Case(seed, accounts, tmp_path)
        os.environ.update(case.variables)
        try:
            fault = case.run(tmp_path)
        finally:
            os.environ.clear()
            os.environ.update(before)
        assert fault is None, f"seed {seed}: {fault}"

"""Other extractors for the same APIs, each in its own environment, with its configuration here.

None reads everything that the tap reads; the configurations say what they leave out.
"""

from __future__ import annotations

import json
import subprocess
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.clients import BLOCK, END

if TYPE_CHECKING:
    from collections.abc import Callable

_FOLDER = Path(__file__).parent
_ENVIRONMENTS = _FOLDER.parent / ".venvs"
_SECONDS_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_START, _END = f"{END - BLOCK:{_SECONDS_FORMAT}}", f"{END:{_SECONDS_FORMAT}}"


# Telemetry would disturb the figures.
NO_TELEMETRY = {"DO_NOT_TRACK": "1", "RUNTIME__DLTHUB_TELEMETRY": "false"}


class PeerError(Exception):
    """A peer could not be installed."""


@dataclass(frozen=True)
class Peer:
    """Another extractor.

    Attributes:
        requirement: What pip installs.
        reads: The rows that it reads, in words.
        command: Builds its command from the folder of its programs, the account's address and
            a folder for files.
    """

    requirement: str
    reads: str
    command: Callable[[Path, str, Path], list[str]]

    def install(self, name: str) -> Path:
        """Return the folder of its programs, and install it the first time.

        Raises:
            PeerError: pip could not install it.
        """
        home = _ENVIRONMENTS / name
        mark = home / "requirement"
        if not mark.exists() or mark.read_text(encoding="utf-8") != self.requirement:
            venv.create(home, clear=True, with_pip=True)
            python = str(home / "bin" / "python")
            pip = [python, "-m", "pip", "install", "--quiet", self.requirement]
            done = subprocess.run(pip, capture_output=True, text=True, check=False)
            if done.returncode:
                msg = f"{self.requirement} could not be installed:\n{done.stderr[-1000:]}"
                raise PeerError(msg)
            mark.write_text(self.requirement, encoding="utf-8")
        return home / "bin"


def _dlt(programs: Path, base: str, folder: Path) -> list[str]:
    script = str(_FOLDER / "dlt_pipeline.py")
    return [str(programs / "python"), script, base, _START, _END, str(folder / "dlt")]


def _airbyte(programs: Path, base: str, folder: Path) -> list[str]:
    config, catalog = folder / "airbyte-config.json", folder / "airbyte-catalog.json"
    config.write_text(json.dumps({"base": base, "start": _START, "end": _END}), encoding="utf-8")
    streams = [
        {
            "stream": {"name": name, "json_schema": {}, "supported_sync_modes": ["incremental"]},
            "sync_mode": "incremental",
            "destination_sync_mode": "append",
        }
        for name in ("sessions", "notifications")
    ]
    catalog.write_text(json.dumps({"streams": streams}), encoding="utf-8")
    manifest = str(_FOLDER / "airbyte.yaml")
    program = [str(programs / "source-declarative-manifest"), "read", "--manifest-path", manifest]
    return [*program, "--config", str(config), "--catalog", str(catalog)]


def _msdk(programs: Path, base: str, folder: Path) -> list[str]:
    config = json.loads((_FOLDER / "tap-rest-api-msdk.json").read_text(encoding="utf-8"))
    config["api_url"] = f"{base}/antbuddy"
    config["streams"][0]["params"] |= {"created_from": _START, "created_to": _END}
    path = folder / "msdk.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return [str(programs / "tap-rest-api-msdk"), "--config", str(path)]


PEERS = {
    "dlt": Peer("dlt==1.31.0", "all but the second sweep", _dlt),
    "airbyte": Peer(
        "airbyte-cdk==7.39.1", "all but the second sweep; messages stay inside sessions", _airbyte
    ),
    "msdk": Peer(
        "tap-rest-api-msdk==1.4.2",
        "sessions alone, in one window, messages as text: it supports neither POST nor windows",
        _msdk,
    ),
}

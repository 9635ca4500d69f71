"""The commands that are measured, all for the same account, windows and page sizes."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.serving import Server

END = datetime(2024, 7, 29, tzinfo=UTC)
# Whole windows of 30 days for AntBuddy and of 7 days for eTelecom.
BLOCK = timedelta(days=210)
WINDOWS_IN_A_BLOCK = 7 + 30
_WINDOW_SETTINGS = {
    "antbuddy_page_size": 100,
    "antbuddy_window_days": 30,
    "etelecom_page_size": 100,
    "etelecom_window_days": 7,
}
_REPLICATION_KEYS = {
    "antbuddy_messages": "created_time",
    "antbuddy_sessions": "created_at",
    "etelecom_zns_messages": "created_at",
}


@dataclass(frozen=True)
class Workload:
    """What a client reads, and how.

    Attributes:
        account: The account's name in `accounts.ACCOUNTS`.
        latency_ms: The latency of each response.
        concurrency: The tap's `max_concurrency`, and the floor's threads.
        blocks: How many blocks of 210 days to read, up to `END`.
    """

    account: str
    latency_ms: int = 0
    concurrency: int = 1
    blocks: int = 1

    @property
    def start(self) -> str:
        """The time where it begins, ISO 8601."""
        return (END - self.blocks * BLOCK).isoformat()


def floor(workload: Workload, server: Server) -> list[str]:
    """Return the command of the floor."""
    base = server.base(workload.account, workload.latency_ms)
    threads = str(workload.concurrency)
    program = [sys.executable, "-m", "benchmarks.floor"]
    return [*program, base, workload.start, END.isoformat(), threads]


def tap(workload: Workload, server: Server, folder: Path, *, state: bool = False) -> list[str]:
    """Return the command of the tap.

    Args:
        workload: What to read.
        server: The server to read from.
        folder: The folder for its files.
        state: Whether to pass the state of an earlier run that read everything.
    """
    base = server.base(workload.account, workload.latency_ms)
    config = folder / f"{workload.account}-{workload.latency_ms}-{workload.concurrency}.json"
    config.write_text(json.dumps(tap_settings(workload, base)), encoding="utf-8")
    command = [sys.executable, "-m", "tap_omnimessages", "--config", str(config)]
    if state:
        path = folder / "state.json"
        path.write_text(json.dumps(_state(workload)), encoding="utf-8")
        command += ["--state", str(path)]
    return command


def tap_settings(workload: Workload, base: str) -> dict[str, Any]:
    """Return the tap's settings."""
    return {
        "antbuddy_api_key": "invented",
        "antbuddy_base_url": f"{base}/antbuddy",
        "etelecom_api_key": "invented",
        "etelecom_base_url": f"{base}/etelecom/v1/shop",
        "start_date": workload.start,
        "end_date": END.isoformat(),
        "max_concurrency": workload.concurrency,
        **_WINDOW_SETTINGS,
    }


def _state(workload: Workload) -> dict[str, Any]:
    bookmarks = {
        stream: {
            "replication_key": key,
            "replication_key_value": END.isoformat(),
            "extracted_from": workload.start,
        }
        for stream, key in _REPLICATION_KEYS.items()
    }
    return {"bookmarks": bookmarks}


def tap_version() -> list[str]:
    """Return the command that starts the tap and does nothing."""
    return [sys.executable, "-m", "tap_omnimessages", "--version"]

"""Making sure that the floor and the tap give the same rows: a floor that reads less is none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks import clients
from benchmarks.measure import run

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.clients import WindowScan
    from benchmarks.serving import Server

# The floor keeps the API's names.
_KEYS = {
    "antbuddy_sessions": ("session_id", "sessionId"),
    "antbuddy_messages": ("id", "_id"),
    "etelecom_zns_messages": ("id",),
}


class DifferentRowsError(Exception):
    """The two do not give the same rows, so that their times cannot be compared."""


def keys_in(path: Path) -> set[tuple[str, str]]:
    """Give the stream and the primary key of each RECORD in a file."""
    keys = set()
    with path.open("rb") as file:
        for line in file:
            message = json.loads(line)
            if message["type"] == "RECORD":
                stream, record = message["stream"], message["record"]
                key = next(record[name] for name in _KEYS[stream] if name in record)
                keys.add((stream, key))
    return keys


def compare(reading: WindowScan, server: Server, folder: Path) -> int:
    """Compare the rows of both.

    Returns:
        How many distinct rows both have given.

    Raises:
        DifferentRowsError: They differ, or there is none.
    """
    found = []
    for name, command in (
        ("floor", clients.floor(reading, server)),
        ("tap", clients.tap(reading, server, folder)),
    ):
        path = folder / f"{name}.jsonl"
        run(command, server, output=path)
        found.append(keys_in(path))
        path.unlink()
    floor, tap = found
    if floor != tap or not floor:
        msg = (
            f"The floor gave {len(floor):,} rows and the tap {len(tap):,}; {len(floor - tap):,} "
            f"only the floor, {len(tap - floor):,} only the tap."
        )
        raise DifferentRowsError(msg)
    return len(floor)

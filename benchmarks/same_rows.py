"""Check that the floor and the tap write the same rows; a floor that reads less proves nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks import clients
from benchmarks.measure import run

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.clients import Workload
    from benchmarks.serving import Server

# The floor keeps the API's names.
_KEYS = {
    "antbuddy_sessions": ("session_id", "sessionId"),
    "antbuddy_messages": ("id", "_id"),
    "etelecom_zns_messages": ("id",),
}


class DifferentRowsError(Exception):
    """Floor and tap do not write the same rows, so their times cannot be compared."""


def keys_in(path: Path) -> set[tuple[str, str]]:
    """Return the stream and the primary key of each RECORD in a file."""
    keys = set()
    with path.open("rb") as file:
        for line in file:
            message = json.loads(line)
            if message["type"] == "RECORD":
                stream, record = message["stream"], message["record"]
                key = next(record[name] for name in _KEYS[stream] if name in record)
                keys.add((stream, key))
    return keys


def compare(workload: Workload, server: Server, folder: Path) -> int:
    """Compare the rows of floor and tap.

    Returns:
        How many distinct rows both have written.

    Raises:
        DifferentRowsError: The rows differ, or there are none.
    """
    found = []
    for name, command in (
        ("floor", clients.floor(workload, server)),
        ("tap", clients.tap(workload, server, folder)),
    ):
        path = folder / f"{name}.jsonl"
        run(command, server, output=path)
        found.append(keys_in(path))
        path.unlink()
    floor, tap = found
    if floor != tap or not floor:
        msg = (
            f"The floor wrote {len(floor):,} rows and the tap {len(tap):,}; {len(floor - tap):,} "
            f"of them only the floor, {len(tap - floor):,} only the tap."
        )
        raise DifferentRowsError(msg)
    return len(floor)

"""The account that is loaded, and the expected contents of its tables."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from omnimessages_sandbox import GeneratedWorld, Sandbox
from tests.support import KEYS, START, STREAMS, catalog_of, extract, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FIRST_RUN = "2026-03-20T10:00:00Z"
SECOND_RUN = "2026-03-23T10:00:00Z"

Row = dict[str, Any]
Tables = dict[str, list[Row]]

SCHEMAS: dict[str, dict[str, Any]] = {
    stream["tap_stream_id"]: stream["schema"]["properties"] for stream in catalog_of()["streams"]
}


def sandbox_at(now: str) -> Sandbox:
    """Return the account's APIs at a time."""
    world = GeneratedWorld(seed=7, start=START, sessions_per_day=12, notifications_per_day=20)
    return Sandbox(world=world, now=now)


@cache
def shown_at(now: str) -> dict[str, dict[str, Row]]:
    """Return all records by key, from a full read at a time."""
    with sandbox_at(now) as sandbox:
        reading = extract(settings_of(sandbox))
    assert reading.error is None
    return {
        stream: {key: canonical(stream, row) for key, row in reading.table(stream).items()}
        for stream in STREAMS
    }


@cache
def facts_at(now: str) -> dict[str, dict[str, Row]]:
    """Return the changing values of an account by key, from the account and not from the tap."""
    sandbox = sandbox_at(now)
    sessions = list(sandbox.world.sessions(sandbox.now))
    return {
        "antbuddy_sessions": {
            str(session["sessionId"]): {"message_count": session["messageCount"]}
            for session in sessions
        },
        "antbuddy_messages": {
            str(message["_id"]): {
                "session_id": str(session["sessionId"]),
                "done_at": _moment(message.get("doneAt")),
                "done_by": message.get("doneBy"),
                "revision": message["__v"],
            }
            for session in sessions
            for message in session["messages"] or ()
        },
        "etelecom_zns_messages": {
            str(notification["id"]): {
                **{name: notification[name] for name in ("delivery_status", "is_charged", "rate")},
                "updated_at": _moment(notification["updated_at"]),
            }
            for notification in sandbox.world.notifications(sandbox.now)
        },
    }


def kind_of(stream: str, column: str) -> str:
    """Return what a column holds: text, integer, boolean, timestamp, object or array of text."""
    schema = SCHEMAS[stream][column]
    if schema.get("format") == "date-time":
        return "timestamp"
    name: str
    (name,) = set(schema["type"]) - {"null"}
    return {"string": "text", "array": "array of text"}.get(name, name)


def canonical(stream: str, row: Mapping[str, Any]) -> Row:
    """Return a row as plain JSON values, whatever form a loader or its reader writes.

    Args:
        stream: The row's stream.
        row: The columns; those that the loader adds are left out.

    Returns:
        The stream's columns, all of them.
    """
    return {name: _plain(kind_of(stream, name), row[name]) for name in SCHEMAS[stream]}


def by_key(stream: str, rows: Iterable[Row]) -> dict[str, Row]:
    """Return rows by their key; the last one counts."""
    return {row[KEYS[stream]]: row for row in rows}


def changed_between(earlier: str, later: str, stream: str, column: str) -> set[str]:
    """Return the keys of the records that exist at both times and have different values."""
    before, after = facts_at(earlier)[stream], facts_at(later)[stream]
    return {
        key for key in before.keys() & after.keys() if before[key][column] != after[key][column]
    }


def _plain(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind == "timestamp":
        return _moment(value)
    if kind in {"object", "array of text"} and isinstance(value, str):
        return json.loads(value)
    return value


def _moment(value: Any) -> str | None:
    """Return a time in one form, from epoch milliseconds, a text or a datetime; UTC by default."""
    if value is None:
        return None
    if isinstance(value, int):
        read = datetime.fromtimestamp(value / 1000, UTC)
    else:
        read = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if read.tzinfo is None:
        read = read.replace(tzinfo=UTC)
    return read.astimezone(UTC).isoformat(timespec="microseconds")

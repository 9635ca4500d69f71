"""Running the tap as a user does, in this process or as a command, against the sandbox."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import signal
import subprocess
import sys
import threading
import warnings
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any
from unittest import mock

from omnimessages_sandbox import FixedWorld, Sandbox
from tap_omnimessages.__main__ import main
from tap_omnimessages.tap import TapOmniMessages

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from pathlib import Path

START = "2026-03-01T00:00:00Z"
NOW = "2026-04-01T00:00:00Z"

STREAMS = ("antbuddy_messages", "antbuddy_sessions", "etelecom_zns_messages")
STREAMS_OF = {
    "antbuddy": ("antbuddy_messages", "antbuddy_sessions"),
    "etelecom": ("etelecom_zns_messages",),
}
KEYS = {"antbuddy_messages": "id", "antbuddy_sessions": "session_id", "etelecom_zns_messages": "id"}


@dataclass
class Extraction:
    """What one run wrote, and how it ended."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    error: BaseException | None = None

    @classmethod
    def of(cls, text: str, error: BaseException | None = None) -> Extraction:
        return cls([json.loads(line) for line in text.split("\n") if line], error)

    def records(self, stream: str) -> list[dict[str, Any]]:
        return [
            message["record"]
            for message in self.messages
            if message["type"] == "RECORD" and message["stream"] == stream
        ]

    def table(self, stream: str) -> dict[str, dict[str, Any]]:
        """What a target that upserts by the primary key holds afterwards."""
        return {record[KEYS[stream]]: record for record in self.records(stream)}

    def tables(self) -> dict[str, dict[str, dict[str, Any]]]:
        return {stream: self.table(stream) for stream in STREAMS}

    @property
    def lasting_messages(self) -> list[dict[str, Any]]:
        """Give all messages without what tells when they were extracted."""
        return [
            {name: value for name, value in message.items() if name != "time_extracted"}
            for message in self.messages
        ]

    @property
    def states(self) -> list[dict[str, Any]]:
        return [message["value"] for message in self.messages if message["type"] == "STATE"]

    @property
    def state(self) -> dict[str, Any]:
        return self.states[-1] if self.states else {}

    def bookmark(self, stream: str) -> dict[str, Any]:
        bookmark: dict[str, Any] = self.state.get("bookmarks", {}).get(stream, {})
        return bookmark

    @property
    def schemas(self) -> dict[str, dict[str, Any]]:
        return {m["stream"]: m["schema"] for m in self.messages if m["type"] == "SCHEMA"}


@contextlib.contextmanager
def signals_kept() -> Generator[None]:
    """Take back the signals that the tap handles, so that Ctrl-C ends the tests and not the tap."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def extract(
    settings: dict[str, Any],
    *,
    state: dict[str, Any] | None = None,
    catalog: dict[str, Any] | None = None,
) -> Extraction:
    """Run the tap in this process; an error ends the run as it would end the command."""
    copied_state = json.loads(json.dumps(state)) if state else None

    def sync() -> None:
        TapOmniMessages(config=dict(settings), state=copied_state, catalog=catalog).sync_all()

    return captured(sync)


def captured(sync: Callable[[], None]) -> Extraction:
    """Run a sync in this process and return what it wrote; an error ends it."""
    out = io.StringIO()
    error: BaseException | None = None
    with contextlib.redirect_stdout(out), signals_kept():
        try:
            sync()
        except Exception as caught:  # noqa: BLE001 - what ends a run is what is tested
            error = caught
    return Extraction.of(out.getvalue(), error)


def settings_of(sandbox: Sandbox, **changes: Any) -> dict[str, Any]:
    """Give settings that read the sandbox up to its own present."""
    until = sandbox.now.isoformat()
    return {**sandbox.settings(), "start_date": START, "end_date": until, **changes}


def only(sandbox: Sandbox, provider: str, **changes: Any) -> dict[str, Any]:
    """Give settings that read one provider."""
    other = {"antbuddy": "etelecom", "etelecom": "antbuddy"}[provider]
    return {**settings_of(sandbox, **changes), f"{other}_api_key": None}


def catalog_of(**changes: Any) -> dict[str, Any]:
    """Give the discovered catalog, each stream's root metadata changed as named."""
    with signals_kept():
        tap = TapOmniMessages(config={}, validate_config=False)
    catalog: dict[str, Any] = json.loads(json.dumps(tap.catalog_dict))
    for stream in catalog["streams"]:
        root = next(entry for entry in stream["metadata"] if not entry["breadcrumb"])
        root["metadata"] |= changes.get(stream["tap_stream_id"], {})
        if "replication-method" in root["metadata"]:
            stream["replication_method"] = root["metadata"].pop("replication-method")
    return catalog


def truth(sandbox: Sandbox) -> dict[str, set[str]]:
    """Give the primary keys that a complete extraction holds."""
    sessions = list(sandbox.world.sessions(sandbox.now))
    return {
        "antbuddy_sessions": {str(session["sessionId"]) for session in sessions},
        "antbuddy_messages": {
            str(message["_id"]) for session in sessions for message in session["messages"] or ()
        },
        "etelecom_zns_messages": {
            str(notification["id"]) for notification in sandbox.world.notifications(sandbox.now)
        },
    }


def keys_of(extraction: Extraction) -> dict[str, set[str]]:
    return {stream: set(extraction.table(stream)) for stream in STREAMS}


def session(number: int, at: str, *messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Make a session as AntBuddy shows it, its first message at its start."""
    own = messages or (message(f"m{number}", at),)
    return {
        "sessionId": f"s{number}",
        "conversationId": f"100000{number}",
        "pageId": "100000",
        "createdAt": at,
        "leadId": number,
        "messages": list(own),
        "messageCount": len(own),
        **fields,
    }


def message(identity: str, at: str, **fields: Any) -> dict[str, Any]:
    return {
        "_id": identity,
        "channel": "ZALO",
        "from": "200000",
        "to": "100000",
        "message": "an invented text",
        "created_time": at,
        "__v": 0,
        **fields,
    }


def notification(number: int, at: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "created_at": at,
        "updated_at": at,
        "phone": "84000000000",
        "status": "Z",
        **fields,
    }


def fixed(
    sessions: Iterable[dict[str, Any]] = (), notifications: Iterable[dict[str, Any]] = ()
) -> FixedWorld:
    return FixedWorld(sessions=list(sessions), notifications=list(notifications))


def workers() -> set[threading.Thread]:
    """Give the threads of this process that read windows ahead."""
    return {thread for thread in threading.enumerate() if thread.name.startswith("read-ahead-")}


def run_command(
    *arguments: str, settings: dict[str, Any] | None = None, folder: Path
) -> subprocess.CompletedProcess[str]:
    """Run the command line in this process, as `python -m tap_omnimessages` would."""
    arguments = (*_write_settings(settings, folder), *arguments)
    out, errors = io.StringIO(), io.StringIO()
    handlers, hook = list(logging.root.handlers), sys.excepthook
    code = 0
    with (
        mock.patch.object(sys, "argv", ["tap-omnimessages", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(errors),
        warnings.catch_warnings(),
        signals_kept(),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
        finally:
            logging.captureWarnings(capture=False)
            logging.root.handlers[:] = handlers
            sys.excepthook = hook
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), errors.getvalue())


def start_command(
    settings: dict[str, Any], folder: Path, *arguments: str, stdout: int | IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start the command as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tap_omnimessages", *_write_settings(settings, folder), *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


def _write_settings(settings: dict[str, Any] | None, folder: Path) -> tuple[str, ...]:
    if settings is None:
        return ()
    path = folder / "config.json"
    path.write_text(json.dumps(settings), encoding="utf-8")
    return "--config", str(path)

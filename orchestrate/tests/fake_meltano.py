"""A program in Meltano's place, which keeps states as files and loads nothing.

`el` writes the state of the range that it is told to read, as a whole load would. Variables:
FAKE_STATES, the folder of the states; FAKE_FAILS, a part of the state ids that fail; FAKE_LOG, a
file that gets a line when a load begins and when it ends.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

STREAMS = ("antbuddy_messages", "antbuddy_sessions")


def main() -> int:
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    return load() if arguments[0] == "el" else use_state(*arguments[1:])


def load() -> int:
    state_id = next(a.removeprefix("--state-id=") for a in sys.argv if a.startswith("--state-id="))
    note("begin", state_id)
    fails = os.environ.get("FAKE_FAILS")
    if fails and fails in state_id:
        say("AntBuddy: HTTP 401, the API key was refused: correct antbuddy_api_key.", level="error")
        note("end", state_id)
        return 1
    start, end = (os.environ[f"TAP_OMNIMESSAGES_{name}_DATE"] for name in ("START", "END"))
    bookmark = {
        "replication_key": "created_at",
        "replication_key_value": f"{end or '2026-06-01'}T00:00:00.000000Z",
        "extracted_from": f"{start}T00:00:00.000000Z",
    }
    for stream in STREAMS:
        progress = {"records": 10, "requests": 2, "waits": 1, "window_end": end}
        say(f"{stream}: 10 records", stream_name=stream, progress=progress)
    write(state_id, json.dumps({"singer_state": {"bookmarks": dict.fromkeys(STREAMS, bookmark)}}))
    note("end", state_id)
    return 0


def use_state(action: str, *arguments: str) -> int:
    if action == "list":
        folder = Path(os.environ["FAKE_STATES"])
        print("\n".join(sorted(file.name.replace("=", ":") for file in folder.iterdir())))
    elif action == "get":
        file = path(arguments[0])
        print(file.read_text(encoding="utf-8") if file.exists() else "{}")
    else:
        write(*arguments)
    return 0


def path(state_id: str) -> Path:
    return Path(os.environ["FAKE_STATES"]) / state_id.replace(":", "=")


def write(state_id: str, state: str) -> None:
    path(state_id).write_text(state, encoding="utf-8")


def say(event: str, level: str = "info", **fields: object) -> None:
    print(json.dumps({"event": event, "level": level, "cmd_type": "extractor", **fields}))


def note(what: str, state_id: str) -> None:
    if "FAKE_LOG" in os.environ:
        with Path(os.environ["FAKE_LOG"]).open("a", encoding="utf-8") as log:
            log.write(f"{what} {state_id}\n")


if __name__ == "__main__":
    sys.exit(main())

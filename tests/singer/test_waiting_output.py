"""A non-blocking standard output or standard error costs neither a line nor the run."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tap_omnimessages.singer.waiting_output import wait_for_room, write_all
from tests.support import STREAMS, Extraction, keys_of, settings_of, truth

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from omnimessages_sandbox import Sandbox


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe that is full, and does not block whoever writes to it."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, b"\n" * 4096)
    yield reading, writing
    for descriptor in (reading, writing):
        with contextlib.suppress(OSError):
            os.close(descriptor)


def _read_later(reading: int, process: subprocess.Popen[bytes]) -> bytes:
    """Read a pipe from the first sign of life of the process, to the end."""
    assert process.stderr is not None
    process.stderr.readline()
    rest: list[bytes] = []
    errors = threading.Thread(
        target=lambda stream: rest.append(stream.read()), args=[process.stderr]
    )
    errors.start()
    with os.fdopen(reading, "rb", closefd=False) as file:
        text = file.read()
    errors.join()
    assert process.wait() == 0, rest
    return text


def test_what_does_not_fit_waits_until_there_is_room(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = pipe
    data = bytes(range(256)) * 1000
    read: list[bytes] = []

    def drain(*descriptors: list[int]) -> None:
        assert descriptors == ([], [writing], [])
        read.append(os.read(reading, 5000))

    # Not `select.select` itself: other threads use it.
    fake = SimpleNamespace(select=drain)
    monkeypatch.setattr("tap_omnimessages.singer.waiting_output.select", fake)
    write_all(writing, data)
    os.close(writing)
    while part := os.read(reading, 100_000):
        read.append(part)
    assert b"".join(read).lstrip(b"\n") == data


def test_a_run_into_a_non_blocking_pipe_is_whole(
    pipe: tuple[int, int], sandbox: Sandbox, tmp_path: Path
) -> None:
    reading, writing = pipe
    config = tmp_path / "config.json"
    config.write_text(json.dumps(settings_of(sandbox)), encoding="utf-8")
    command = [sys.executable, "-m", "tap_omnimessages", "--config", str(config)]
    with subprocess.Popen(command, stdout=writing, stderr=subprocess.PIPE) as process:
        os.close(writing)
        run = Extraction.of(_read_later(reading, process).decode())
    assert keys_of(run) == truth(sandbox)
    assert set(run.state["bookmarks"]) == set(STREAMS)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_what_a_command_prints_into_a_non_blocking_pipe_is_whole(
    unbuffered: str, pipe: tuple[int, int]
) -> None:
    reading, writing = pipe
    with subprocess.Popen(
        [sys.executable, "-m", "tap_omnimessages", "--discover"],
        stdout=writing,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    ) as process:
        os.close(writing)
        catalog = json.loads(_read_later(reading, process))
    assert [stream["tap_stream_id"] for stream in catalog["streams"]] == list(STREAMS)


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_what_python_writes_waits_too(
    name: str, pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = pipe
    parts: list[bytes] = []
    fake = SimpleNamespace(select=lambda *_: parts.append(os.read(reading, 5000)))
    monkeypatch.setattr("tap_omnimessages.singer.waiting_output.select", fake)
    for other in ("stdout", "stderr"):
        monkeypatch.setattr(sys, other, None)
    text = "an invented line\n" * 2000
    with os.fdopen(writing, "w", encoding="utf-8") as file:
        monkeypatch.setattr(sys, name, file)
        wait_for_room()
        print(text, end="", file=getattr(sys, name), flush=True)
    with os.fdopen(reading, "rb", closefd=False) as read:
        assert b"".join([*parts, read.read()]).lstrip(b"\n") == text.encode()

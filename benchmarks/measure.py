"""Run a client as a separate process and measure what it costs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.serving import Asked, Server

ROOT = Path(__file__).parent.parent
# Linux counts in kibibytes, macOS in bytes.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class ClientError(Exception):
    """A client ended with an error; the text is the end of its log."""


@dataclass(frozen=True)
class Run:
    """What one run of a client cost.

    Attributes:
        wall: Seconds from its start to its end.
        cpu: Seconds of processor time, user and system.
        megabytes: Its peak memory.
        asked: What it requested from the server.
    """

    wall: float
    cpu: float
    megabytes: float
    asked: Asked


def run(
    command: Sequence[str],
    server: Server,
    *,
    output: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Run:
    """Run a client to its end.

    Args:
        command: The program and its arguments.
        server: The server that it reads from.
        output: The file for its standard output; nowhere by default.
        env: Variables to add to those of this process.

    Raises:
        ClientError: The client ended with an error.
    """
    server.take_counts()
    with (output or Path(os.devnull)).open("wb") as out, tempfile.TemporaryFile() as errors:
        started = time.monotonic()
        # This process stays small, because a child's peak starts at the memory of its parent.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
            cwd=ROOT,
            env={**os.environ, **(env or {})},
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            words = errors.read().decode(errors="replace")[-2000:]
            msg = f"{' '.join(command[:4])} … ended with status {process.returncode}:\n{words}"
            raise ClientError(msg)
    megabytes = usage.ru_maxrss * _RSS_UNIT / 1e6
    return Run(wall, usage.ru_utime + usage.ru_stime, megabytes, server.take_counts())

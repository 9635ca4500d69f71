"""The replay server as a separate process."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self, cast

if TYPE_CHECKING:
    from types import TracebackType

_ROOT = Path(__file__).parent.parent
_ANSWER_SECONDS = 60


@dataclass(frozen=True)
class Asked:
    """The counts of requests to a server; see `replay.Counts`."""

    requests: int
    pages: int
    rows: int
    body_bytes: int
    in_flight: int


class ServerError(Exception):
    """The server did not start."""


class Server:
    """A replay server, which serves inside `with`."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._address = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.replay"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_ROOT,
        )
        output = cast("IO[bytes]", self._process.stdout)
        port = output.readline().decode().strip()
        if not port:
            msg = "The replay server did not start; its error is above."
            raise ServerError(msg)
        self._address = f"http://127.0.0.1:{port}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            # The server ends with its input, so it never outlives this process.
            self._process.communicate()

    def base(self, account: str, latency_ms: int = 0) -> str:
        """Return the base address of an account, without the API's path."""
        return f"{self._address}/{account}/{latency_ms}ms"

    def take_counts(self) -> Asked:
        """Return the counts since the last call."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self._address}/counts", timeout=_ANSWER_SECONDS) as answer:
            return Asked(**json.load(answer))

"""A server that answers from prepared bodies, so that it is never what the benchmark measures.

The first time a request comes, its body is asked of the sandbox and kept; each client has one
unmeasured run that prepares all of its requests. A path names the account and the latency:
`/large/100ms/antbuddy/messages`. Waiting costs nothing: it is a timer of the event loop.

`GET /counts` gives what has been asked since the last time, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from dataclasses import asdict, dataclass, field
from email.utils import formatdate
from typing import NamedTuple, cast

from typing_extensions import override

from benchmarks.accounts import ACCOUNTS, Account, answer

HOST = "127.0.0.1"

_TARGET = re.compile(r"/(?P<account>[\w-]+)/(?P<latency>\d+)ms(?P<rest>/(?:antbuddy|etelecom)/.*)")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END_OF_HEAD = b"\r\n\r\n"


@dataclass
class Counts:
    """What has been asked.

    Attributes:
        requests: How many requests to either API.
        pages: How many of them were answered with rows.
        rows: How many sessions and notifications were given.
        body_bytes: The size of the bodies.
        in_flight: The largest number of requests under way at a time.
    """

    requests: int = 0
    pages: int = 0
    rows: int = 0
    body_bytes: int = 0
    in_flight: int = 0


class Prepared(NamedTuple):
    """An answer ready to be sent."""

    latency_seconds: float
    head: bytes
    body: bytes
    rows: int


@dataclass
class Replay:
    """The prepared answers, and what has been asked."""

    answers: dict[tuple[bytes, bytes], Prepared] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    under_way: int = 0
    _date: bytes = b""
    _date_second: int = 0

    def take(self, target: bytes, body: bytes) -> Prepared:
        """Give the answer to a request, preparing it when it comes for the first time."""
        prepared = self.answers.get((target, body))
        if prepared is None:
            prepared = self._prepare(target.decode(), body)
        counts = self.counts
        counts.requests += 1
        counts.pages += prepared.rows > 0
        counts.rows += prepared.rows
        counts.body_bytes += len(prepared.body)
        self.under_way += 1
        counts.in_flight = max(counts.in_flight, self.under_way)
        return prepared

    def _prepare(self, target: str, body: bytes) -> Prepared:
        found = _TARGET.fullmatch(target)
        if found is None or found["account"] not in ACCOUNTS:
            return _prepared(404, b'{"code":"not_found","msg":"no such account"}', 0, 0)
        account: Account = ACCOUNTS[found["account"]]
        given = answer(account, found["rest"], body)
        prepared = _prepared(given.status, given.body, given.rows, int(found["latency"]) / 1000)
        # A long history is made as it is read: kept, it would fill the memory.
        if account.blocks == 1:
            self.answers[target.encode(), body] = prepared
        return prepared

    def date(self) -> bytes:
        """Give the Date header, whose absence a client might take for a clock that differs."""
        second = int(time.time())
        if second != self._date_second:
            self._date_second = second
            self._date = f"Date: {formatdate(second, usegmt=True)}\r\n\r\n".encode()
        return self._date

    def take_counts(self) -> bytes:
        """Give the counts as JSON, and begin anew."""
        counts, self.counts = self.counts, Counts()
        return json.dumps(asdict(counts)).encode()


def _prepared(status: int, body: bytes, rows: int, latency_seconds: float) -> Prepared:
    head = (
        f"HTTP/1.1 {status} -\r\nContent-Type: application/json; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
    )
    return Prepared(latency_seconds, head.encode(), body, rows)


class Connection(asyncio.Protocol):
    """One client's connection; its requests come one after the other."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self._received = b""
        self._transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(_END_OF_HEAD)) >= 0:
            head = self._received[:end]
            length = _LENGTH.search(head)
            stop = end + len(_END_OF_HEAD) + (int(length[1]) if length else 0)
            if len(self._received) < stop:
                return
            body = self._received[end + len(_END_OF_HEAD) : stop]
            self._received = self._received[stop:]
            self._answer(head.split(b" ", 2)[1], body)

    def _answer(self, target: bytes, body: bytes) -> None:
        if target == b"/counts":
            self._send(_prepared(200, self._replay.take_counts(), 0, 0))
            return
        prepared = self._replay.take(target, body)
        if prepared.latency_seconds:
            loop = asyncio.get_running_loop()
            loop.call_later(prepared.latency_seconds, self._finish, prepared)
        else:
            self._finish(prepared)

    def _finish(self, prepared: Prepared) -> None:
        self._replay.under_way -= 1
        self._send(prepared)

    def _send(self, prepared: Prepared) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(prepared.head + self._replay.date() + prepared.body)


async def serve() -> None:
    """Serve until standard input ends; prints the port first."""
    loop = asyncio.get_running_loop()
    replay = Replay()
    server = await loop.create_server(lambda: Connection(replay), HOST, 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ended.set)
    await ended.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(serve())

"""A server that responds with prepared bodies, so that the benchmark does not measure the server.

The first time a request comes, the sandbox makes its body, and the server keeps it. One unmeasured
run of each client prepares all of its requests. A path names the account and the latency, such as
`/large/100ms/antbuddy/messages`. Latency costs nothing: it is a timer of the event loop.

`GET /counts` returns the counts since the last call as JSON.
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
    """Counts of requests.

    Attributes:
        requests: How many requests to either API.
        pages: How many responses held rows.
        rows: How many sessions and notifications the responses held.
        body_bytes: The size of the bodies.
        in_flight: The largest number of requests in flight at a time.
    """

    requests: int = 0
    pages: int = 0
    rows: int = 0
    body_bytes: int = 0
    in_flight: int = 0


class Prepared(NamedTuple):
    """A response that is ready to be sent."""

    latency_seconds: float
    head: bytes
    body: bytes
    rows: int


@dataclass
class Replay:
    """The prepared responses, and the counts of requests."""

    answers: dict[tuple[bytes, bytes], Prepared] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    under_way: int = 0
    _date: bytes = b""
    _date_second: int = 0

    def take(self, target: bytes, body: bytes) -> Prepared:
        """Return the response to a request, and prepare it the first time."""
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
        # The bodies of a long history would fill the memory, so they are not kept.
        if account.blocks == 1:
            self.answers[target.encode(), body] = prepared
        return prepared

    def date(self) -> bytes:
        """Return the Date header; a client could take a missing one for a different clock."""
        second = int(time.time())
        if second != self._date_second:
            self._date_second = second
            self._date = f"Date: {formatdate(second, usegmt=True)}\r\n\r\n".encode()
        return self._date

    def take_counts(self) -> bytes:
        """Return the counts as JSON and reset them."""
        counts, self.counts = self.counts, Counts()
        return json.dumps(asdict(counts)).encode()


def _prepared(status: int, body: bytes, rows: int, latency_seconds: float) -> Prepared:
    head = (
        f"HTTP/1.1 {status} -\r\nContent-Type: application/json; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
    )
    return Prepared(latency_seconds, head.encode(), body, rows)


class Connection(asyncio.Protocol):
    """One client's connection, with one request after the other."""

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
    """Print the port, then serve until standard input ends."""
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

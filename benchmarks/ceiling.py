"""A trivial client over one bare socket, which measures the most that the replay server can send.

It requests the first page of every window in a loop, and reads nothing but the lengths.

    python -m benchmarks.ceiling URL START END SECONDS
"""

from __future__ import annotations

import json
import re
import socket
import sys
import time
from datetime import datetime, timedelta
from itertools import cycle
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)")
_WINDOW = timedelta(days=7)


def requests_of(path: str, start: datetime, end: datetime) -> Iterator[bytes]:
    """Yield a request to each API for each week."""
    while start < end:
        first, last = (f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (start, start + _WINDOW))
        query = f"limit=100&offset=0&created_from={first}&created_to={last}"
        yield f"GET {path}/antbuddy/messages?{query} HTTP/1.1\r\n\r\n".encode()
        limits = {"date_from": first, "date_to": last, "time_type": "updated_time"}
        body = json.dumps({"filter": limits, "paging": {"limit": 100}})
        yield (
            f"POST {path}/etelecom/v1/shop.Zalo/ListMessages HTTP/1.1\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
        start += _WINDOW


def main() -> None:
    """Send requests for some seconds after one unmeasured pass; print the pace per second."""
    base, start, end, seconds = sys.argv[1:]
    url = urlsplit(base)
    whole = datetime.fromisoformat(start), datetime.fromisoformat(end)
    requests = list(requests_of(url.path, *whole))
    buffer = memoryview(bytearray(4 * 1024 * 1024))
    with socket.create_connection((str(url.hostname), int(url.port or 80))) as connection:
        for request in requests:
            _ask(connection, request, buffer)
        count = size = 0
        started = time.monotonic()
        for request in cycle(requests):
            size += _ask(connection, request, buffer)
            count += 1
            elapsed = time.monotonic() - started
            if elapsed > float(seconds):
                break
    print(json.dumps({"requests": count / elapsed, "bytes": size / elapsed}))


def _ask(connection: socket.socket, request: bytes, buffer: memoryview) -> int:
    connection.sendall(request)
    received = connection.recv_into(buffer)
    head = bytes(buffer[: min(received, 1024)])
    length = _LENGTH.search(head)
    if length is None:
        sys.exit(f"No response from the replay server: {head[:200]!r}")
    size = head.index(b"\r\n\r\n") + 4 + int(length[1])
    while received < size:
        received += connection.recv_into(buffer[received:])
    return size


if __name__ == "__main__":
    main()

"""The floor: the least that any extractor in Python has to do for the same rows.

A bare loop of `requests` and `msgspec` with the tap's windows, page sizes and sweeps. It decodes
each page, makes each row a RECORD line, and encodes a page's lines in one call. It trusts `total`
and the cursors, converts no value, checks nothing, keeps no state and never retries. With several
threads it reads that many windows at a time, one API after the other, and writes in order.

    python -m benchmarks.floor URL START END THREADS
"""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGE = 100
ANTBUDDY_WINDOW = timedelta(days=30)
ETELECOM_WINDOW = timedelta(days=7)

_decode = msgspec.json.Decoder().decode
_encode_lines = msgspec.json.Encoder().encode_lines
_local = threading.local()


def antbuddy_lines(body: bytes) -> tuple[bytes, int, int]:
    """Return a page's lines, its number of sessions, and the window's number of sessions."""
    data = _decode(body)["data"]
    lines = []
    for session in data["sessions"]:
        for message in session.pop("messages"):
            message["session_id"] = session["sessionId"]
            lines.append({"type": "RECORD", "stream": "antbuddy_messages", "record": message})
        lines.append({"type": "RECORD", "stream": "antbuddy_sessions", "record": session})
    return _encode_lines(lines), len(data["sessions"]), data["total"]


def etelecom_lines(body: bytes, rated: set[str]) -> tuple[bytes, str]:
    """Return a page's lines, without rated rows that came before, and the next cursor."""
    answer = _decode(body)
    lines = []
    for row in answer["messages"]:
        if row["submit_time"]:
            if row["id"] in rated:
                continue
            rated.add(row["id"])
        lines.append({"type": "RECORD", "stream": "etelecom_zns_messages", "record": row})
    return _encode_lines(lines), answer["paging"]["next"]


def read_antbuddy(base: str, start: datetime, end: datetime) -> Iterator[bytes]:
    """Yield the lines of a window's sessions and messages, page by page."""
    offset, total = 0, 1
    while offset < total:
        params: dict[str, Any] = {
            "limit": PAGE,
            "offset": offset,
            "created_from": _iso(start - timedelta(milliseconds=1), "milliseconds"),
            "created_to": _iso(end + timedelta(milliseconds=1), "milliseconds"),
        }
        url = f"{base}/antbuddy/messages"
        lines, count, total = antbuddy_lines(_ask("GET", url, params=params))
        offset += count
        yield lines


def read_etelecom(base: str, start: datetime, end: datetime) -> Iterator[bytes]:
    """Yield the lines of a window's notifications, by update time and then by rating time."""
    rated: set[str] = set()
    for time_type in ("updated_time", "submit_time"):
        after: str | None = None
        while after != "":
            body = {
                "filter": {
                    "date_from": _iso(start - timedelta(seconds=1), "seconds"),
                    "date_to": _iso(end + timedelta(seconds=1), "seconds"),
                    "time_type": time_type,
                },
                "paging": {"limit": PAGE, "after": after} if after else {"limit": PAGE},
            }
            url = f"{base}/etelecom/v1/shop.Zalo/ListMessages"
            lines, after = etelecom_lines(_ask("POST", url, json=body), rated)
            yield lines


def _ask(method: str, url: str, **content: Any) -> bytes:  # noqa: ANN401 - as requests takes it
    session: requests.Session | None = getattr(_local, "session", None)
    if session is None:
        session = _local.session = requests.Session()
        session.trust_env = False
        session.headers.update({"apikey": "floor", "Authorization": "Bearer floor"})
    with session.request(method, url, stream=True, timeout=60, **content) as response:
        # `response.content` joins pieces of 10 kB, which costs twice as much for a large page.
        body: bytes = response.raw.read(decode_content=True)
        return body


def _iso(moment: datetime, digits: str) -> str:
    return moment.isoformat(timespec=digits).replace("+00:00", "Z")


def _windows(
    start: datetime, end: datetime, width: timedelta
) -> Iterator[tuple[datetime, datetime]]:
    while start < end:
        yield start, min(start + width, end)
        start += width


def _write(lines: bytes) -> None:
    unsent = memoryview(lines)
    while unsent:
        unsent = unsent[os.write(1, unsent) :]


def main() -> None:
    """Read both APIs and write to standard output."""
    base, start, end, threads = sys.argv[1:]
    whole = datetime.fromisoformat(start), datetime.fromisoformat(end)
    for read, width in ((read_antbuddy, ANTBUDDY_WINDOW), (read_etelecom, ETELECOM_WINDOW)):
        windows = _windows(*whole, width)
        for pages in _read_all(read, base, windows, int(threads)):
            for lines in pages:
                _write(lines)


def _read_all(
    read: Callable[[str, datetime, datetime], Iterator[bytes]],
    base: str,
    windows: Iterator[tuple[datetime, datetime]],
    threads: int,
) -> Iterator[Iterator[bytes] | list[bytes]]:
    if threads == 1:
        for window in windows:
            yield read(base, *window)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(lambda window: list(read(base, *window)), windows)


if __name__ == "__main__":
    main()

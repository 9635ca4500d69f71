"""Records per second without HTTP: shaping and writing alone, in one process.

    python -m benchmarks.without_http ACCOUNT ROUNDS

`tap` reads prepared pages through the tap's own streams, which decode, shape, encode and write the
rows. `sdk` writes the same records, decoded beforehand, through plain streams of singer-sdk with
all defaults. `floor` decodes the same pages and encodes each row unchanged. All output is thrown
away; the module prints JSON.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from singer_sdk import Stream, Tap
from typing_extensions import override

from benchmarks.accounts import ACCOUNTS, Account, answer
from benchmarks.clients import END, Workload, tap_settings
from benchmarks.floor import antbuddy_lines, etelecom_lines
from tap_omnimessages.extract.cache import CachedSource
from tap_omnimessages.extract.revisits import Lookback
from tap_omnimessages.http.stats import RequestStats
from tap_omnimessages.singer.stream import IncrementalStream
from tap_omnimessages.tap import TapOmniMessages

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from singer_sdk.helpers.types import Context, Record

    from tap_omnimessages.extract.source import Page, RequestPlanner
    from tap_omnimessages.extract.windows import Window

_PAGE = 100


class Pages:
    """All pages of one API, prepared, as a `Source`."""

    width = timedelta(days=36500)
    lookback = Lookback(timedelta(days=7))
    concurrency = 1

    def __init__(self, bodies: Sequence[bytes], pages: Sequence[Page]) -> None:
        self.bodies = bodies
        self._pages = pages

    def read(self, window: Window, planner: RequestPlanner) -> Iterator[Page]:
        """Yield all pages, whatever the window."""
        del window, planner
        yield from self._pages

    def cap_at_server_time(self, end: datetime, now: datetime) -> datetime:
        """Return `end` unchanged: there is no server."""
        del now
        return end

    @property
    def request_stats(self) -> RequestStats:
        """No requests."""
        return RequestStats()

    def finish(self) -> None:
        """Do nothing: there is nothing to report."""

    def close(self) -> None:
        """Do nothing: there is nothing to cancel."""


class _Sessions(msgspec.Struct):
    sessions: list[msgspec.Raw]


class _SessionsAnswer(msgspec.Struct):
    data: _Sessions


class _Paging(msgspec.Struct):
    next: str


class _NotificationsAnswer(msgspec.Struct):
    messages: list[msgspec.Raw]
    paging: _Paging


def antbuddy_pages(account: Account) -> Pages:
    """Read every page of AntBuddy's sessions."""
    bodies: list[bytes] = []
    pages: list[Page] = []
    span = f"created_from={account.start:%Y-%m-%dT%H:%M:%SZ}&created_to={END:%Y-%m-%dT%H:%M:%SZ}"
    offset = 0
    while True:
        target = f"/antbuddy/messages?limit={_PAGE}&offset={offset}&{span}"
        body = answer(account, target, b"").body
        rows = msgspec.json.decode(body, type=_SessionsAnswer).data.sessions
        if not rows:
            return Pages(bodies, pages)
        offset += len(rows)
        bodies.append(body)
        pages.append([bytes(row) for row in rows])


def etelecom_pages(account: Account) -> Pages:
    """Read every page of eTelecom's notifications, by update time."""
    bodies: list[bytes] = []
    pages: list[Page] = []
    limits = {"date_from": account.start.isoformat(), "date_to": END.isoformat()}
    after = ""
    while True:
        request = {
            "filter": {**limits, "time_type": "updated_time"},
            "paging": {"limit": _PAGE, "after": after},
        }
        body = answer(account, "", json.dumps(request).encode()).body
        given = msgspec.json.decode(body, type=_NotificationsAnswer)
        if not given.messages:
            return Pages(bodies, pages)
        after = given.paging.next
        bodies.append(body)
        pages.append([bytes(row) for row in given.messages])


def make_tap(antbuddy: Pages, etelecom: Pages) -> TapOmniMessages:
    """Create the tap with prepared pages instead of its APIs."""
    settings = tap_settings(Workload("", concurrency=1), "http://127.0.0.1")
    tap = TapOmniMessages(config=settings)
    shared = {
        "antbuddy": CachedSource(lambda: antbuddy, lambda: "antbuddy-000000000000"),
        "etelecom": CachedSource(lambda: etelecom, lambda: "etelecom-000000000000"),
    }
    for name, stream in tap.streams.items():
        api = name.partition("_")[0]
        if isinstance(stream, IncrementalStream):
            stream.source = shared[api]
    return tap


class PlainStream(Stream):
    """A plain stream of the SDK with prepared records."""

    replication_key = None

    def __init__(self, tap: Tap, name: str, schema: dict[str, Any], records: list[Any]) -> None:
        super().__init__(tap, schema=schema, name=name)
        self._records = records

    @override
    def get_records(self, context: Context | None) -> Iterable[Record]:
        return self._records


class PlainTap(Tap):
    """A tap of plain streams, with another tap's schemas and records."""

    name = "tap-plain"
    config_jsonschema: ClassVar[dict[str, Any]] = {"properties": {}}

    def __init__(self, tap: Tap, records: dict[str, list[Any]]) -> None:
        self._given = {name: (stream.schema, records[name]) for name, stream in tap.streams.items()}
        super().__init__()

    @override
    def discover_streams(self) -> list[Stream]:
        return [PlainStream(self, name, *given) for name, given in self._given.items()]


def run_floor(antbuddy: Pages, etelecom: Pages) -> int:
    """Decode and encode everything, and return the number of records."""
    count = 0
    rated: set[str] = set()
    for body in antbuddy.bodies:
        lines = antbuddy_lines(body)[0]
        count += lines.count(b"\n")
        os.write(1, lines)
    for body in etelecom.bodies:
        lines = etelecom_lines(body, rated)[0]
        count += lines.count(b"\n")
        os.write(1, lines)
    return count


@contextmanager
def output_to(descriptor: int) -> Generator[None]:
    """Redirect standard output to another file descriptor."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(descriptor, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def records_of(tap: TapOmniMessages) -> dict[str, list[Any]]:
    """Run the tap and return the records that it writes, by stream."""
    records = defaultdict(list)
    with tempfile.TemporaryFile() as file:
        with output_to(file.fileno()):
            tap.sync_all()
        file.seek(0)
        for line in file:
            message = msgspec.json.decode(line)
            if message["type"] == "RECORD":
                records[message["stream"]].append(message["record"])
    return records


def main() -> None:
    """Time the ways to write in turns; print the number of records and the seconds of each."""
    account, rounds = sys.argv[1:]
    logging.disable(logging.WARNING)
    antbuddy, etelecom = antbuddy_pages(ACCOUNTS[account]), etelecom_pages(ACCOUNTS[account])
    records = records_of(make_tap(antbuddy, etelecom))
    ways: dict[str, Callable[[], Callable[[], object]]] = {
        "floor": lambda: lambda: run_floor(antbuddy, etelecom),
        "sdk": lambda: PlainTap(make_tap(antbuddy, etelecom), records).sync_all,
        "tap": lambda: make_tap(antbuddy, etelecom).sync_all,
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for _ in range(int(rounds)):
        for way, prepare in ways.items():
            act = prepare()
            # Otherwise one way's objects would cost the others time in the garbage collector.
            gc.collect()
            gc.freeze()
            with output_to(nowhere):
                started = time.process_time()
                act()
                seconds[way].append(time.process_time() - started)
    count = sum(map(len, records.values()))
    print(json.dumps({"records": count, "ways": list(ways), **seconds}))


if __name__ == "__main__":
    main()

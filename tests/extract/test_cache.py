"""The cache: the second AntBuddy stream reads from disk what the first one fetched."""

from __future__ import annotations

import errno
import tempfile
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import IO, TYPE_CHECKING, Any

import pytest

from omnimessages_sandbox import Faults
from tap_omnimessages.extract.spool import Spool
from tap_omnimessages.extract.windows import fill
from tap_omnimessages.singer.stream import IncrementalStream
from tap_omnimessages.tap import TapOmniMessages
from tests.profiles import slow
from tests.support import STREAMS_OF, extract, keys_of, only, signals_kept, truth, workers

if TYPE_CHECKING:
    from pathlib import Path

    from omnimessages_sandbox import Sandbox


class _Disk:
    """A file on a disk that is full after a number of writes."""

    def __init__(self, file: IO[bytes], room: int) -> None:
        self._file = file
        self._room = room

    def write(self, data: bytes) -> int:
        self._room -= 1
        if self._room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._file.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _fill_disk(monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    make_file = tempfile.TemporaryFile
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: _Disk(make_file(), room))


def test_a_full_disk_costs_requests_but_no_records(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # One request at a time, so that the number of requests is the same in both runs.
    settings = only(sandbox, "antbuddy", max_concurrency=1)
    extract(settings)
    usual = len(sandbox.requests)
    sandbox.clear_requests()

    _fill_disk(monkeypatch, room=0)
    run = extract(settings)
    assert run.error is None
    found = keys_of(run)
    expected = truth(sandbox)
    assert found["antbuddy_sessions"] == expected["antbuddy_sessions"]
    assert found["antbuddy_messages"] == expected["antbuddy_messages"]
    assert len(sandbox.requests) == 2 * usual
    (warning,) = [r.getMessage() for r in caplog.records if "temporary file" in r.getMessage()]
    assert "No space left" in warning


def test_the_temporary_file_is_never_visible_in_its_folder(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen: list[list[Path]] = []
    read = Spool.read

    def spy(spool: Spool, start: int, end: int) -> Any:
        seen.append(list(tmp_path.iterdir()))
        return read(spool, start, end)

    monkeypatch.setattr(Spool, "read", spy)
    assert extract(only(sandbox, "antbuddy")).error is None
    assert seen
    assert not any(seen)
    assert not list(tmp_path.iterdir())


# Not a divisor of the windows' numbers of sessions: full pages are doubted.
_PAGE_SIZE = "11"
_PAGES: dict[str, Any] = {"antbuddy_page_size": int(_PAGE_SIZE), "antbuddy_window_days": 2}


def _first_pages(sandbox: Sandbox) -> Counter[str]:
    """Count the requests for the first page of each window."""
    return Counter(
        request.params["created_from"]
        for request in sandbox.requests
        if request.params["offset"] == "0"
        and request.params["limit"] == _PAGE_SIZE
        # What lies behind a last row is asked for, too.
        and request.params["created_from"].endswith("T23:59:59.999Z")
    )


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("room", [1, 7, 24])
def test_a_disk_that_fills_during_the_run_makes_the_second_stream_fetch_every_window_again(
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    room: int,
    concurrency: int,
) -> None:
    settings = only(sandbox, "antbuddy", max_concurrency=concurrency, **_PAGES)
    usual = extract(settings)
    assert set(_first_pages(sandbox).values()) == {1}
    sandbox.clear_requests()
    _fill_disk(monkeypatch, room)
    run = extract(settings)
    assert run.error is None
    assert run.lasting_messages == usual.lasting_messages
    # A full disk drops the windows that were cached before, too.
    assert set(_first_pages(sandbox).values()) == {2}
    (warning,) = [r.getMessage() for r in caplog.records if "temporary file" in r.getMessage()]
    assert "No space left" in warning
    assert not workers()


_LOOKBACK = timedelta(days=3)


def _day(day: int) -> datetime:
    return datetime(2026, 3, day, tzinfo=UTC)


@pytest.mark.parametrize("concurrency", [1, *slow(2), 8])
@pytest.mark.parametrize(
    "covered",
    [
        {"antbuddy_messages": (1, 10), "antbuddy_sessions": (1, 25)},
        {"antbuddy_messages": (1, 25), "antbuddy_sessions": (1, 10)},
        {"antbuddy_messages": (12, 20), "antbuddy_sessions": (5, 29)},
        {"antbuddy_messages": (16, 17)},
        {"antbuddy_sessions": (9, 16)},
    ],
)
def test_streams_with_different_bookmarks_are_complete_and_fetch_no_window_twice(
    sandbox: Sandbox, covered: dict[str, tuple[int, int]], concurrency: int
) -> None:
    bookmarks = {
        stream: {
            "replication_key_value": _day(end).isoformat(),
            "extracted_from": _day(start).isoformat(),
        }
        for stream, (start, end) in covered.items()
    }
    settings = only(sandbox, "antbuddy", antbuddy_lookback_days=_LOOKBACK.days, **_PAGES)
    state = {"bookmarks": bookmarks}
    run = extract({**settings, "max_concurrency": concurrency}, state=state)
    assert run.error is None
    assert set(_first_pages(sandbox).values()) == {1}
    for stream in STREAMS_OF["antbuddy"]:
        assert run.table(stream).keys() >= _uncovered(sandbox, stream, covered.get(stream))
        assert run.bookmark(stream)["replication_key_value"] == "2026-04-01T00:00:00.000000Z"
        assert run.bookmark(stream)["extracted_from"] == "2026-03-01T00:00:00.000000Z"
    alone = extract({**settings, "max_concurrency": 1}, state=state)
    assert run.lasting_messages == alone.lasting_messages


def _uncovered(sandbox: Sandbox, stream: str, covered: tuple[int, int] | None) -> set[str]:
    """Return the keys that a run has to write: those of sessions outside the covered days."""
    keys = set()
    for session in sandbox.world.sessions(sandbox.now):
        began = datetime.fromtimestamp(session["createdAt"] / 1000, tz=UTC)
        if covered and _day(covered[0]) <= began < _day(covered[1]) - _LOOKBACK:
            continue
        if stream == "antbuddy_sessions":
            keys.add(session["sessionId"])
        else:
            keys |= {message["_id"] for message in session["messages"]}
    return keys


def test_closing_a_source_ends_the_workers_that_wait_to_retry(
    sandbox: Sandbox,
) -> None:
    # A pause of a minute, much longer than the test.
    sandbox.faults = Faults(script=["ok", "ok", "429:60"])
    settings = only(sandbox, "antbuddy", max_concurrency=4, **_PAGES)
    with signals_kept():
        stream = TapOmniMessages(config=settings).streams["antbuddy_sessions"]
    assert isinstance(stream, IncrementalStream)
    source = stream.source
    days = fill(_day(1), _day(31), timedelta(days=2))
    reading = source.read(days, cache=True)
    next(reading)
    while not source.request_stats.pauses:
        threading.Event().wait(0)
    assert workers()
    reading.close()
    assert not workers()

"""Log lines of a sync: the progress lines and the summary of each stream."""

from __future__ import annotations

import itertools
import logging
import os
import re
from contextlib import redirect_stdout
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from omnimessages_sandbox import Faults, Sandbox
from tap_omnimessages.http.throttle import Throttle
from tap_omnimessages.progress.tracker import Progress
from tap_omnimessages.singer import stream as incremental
from tap_omnimessages.singer import waiting_output, writer
from tap_omnimessages.tap import TapOmniMessages
from tests.support import (
    STREAMS,
    catalog_of,
    extract,
    only,
    run_command,
    settings_of,
    signals_kept,
)

if TYPE_CHECKING:
    from pathlib import Path

_LINE = re.compile(
    r"(?P<stream>\w+): window (?P<number>\d+) of (?P<windows>\d+) "
    r"\(\d{4}-\d\d-\d\d \d\d:\d\d to \d{4}-\d\d-\d\d \d\d:\d\d UTC\), "
    r"(?P<records>[\d,]+) records? so far, [\d,.]+ records/s, (?P<requests>\d+) requests?, "
    r"(no waits|\d+ waits? \([^)]*\)), "
    r"(?P<ending>about [^,]+ left|time left not known|waiting for the loader)"
)
_SUMMARY = re.compile(
    r"(?P<stream>\w+): (?P<records>[\d,]+) records? in (?P<windows>\d+) windows?"
    r"( \((?P<kept>\d+) from disk, fetched before for another stream\))?, "
    r"(?P<requests>\d+) requests?, (no waits|(?P<waits>\d+) waits? \((?P<waited>[^)]*)\)), "
    r"[^,]+, [\d,.]+ records/s"
)


def _lines(caplog: pytest.LogCaptureFixture, form: re.Pattern[str]) -> list[dict[str, str]]:
    found = [form.fullmatch(record.getMessage()) for record in caplog.records]
    return [match.groupdict() for match in found if match]


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def test_a_long_sync_logs_windows_records_requests_and_the_time_left(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    # Each request takes four seconds.
    clock = lambda: 4.0 * len(sandbox.requests)  # noqa: E731
    monkeypatch.setattr(incremental, "Progress", partial(Progress, clock=clock))
    windows = {"antbuddy_window_days": 1, "etelecom_window_days": 1}
    run = extract(settings_of(sandbox, max_concurrency=1, **windows))
    assert run.error is None
    summaries = {summary["stream"]: summary for summary in _lines(caplog, _SUMMARY)}
    assert set(summaries) == set(STREAMS)
    for stream in STREAMS:
        lines = [line for line in _lines(caplog, _LINE) if line["stream"] == stream]
        assert _number(summaries[stream]["records"]) == len(run.records(stream))
        requests = _number(summaries[stream]["requests"])
        if stream == "antbuddy_sessions":
            assert summaries[stream]["kept"] == summaries[stream]["windows"]
            assert requests == 0
            assert not lines
            continue
        # A line is due every ten seconds; it comes with the next page, up to four requests later.
        assert 4 * requests // 17 <= len(lines) <= 4 * requests // 10
        assert {line["windows"] for line in lines} == {"31"}
        counts = [_number(line["records"]) for line in lines]
        assert counts == sorted(counts)
        logged = [r.__dict__ for r in caplog.records if "progress" in r.__dict__]
        fields = [r["progress"] for r in logged if r["stream_name"] == stream]
        for numbers in fields[len(fields) // 2 :]:
            ending = numbers["seconds"] + numbers["seconds_left"]
            assert ending == pytest.approx(4 * requests, rel=0.2)
    assert sum(_number(s["requests"]) for s in summaries.values()) == len(sandbox.requests)
    assert not [s for s in summaries.values() if s["waits"]]


def test_a_sync_that_waits_for_its_loader_logs_that_instead_of_the_time_left(
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    caplog.set_level(logging.INFO)
    written = 0

    def write(descriptor: int, data: bytes) -> int:
        nonlocal written
        written += 1
        return os.write(descriptor, data)

    # Each write takes twenty seconds, and nothing else takes time.
    clock = lambda: 20.0 * written  # noqa: E731
    monkeypatch.setattr(waiting_output, "os", SimpleNamespace(write=write))
    monkeypatch.setattr(writer, "time", SimpleNamespace(monotonic=clock))
    monkeypatch.setattr(incremental, "Progress", partial(Progress, clock=clock))
    config = only(sandbox, "etelecom", etelecom_window_days=1)
    with (tmp_path / "messages").open("w") as out, redirect_stdout(out), signals_kept():
        TapOmniMessages(config=config).sync_all()
    endings = [line["ending"] for line in _lines(caplog, _LINE)]
    assert len(endings) > 20
    assert set(endings) == {"waiting for the loader"}


def test_a_short_sync_logs_summaries_only(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    first = extract(settings_of(sandbox))
    extract(settings_of(sandbox), state=first.state)
    assert [summary["stream"] for summary in _lines(caplog, _SUMMARY)] == sorted(STREAMS) * 2
    assert not _lines(caplog, _LINE)


def test_waits_count_for_the_stream_that_waited_only(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    slept: list[float] = []
    ticking = itertools.count()

    def wait(pace: Throttle, seconds: float | None) -> None:
        if seconds is None:
            pace._changed.wait()
        else:
            slept.append(seconds)

    monkeypatch.setattr(Throttle, "_wait", wait)
    now = lambda: next(ticking) / 1e6 + sum(slept)  # noqa: E731
    monkeypatch.setattr("tap_omnimessages.http.throttle.time.monotonic", now)
    sandbox.faults = Faults(script=["ok", "429:7"])
    run = extract(only(sandbox, "antbuddy", max_concurrency=1))
    assert run.error is None
    messages, sessions = _lines(caplog, _SUMMARY)
    assert (messages["waits"], messages["waited"]) == ("1", "7.0 s")
    assert sessions["waits"] is None
    assert _number(messages["requests"]) == len(sandbox.requests)


def test_a_stream_selected_alone_reads_no_window_from_disk(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    catalog = catalog_of(antbuddy_messages={"selected": False})
    run = extract(only(sandbox, "antbuddy"), catalog=catalog)
    (summary,) = _lines(caplog, _SUMMARY)
    assert summary["stream"] == "antbuddy_sessions"
    assert summary["kept"] is None
    assert _number(summary["requests"]) == len(sandbox.requests)
    assert _number(summary["records"]) == len(run.records("antbuddy_sessions"))


def test_a_stream_that_fails_has_no_summary_of_a_complete_one(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    sandbox.faults = Faults(script=["ok"] * 3, permanent="404")
    assert extract(settings_of(sandbox, antbuddy_window_days=3)).error is not None
    assert not _lines(caplog, _SUMMARY)


def test_a_connection_test_logs_no_summary(sandbox: Sandbox, tmp_path: Path) -> None:
    process = run_command("--test", settings=settings_of(sandbox), folder=tmp_path)
    assert process.returncode == 0
    assert "records/s" not in process.stderr

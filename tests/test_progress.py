"""How far a sync is: lines every ten seconds, a bar on a terminal, a summary for each stream."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import IO, TYPE_CHECKING, Any

import pytest

from tap_omnimessages import incremental, progress_bar
from tap_omnimessages.pace import Pace
from tap_omnimessages.progress import Progress
from tap_omnimessages.progress_bar import ProgressBar, is_bar_wanted
from tap_omnimessages.progress_lines import say_duration
from tap_omnimessages.sandbox import Faults, Sandbox
from tap_omnimessages.traffic import Traffic
from tap_omnimessages.windows import Plan, Window, fill
from tests.support import STREAMS, catalog_of, extract, only, run_command, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tap_omnimessages.progress_lines import Status

_DAY = timedelta(days=1)
_START = datetime(2026, 3, 1, tzinfo=UTC)
_LOGGER = logging.getLogger("tap-omnimessages.a_stream")


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Shown:
    """A display that keeps what it is shown."""

    interval_seconds = 10.0

    def __init__(self) -> None:
        self.statuses: list[Status] = []
        self.is_open = True

    def show(self, status: Status) -> None:
        assert self.is_open
        self.statuses.append(status)

    def close(self) -> None:
        self.is_open = False


def _plan(days: int, *, width: int = 1, backfill_days: int = 0) -> Plan:
    forward = fill(_START, _START + days * _DAY, width * _DAY)
    backward = fill(_START - backfill_days * _DAY, _START, width * _DAY)
    return Plan(_START, forward, backward[::-1])


def _follow(plan: Plan, clock: Clock, shown: Shown) -> Progress:
    return Progress("a_stream", plan, Traffic, _LOGGER, display=shown, clock=clock)


@pytest.fixture(autouse=True)
def at_info() -> Iterator[None]:
    level = _LOGGER.level
    _LOGGER.setLevel(logging.INFO)
    yield
    _LOGGER.setLevel(level)


def test_it_is_told_every_ten_seconds_however_many_pages_come() -> None:
    clock, shown = Clock(), Shown()
    with _follow(_plan(100), clock, shown) as progress:
        for window in _plan(100).forward:
            progress.begin(window, backward=False)
            for _ in range(5):
                clock.now += 0.25
                progress.add(7)
            progress.finish_window()
    assert [status.seconds for status in shown.statuses] == [10.0 * n for n in range(1, 13)]
    assert [status.number for status in shown.statuses] == [8 * n for n in range(1, 13)]
    assert {status.windows for status in shown.statuses} == {100}
    assert {status.records_per_second for status in shown.statuses} == {28.0}
    assert not shown.is_open


def test_the_time_left_follows_from_the_share_of_time_that_is_covered() -> None:
    clock, shown = Clock(), Shown()
    plan = _plan(40, width=10)
    with _follow(plan, clock, shown) as progress:
        for window in plan.forward:
            # Each window is read in parts, of which the plan knows nothing.
            for part in window.split(5):
                progress.begin(part, backward=False)
                clock.now += 20
                progress.add(1)
                progress.finish_window()
    for status in shown.statuses[1:]:
        assert status.seconds_left is not None
        assert status.seconds + status.seconds_left == pytest.approx(400)
    assert shown.statuses[-1].share > 0.9
    # At first, the parts of the windows behind this one are not known.
    assert [s.windows for s in shown.statuses[::5]] == [8, 12, 16, 20]
    assert shown.statuses[-1].number == 20


def test_too_little_tells_nothing_of_the_time_left() -> None:
    clock, shown = Clock(), Shown()
    plan = _plan(1000)
    with _follow(plan, clock, shown) as progress:
        for window in plan.forward[:30]:
            progress.begin(window, backward=False)
            clock.now += 10
            progress.add(1)
            progress.finish_window()
    known = [status.seconds_left is not None for status in shown.statuses]
    assert known == sorted(known)
    assert known.index(True) == 20


def test_years_without_records_do_not_make_the_rest_look_quick() -> None:
    clock, shown = Clock(), Shown()
    plan = _plan(100)
    with _follow(plan, clock, shown) as progress:
        for number, window in enumerate(plan.forward):
            progress.begin(window, backward=False)
            is_empty = number < 50
            clock.now += 0.5 if is_empty else 20
            progress.add(0 if is_empty else 1)
            progress.finish_window()
            if number == 60:
                break
    last = shown.statuses[-1]
    assert last.seconds_left is not None
    assert last.seconds_left == pytest.approx(40 * 20, rel=0.1)


def test_history_before_what_is_covered_comes_last_and_counts() -> None:
    clock, shown = Clock(), Shown()
    plan = _plan(2, backfill_days=6)
    with _follow(plan, clock, shown) as progress:
        for windows, backward in ((plan.forward, False), (plan.backfill, True)):
            for window in windows:
                progress.begin(window, backward=backward)
                clock.now += 10
                progress.add(1)
                progress.finish_window()
    assert [status.number for status in shown.statuses] == list(range(1, 9))
    assert {status.windows for status in shown.statuses} == {8}
    assert [status.share for status in shown.statuses] == [n / 8 for n in range(8)]


def test_a_window_that_reaches_beyond_the_plan_counts_for_its_part_inside() -> None:
    clock, shown = Clock(), Shown()
    plan = _plan(4)
    with _follow(plan, clock, shown) as progress:
        progress.begin(Window(_START - 9 * _DAY, _START + 3 * _DAY), backward=False)
        progress.finish_window()
        progress.begin(Window(_START + 3 * _DAY, _START + 9 * _DAY), backward=False)
        clock.now += 10
        progress.add(1)
        progress.finish_window()
    (status,) = shown.statuses
    assert status.share == 0.75
    assert (status.number, status.windows) == (2, 2)


def test_a_request_without_an_answer_does_not_silence_it() -> None:
    told = threading.Event()

    class Quick(Shown):
        interval_seconds = 0.001

        def show(self, status: Status) -> None:
            assert status.number == 1
            told.set()

    with Progress("a_stream", _plan(3), Traffic, _LOGGER, display=Quick()):
        assert told.wait(30)


def test_it_is_silent_where_the_log_does_not_take_it(caplog: pytest.LogCaptureFixture) -> None:
    clock, shown = Clock(), Shown()
    _LOGGER.setLevel(logging.WARNING)
    with _follow(_plan(3), clock, shown) as progress:
        clock.now += 60
        progress.add(1)
    assert not shown.statuses
    assert not caplog.records


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (9.9, "9.9 s"),
        (9.96, "10 s"),
        (119, "119 s"),
        (125, "2 min"),
        (8000, "2 h 13 min"),
    ],
)
def test_durations_are_told_as_exactly_as_is_of_use(seconds: float, text: str) -> None:
    assert say_duration(seconds) == text


def test_waits_of_several_workers_at_the_same_time_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr("tap_omnimessages.pace.time.monotonic", clock)
    pace = Pace(4)
    pace.hold(4)
    pace.hold(3)
    clock.now += 1
    pace.hold(5)
    assert pace.traffic == Traffic(waits=1, waited_seconds=1.0)
    clock.now += 100
    pace.hold(2)
    clock.now += 2
    assert pace.traffic == Traffic(waits=2, waited_seconds=8.0)


_LINE = re.compile(
    r"(?P<stream>\w+): window (?P<number>\d+) of (?P<windows>\d+) "
    r"\(\d{4}-\d\d-\d\d \d\d:\d\d to \d{4}-\d\d-\d\d \d\d:\d\d UTC\), "
    r"(?P<records>[\d,]+) records? so far, [\d,.]+ records/s, (?P<requests>\d+) requests?, "
    r"(no waits|\d+ waits? \([^)]*\)), (about [^,]+ left|time left not known yet)"
)
_SUMMARY = re.compile(
    r"(?P<stream>\w+): (?P<records>[\d,]+) records? in (?P<windows>\d+) windows?"
    r"( \((?P<kept>\d+) from disk, fetched before for another stream\))?, "
    r"(?P<requests>\d+) requests?, (no waits|(?P<waits>\d+) waits? \((?P<waited>[^)]*)\)), "
    r"[^,]+, [\d,.]+ records/s"
)


def _told(caplog: pytest.LogCaptureFixture, form: re.Pattern[str]) -> list[dict[str, str]]:
    found = [form.fullmatch(record.getMessage()) for record in caplog.records]
    return [match.groupdict() for match in found if match]


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def test_a_long_sync_tells_windows_records_requests_and_the_time_left(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    # Four seconds a request.
    clock = lambda: 4.0 * len(sandbox.requests)  # noqa: E731
    monkeypatch.setattr(incremental, "Progress", partial(Progress, clock=clock))
    windows = {"antbuddy_window_days": 1, "etelecom_window_days": 1}
    run = extract(settings_of(sandbox, max_concurrency=1, **windows))
    assert run.error is None
    summaries = {summary["stream"]: summary for summary in _told(caplog, _SUMMARY)}
    assert set(summaries) == set(STREAMS)
    for stream in STREAMS:
        lines = [line for line in _told(caplog, _LINE) if line["stream"] == stream]
        assert _number(summaries[stream]["records"]) == len(run.records(stream))
        requests = _number(summaries[stream]["requests"])
        if stream == "antbuddy_sessions":
            assert summaries[stream]["kept"] == summaries[stream]["windows"]
            assert requests == 0
            assert not lines
            continue
        # What takes time comes before a page; pages of this account take up to four requests.
        assert 4 * requests // 17 <= len(lines) <= 4 * requests // 10
        assert {line["windows"] for line in lines} == {"31"}
        counts = [_number(line["records"]) for line in lines]
        assert counts == sorted(counts)
        logged = [r.__dict__ for r in caplog.records if "progress" in r.__dict__]
        told = [r["progress"] for r in logged if r["stream_name"] == stream]
        for numbers in told[3:]:
            ending = numbers["seconds"] + numbers["seconds_left"]
            assert ending == pytest.approx(4 * requests, rel=0.15)
    assert sum(_number(s["requests"]) for s in summaries.values()) == len(sandbox.requests)
    assert not [s for s in summaries.values() if s["waits"]]


def test_a_short_sync_tells_its_summary_and_nothing_else(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    first = extract(settings_of(sandbox))
    extract(settings_of(sandbox), state=first.state)
    assert [told["stream"] for told in _told(caplog, _SUMMARY)] == sorted(STREAMS) * 2
    assert not _told(caplog, _LINE)


def test_waits_are_counted_and_those_that_follow_are_not_laid_to_the_other_stream(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    slept: list[float] = []
    ticking = itertools.count()

    def wait(pace: Pace, seconds: float | None) -> None:
        if seconds is None:
            pace._changed.wait()
        else:
            slept.append(seconds)

    monkeypatch.setattr(Pace, "_wait", wait)
    now = lambda: next(ticking) / 1e6 + sum(slept)  # noqa: E731
    monkeypatch.setattr("tap_omnimessages.pace.time.monotonic", now)
    sandbox.faults = Faults(script=["ok", "429:7"])
    run = extract(only(sandbox, "antbuddy", max_concurrency=1))
    assert run.error is None
    messages, sessions = _told(caplog, _SUMMARY)
    assert (messages["waits"], messages["waited"]) == ("1", "7.0 s")
    assert sessions["waits"] is None
    assert _number(messages["requests"]) == len(sandbox.requests)


def test_a_stream_selected_alone_reads_nothing_from_the_disk(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    catalog = catalog_of(antbuddy_messages={"selected": False})
    run = extract(only(sandbox, "antbuddy"), catalog=catalog)
    (summary,) = _told(caplog, _SUMMARY)
    assert summary["stream"] == "antbuddy_sessions"
    assert summary["kept"] is None
    assert _number(summary["requests"]) == len(sandbox.requests)
    assert _number(summary["records"]) == len(run.records("antbuddy_sessions"))


def test_a_stream_that_fails_is_summed_up_by_its_error(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    sandbox.faults = Faults(script=["ok"] * 3, permanent="404")
    assert extract(settings_of(sandbox, antbuddy_window_days=3)).error is not None
    assert not _told(caplog, _SUMMARY)


def test_a_test_of_the_connection_sums_nothing_up(sandbox: Sandbox, tmp_path: Path) -> None:
    process = run_command("--test", settings=settings_of(sandbox), folder=tmp_path)
    assert process.returncode == 0
    assert "records/s" not in process.stderr


def test_a_run_without_a_terminal_loads_no_bar(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(settings_of(sandbox)), encoding="utf-8")
    code = (
        "import sys; from tap_omnimessages.tap import TapOmniMessages\n"
        "TapOmniMessages.cli(sys.argv[1:], standalone_mode=False)\n"
        "print(*sorted(sys.modules), file=sys.stderr)"
    )
    process = subprocess.run(
        [sys.executable, "-c", code, "--config", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded = process.stderr.splitlines()[-1].split()
    assert "tap_omnimessages.progress_bar" in loaded
    assert "tqdm" not in loaded


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 2


@pytest.mark.parametrize(
    ("variables", "is_wanted"),
    [
        ({}, True),
        ({"MELTANO_EXTRACTOR_NAME": "tap-omnimessages"}, False),
        ({"MELTANO_PROJECT_ROOT": "anywhere"}, False),
        ({"SINGER_SDK_LOG_CONFIG": "log.yml"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_a_bar_is_for_people_at_a_terminal(
    variables: dict[str, str],
    is_wanted: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("tqdm", reason="the bar's library is an extra")
    _sit_at_a_terminal(monkeypatch)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with contextlib.redirect_stderr(_Terminal()), contextlib.redirect_stdout(io.StringIO()):
        assert is_bar_wanted() == is_wanted


def test_no_bar_is_drawn_over_records_into_a_file_or_without_its_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _sit_at_a_terminal(monkeypatch)
    with contextlib.redirect_stderr(_Terminal()):
        with contextlib.redirect_stdout(_Terminal()):
            assert not is_bar_wanted()
        monkeypatch.setattr(progress_bar, "find_spec", lambda _: None)
        with contextlib.redirect_stdout(io.StringIO()):
            assert not is_bar_wanted()
    with contextlib.redirect_stderr(io.StringIO()):
        assert not is_bar_wanted()


def test_no_bar_is_drawn_on_a_terminal_without_a_width(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tqdm", reason="the bar's library is an extra")
    _sit_at_a_terminal(monkeypatch)
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((0, 0)))
    with contextlib.redirect_stderr(_Terminal()), contextlib.redirect_stdout(io.StringIO()):
        assert not is_bar_wanted()


def _sit_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*os.environ]:
        if name.startswith("MELTANO_") or name == "SINGER_SDK_LOG_CONFIG":
            monkeypatch.delenv(name)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((120, 24)))


class PseudoTerminal:
    """A terminal that remembers what is written to it."""

    def __init__(self) -> None:
        # Only where it is used: other systems have none.
        import fcntl  # noqa: PLC0415
        import struct  # noqa: PLC0415
        import termios  # noqa: PLC0415

        self._own, self.end = os.openpty()
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 200, 0, 0))
        self._texts: list[bytes] = []
        self._drawn = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        # The system ends a terminal that nobody writes to with an error.
        with contextlib.suppress(OSError):
            while text := os.read(self._own, 65536):
                self._texts.append(text)
                if b"%|" in self.written:
                    self._drawn.set()

    def wait_for_bar(self) -> bool:
        return self._drawn.wait(30)

    @property
    def written(self) -> bytes:
        return b"".join(self._texts)

    def rows(self) -> list[str]:
        """Give what a person sees in the end: a carriage return goes back, and what follows covers.

        The other end is to be closed before.
        """
        self._reader.join(30)
        os.close(self._own)
        rows = []
        for line in self.written.decode().split("\n"):
            row = ""
            for text in line.split("\r"):
                row = text + row[len(text) :]
            rows.append(row.rstrip())
        return rows


_needs_terminal = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="pseudo-terminals behave differently elsewhere"
)
_LOG_ROW = re.compile(r"\d{4}-\d\d-\d\d [\d:,]+ \| (INFO|WARNING|ERROR) +\| [\w.-]+ +\| \S.*")


@_needs_terminal
def test_bar_and_log_leave_each_other_whole_and_nothing_stays_of_the_bar(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tqdm", reason="the bar's library is an extra")
    _sit_at_a_terminal(monkeypatch)
    # Drawn with every page, and by the thread in between.
    monkeypatch.setattr(ProgressBar, "interval_seconds", 0.001)
    sandbox.faults = Faults(script=["ok", "ok", "503", "ok", "429:0"] * 3)
    terminal = PseudoTerminal()
    with open(terminal.end, "w", encoding="utf-8") as stderr:  # noqa: PTH123 - a descriptor
        process = _run_at(stderr, settings_of(sandbox, antbuddy_window_days=2), tmp_path)
    rows = terminal.rows()
    assert process.returncode == 0
    drawn = terminal.written.decode()
    for stream in STREAMS:
        assert re.search(rf"\d%\|[^|]*\| {stream}, window \d+ of \d+ from \d", drawn)
    assert rows.pop() == ""
    assert [row for row in rows if not _LOG_ROW.fullmatch(row)] == []
    assert sum("records/s" in row for row in rows) == len(STREAMS)


def _run_at(
    stderr: IO[str], settings: dict[str, Any], folder: Path
) -> subprocess.CompletedProcess[str]:
    class Kept(io.StringIO):
        """Passes on to the terminal what the command writes to its standard error."""

        def write(self, text: str) -> int:
            return stderr.write(text)

        def flush(self) -> None:
            stderr.flush()

        def isatty(self) -> bool:
            return stderr.isatty()

        def fileno(self) -> int:
            return stderr.fileno()

    with pytest.MonkeyPatch.context() as patch:
        made = iter([io.StringIO(), Kept()])
        patch.setattr("tests.support.io.StringIO", lambda: next(made))
        return run_command(settings=settings, folder=folder)


@_needs_terminal
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_takes_the_bar_down(
    number: signal.Signals, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tqdm", reason="the bar's library is an extra")
    _sit_at_a_terminal(monkeypatch)
    sandbox.faults = Faults(script=["ok"] * 3, permanent="never")
    path = tmp_path / "config.json"
    path.write_text(json.dumps(settings_of(sandbox)), encoding="utf-8")
    terminal = PseudoTerminal()
    command = [sys.executable, "-m", "tap_omnimessages", "--config", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=terminal.end)
    os.close(terminal.end)
    assert terminal.wait_for_bar()
    process.send_signal(number)
    assert process.wait(30) == 128 + number
    rows = terminal.rows()
    assert rows.pop() == ""
    assert number.name in rows[-1]
    assert [row for row in rows if not _LOG_ROW.fullmatch(row)] == []

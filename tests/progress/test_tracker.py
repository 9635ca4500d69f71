"""The progress of one stream: when it is shown, the windows left and the time left."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from typing_extensions import override

from tap_omnimessages.extract.windows import Leg, Plan, Window, fill
from tap_omnimessages.http.stats import RequestStats
from tap_omnimessages.http.throttle import Throttle
from tap_omnimessages.progress.lines import describe, format_duration
from tap_omnimessages.progress.tracker import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_omnimessages.progress.lines import Status

_DAY = timedelta(days=1)
_START = datetime(2026, 3, 1, tzinfo=UTC)
_LOGGER = logging.getLogger("tap-omnimessages.a_stream")


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Shown:
    """A display that records what it shows."""

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
    return Progress("a_stream", plan, RequestStats, _LOGGER, display=shown, clock=clock)


@pytest.fixture(autouse=True)
def at_info() -> Iterator[None]:
    level = _LOGGER.level
    _LOGGER.setLevel(logging.INFO)
    yield
    _LOGGER.setLevel(level)


def test_progress_is_shown_every_ten_seconds_however_many_pages_come() -> None:
    clock, shown = Clock(), Shown()
    with _follow(_plan(100), clock, shown) as progress:
        for window in _plan(100).forward:
            progress.begin(window, Leg.FORWARD)
            for _ in range(5):
                clock.now += 0.25
                progress.add(7)
            progress.finish_window()
    assert [status.seconds for status in shown.statuses] == [10.0 * n for n in range(1, 13)]
    assert [status.number for status in shown.statuses] == [8 * n for n in range(1, 13)]
    assert {status.windows for status in shown.statuses} == {100}
    assert {status.records_per_second for status in shown.statuses} == {28.0}
    assert not shown.is_open


def test_the_time_left_follows_from_the_share_of_the_plan_that_has_been_read() -> None:
    clock, shown = Clock(), Shown()
    plan = _plan(40, width=10)
    with _follow(plan, clock, shown) as progress:
        for window in plan.forward:
            # Each window is read in parts that are not in the plan.
            for part in window.split(5):
                progress.begin(part, Leg.FORWARD)
                clock.now += 20
                progress.add(1)
                progress.finish_window()
    for status in shown.statuses[5:]:
        assert status.seconds_left is not None
        # The window that is being read does not count yet.
        whole = status.seconds + status.seconds_left
        assert whole == pytest.approx(400 * status.number / (status.number - 1))
    assert shown.statuses[-1].share > 0.9
    # The parts of later windows are not known yet.
    assert [s.windows for s in shown.statuses[::5]] == [8, 12, 16, 20]
    assert shown.statuses[-1].number == 20


def test_no_time_left_is_shown_until_enough_has_been_read() -> None:
    clock, shown = Clock(), Shown()
    plan = _plan(1000)
    with _follow(plan, clock, shown) as progress:
        for window in plan.forward[:30]:
            progress.begin(window, Leg.FORWARD)
            clock.now += 10
            progress.add(1)
            progress.finish_window()
    known = [status.seconds_left is not None for status in shown.statuses]
    assert known == sorted(known)
    assert known.index(True) == 20


class Loader:
    """A loader that the tap has waited for: the seconds that writing took."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_slow_loader_is_shown_instead_of_the_time_left() -> None:
    clock, shown, loader = Clock(), Shown(), Loader()
    plan = _plan(100)
    with Progress(
        "a_stream",
        plan,
        RequestStats,
        _LOGGER,
        read_write_seconds=loader,
        display=shown,
        clock=clock,
    ) as progress:
        for number, window in enumerate(plan.forward):
            progress.begin(window, Leg.FORWARD)
            clock.now += 10
            loader.seconds += 8 if 30 <= number < 60 else 2
            progress.add(1)
            progress.finish_window()
    waiting = [status.number for status in shown.statuses if status.waits_for_loader]
    assert waiting == list(range(31, 61))
    assert "waiting for the loader" in describe(shown.statuses[40])
    assert "waiting" not in describe(shown.statuses[70])
    assert shown.statuses[40].as_fields()["waits_for_loader"]


def test_log_lines_replace_a_display_that_breaks(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken(Shown):
        @override
        def show(self, status: Status) -> None:
            raise ZeroDivisionError

        @override
        def close(self) -> None:
            raise ZeroDivisionError

    clock = Clock()
    with (
        caplog.at_level(logging.INFO, _LOGGER.name),
        _follow(_plan(9), clock, Broken()) as progress,
    ):
        for window in _plan(9).forward:
            progress.begin(window, Leg.FORWARD)
            clock.now += 10
            progress.add(1)
            progress.finish_window()
    assert sum(" so far, " in r.getMessage() for r in caplog.records) == 8


def test_log_lines_replace_a_display_that_breaks_in_the_thread(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shown = threading.Event()

    class Broken(Shown):
        interval_seconds = 0.001

        @override
        def show(self, status: Status) -> None:
            shown.set()
            raise ZeroDivisionError

    with Progress("a_stream", _plan(3), RequestStats, _LOGGER, display=Broken()) as progress:
        assert shown.wait(30)
        progress.begin(_plan(3).forward[0], Leg.FORWARD)
        progress.add(1)
    assert "1 record in 1 window" in caplog.text


def test_the_summary_of_a_stream_that_fails_counts_what_was_read(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def read() -> None:
        with _follow(_plan(3), Clock(), Shown()) as progress:
            progress.begin(_plan(3).forward[0], Leg.FORWARD)
            progress.add(5)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        read()
    assert "a_stream: stopped after 5 records in 1 window, " in caplog.text


def test_backfill_counts_after_the_windows_that_move_the_bookmark() -> None:
    clock, shown = Clock(), Shown()
    plan = _plan(2, backfill_days=6)
    with _follow(plan, clock, shown) as progress:
        for leg, windows in plan.legs.items():
            for window in windows:
                progress.begin(window, leg)
                clock.now += 10
                progress.add(1)
                progress.finish_window()
    assert [status.number for status in shown.statuses] == list(range(1, 9))
    assert {status.windows for status in shown.statuses} == {8}
    assert [status.share for status in shown.statuses] == [n / 8 for n in range(8)]


def test_a_window_that_reaches_beyond_the_plan_counts_with_its_part_inside() -> None:
    clock, shown = Clock(), Shown()
    plan = _plan(4)
    with _follow(plan, clock, shown) as progress:
        progress.begin(Window(_START - 9 * _DAY, _START + 3 * _DAY), Leg.FORWARD)
        progress.finish_window()
        progress.begin(Window(_START + 3 * _DAY, _START + 9 * _DAY), Leg.FORWARD)
        clock.now += 10
        progress.add(1)
        progress.finish_window()
    (status,) = shown.statuses
    assert status.share == 0.75
    assert (status.number, status.windows) == (2, 2)


def test_progress_is_shown_while_a_request_has_no_response() -> None:
    shown = threading.Event()

    class Quick(Shown):
        interval_seconds = 0.001

        @override
        def show(self, status: Status) -> None:
            assert status.number == 1
            shown.set()

    with Progress("a_stream", _plan(3), RequestStats, _LOGGER, display=Quick()):
        assert shown.wait(30)


def test_no_progress_is_shown_without_the_level_info(caplog: pytest.LogCaptureFixture) -> None:
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
def test_durations_are_formatted_in_useful_units(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_overlapping_waits_of_several_workers_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr("tap_omnimessages.http.throttle.time.monotonic", clock)
    pace = Throttle(4)
    pace.pause(4)
    pace.pause(3)
    clock.now += 1
    pace.pause(5)
    assert pace.request_stats == RequestStats(pauses=1, paused_seconds=1.0)
    clock.now += 100
    pace.pause(2)
    clock.now += 2
    assert pace.request_stats == RequestStats(pauses=2, paused_seconds=8.0)

"""What revisits cost, and how late they find a change: the tap's schedule beside others.

    python -m benchmarks.revisits [--requests] [--days 365]

The first table computes schedules for daily runs. `--requests` runs the tap against the sandbox,
once a day for a year, with revisits and without, and counts the requests. That takes some minutes.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from omnimessages_sandbox import GeneratedWorld, Sandbox
from tap_omnimessages.extract.revisits import Lookback, find_revisit
from tap_omnimessages.tap import TapOmniMessages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_DAY = timedelta(days=1)
_ORIGIN = datetime(1970, 1, 1, tzinfo=UTC)
_BEGIN = datetime(2026, 1, 1, 2, tzinfo=UTC)
_REACH = 365 * _DAY
_BASE = 3 * _DAY

Reads = list[tuple[datetime, datetime]]
"""The ranges that a run reads again before the lookback."""


@dataclass(frozen=True)
class Schedule:
    """A schedule of revisits.

    Attributes:
        name: Its name in the table.
        read_again: Returns what a run reads again. It takes the bookmark, the run's end and the
            lookback.
    """

    name: str
    read_again: Callable[[datetime, datetime, timedelta], Reads]


def _ladder(growth: int, periods: int) -> Callable[[datetime, datetime, timedelta], Reads]:
    """Read the last periods when the bookmark crosses a multiple of a period; periods grow."""

    def extra(bookmark: datetime, until: datetime, lookback: timedelta) -> Reads:
        start, period = bookmark - lookback, max(_BASE, lookback)
        while True:
            due = _ORIGIN + (until - _ORIGIN) // period * period
            if due <= bookmark:
                break
            start = min(start, max(due - periods * period, until - _REACH))
            if periods * period >= _REACH:
                break
            period *= growth
        return [(start, bookmark - lookback)]

    return extra


def _at_ages(bookmark: datetime, until: datetime, lookback: timedelta) -> Reads:
    """Read what has become 2, 4, 8, … times the base old since the last run."""
    age, reads = (_BASE if lookback < _BASE else 2 * lookback), []
    while age < _REACH:
        reads.append((bookmark - age, until - age))
        age *= 2
    return reads


def _as_the_tap(bookmark: datetime, until: datetime, lookback: timedelta) -> Reads:
    revisit = find_revisit(bookmark, until, Lookback(lookback, revisit=_REACH))
    start = bookmark - lookback
    return [(min(revisit.start, start) if revisit else start, start)]


_SCHEDULES = (
    Schedule("4 periods, each 4 times the last", _ladder(4, 4)),
    Schedule("5 periods, each 4 times the last", _ladder(4, 5)),
    Schedule("4 periods, each 3 times the last", _ladder(3, 4)),
    Schedule("3 periods, each twice the last: the tap", _as_the_tap),
    Schedule("each run what is now 2, 4, 8, … times as old", _at_ages),
)
_APIS = (("AntBuddy", 7 * _DAY, 30 * _DAY), ("eTelecom", timedelta(hours=2), 7 * _DAY))


def _runs(days: int) -> Iterator[tuple[datetime, datetime]]:
    return pairwise(_BEGIN + number * _DAY for number in range(days + 1))


def _worst_delay(schedule: Schedule, lookback: timedelta) -> float:
    """Return the longest time to find a change, in ages of the row at the change.

    The age counts as the base at least, and the day until the next run does not count.
    """
    runs = [
        (until, [*schedule.read_again(bookmark, until, lookback), (bookmark - lookback, until)])
        for bookmark, until in _runs(1100)
    ]
    worst = 0.0
    for number in range(97):
        row = _BEGIN + number * 3.7 * _DAY
        seen = [until for until, reads in runs if any(start <= row < end for start, end in reads)]
        for one, other in pairwise(seen):
            if other - row <= _REACH:
                worst = max(worst, (other - one - _DAY) / max(one - row, _BASE))
    return worst


def print_schedules(days: int) -> None:
    """Print the table of schedules."""
    print(
        f"{days} daily runs. Read a day: days of data that a run reads on average, with the "
        f"lookback.\nWindows: requests that this takes at least. Delay: until a change is found, "
        f"in ages of the row.\n"
    )
    print("| schedule | API | read a day | times the lookback | windows | delay at most |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, lookback, width in _APIS:
        usual = lookback + _DAY
        for schedule in _SCHEDULES:
            again = [
                end - start
                for run in _runs(days)
                for start, end in schedule.read_again(*run, lookback)
                if end > start
            ]
            mean = sum(again, timedelta()) / days
            windows = 1 + sum(-(-each // width) for each in again) / days
            print(
                f"| {schedule.name} | {name} | {(usual + mean) / _DAY:.1f} days "
                f"| {(usual + mean) / usual:.1f} | {windows:.1f} a day "
                f"| {_worst_delay(schedule, lookback):.2f} ages |"
            )


def _requests(sandbox: Sandbox, days: int, **settings: int) -> dict[str, int]:
    """Run the tap once a day, from a year of history that is already loaded; count requests."""
    before = {
        "replication_key_value": _BEGIN.isoformat(),
        "extracted_from": (_BEGIN - _REACH).isoformat(),
    }
    streams = ("antbuddy_messages", "antbuddy_sessions", "etelecom_zns_messages")
    state: dict[str, Any] = {"bookmarks": {stream: dict(before) for stream in streams}}
    counts = {"antbuddy": 0, "etelecom": 0}
    for _, until in _runs(days):
        sandbox.set_now(until.isoformat())
        sandbox.clear_requests()
        config = {
            **sandbox.settings(),
            "start_date": (_BEGIN - _REACH).isoformat(),
            "end_date": until.isoformat(),
            **settings,
        }
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            TapOmniMessages(config=config, state=state).sync_all()
        lines = [json.loads(line) for line in out.getvalue().splitlines()]
        state = [line["value"] for line in lines if line["type"] == "STATE"][-1]
        for request in sandbox.requests:
            counts[request.api] += 1
    return counts


def print_requests(days: int, sizes: Iterable[int]) -> None:
    """Run the tap and print what it costs, for accounts of some sizes."""
    print(f"\nRequests of {days} daily runs.\n")
    print("| rows a day of each API | API | without revisits | with revisits | ratio |")
    print("| --- | --- | --- | --- | --- |")
    for rows in sizes:
        world = GeneratedWorld(
            start=_BEGIN - _REACH, sessions_per_day=rows, notifications_per_day=rows
        )
        with Sandbox(world=world, now=_BEGIN.isoformat()) as sandbox:
            off = {"antbuddy_revisit_days": 0, "etelecom_revisit_days": 0}
            # Before the tap had revisits, the sweep by rating time had no lookback of its own.
            without = _requests(sandbox, days, etelecom_rating_lookback_days=0, **off)
            with_revisits = _requests(sandbox, days)
        without["both"], with_revisits["both"] = (
            sum(without.values()),
            sum(with_revisits.values()),
        )
        for api, usual in without.items():
            count = with_revisits[api]
            print(f"| {rows} | {api} | {usual:,} | {count:,} | {count / usual:.2f} |", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.revisits", description=__doc__)
    parser.add_argument("--requests", action="store_true", help="also run the tap")
    parser.add_argument("--days", type=int, default=365, help="how many daily runs (365)")
    parser.add_argument(
        "--rows", default="3,30,100", help="rows a day, joined by commas (3,30,100)"
    )
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    print_schedules(options.days)
    if options.requests:
        print_requests(options.days, map(int, options.rows.split(",")))


if __name__ == "__main__":
    main()

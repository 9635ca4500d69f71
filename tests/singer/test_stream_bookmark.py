"""A bookmark covers what has been written, without a gap, and never moves back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tap_omnimessages.extract.revisits import Lookback
from tap_omnimessages.extract.windows import Leg, Range
from tap_omnimessages.singer.state import StreamBookmark
from tap_omnimessages.timestamps import format_time, parse_time

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_ACCOUNT = "antbuddy-0123456789ab"
_DAYS = st.integers(0, 120)


def _day(number: int) -> datetime:
    return _EPOCH + timedelta(days=number)


def _entry(low: int, high: int) -> dict[str, Any]:
    return {"replication_key_value": format_time(_day(high)), "extracted_from": _text(low)}


def _text(number: int) -> str:
    return format_time(_day(number))


@given(st.none() | st.tuples(_DAYS, _DAYS).map(sorted), st.tuples(_DAYS, _DAYS).map(sorted), _DAYS)
def test_whatever_is_read_the_covered_range_grows_only_by_windows_that_touch_it(
    covered: list[int] | None, bounds: list[int], stop_after: int
) -> None:
    start, until = bounds
    entry = {} if covered is None else _entry(*covered)
    before = dict(entry)
    old_low = covered[0] if covered else 0
    bookmark = StreamBookmark(
        entry,
        "created_at",
        Range(_day(start), _day(until), _day(until)),
        account=_ACCOUNT,
        width=timedelta(days=10),
        lookback=Lookback(timedelta(days=7), revisit=timedelta(days=40)),
    )
    read = [(window, leg) for leg, windows in bookmark.plan.legs.items() for window in windows]
    for window, leg in read[:stop_after]:
        bookmark.move(window, window.end, leg)
    if not read[:stop_after]:
        assert entry == before
        return
    high, low = parse_time(entry["replication_key_value"]), parse_time(entry["extracted_from"])
    assert high is not None
    assert low is not None
    old_high = parse_time(before.get("replication_key_value")) or _day(0)
    is_kept = covered is not None and old_high >= _day(start)
    assert not is_kept or high >= old_high
    # Each day of the range was covered before or has just been read.
    for number in range(121):
        if low <= _day(number) < high:
            was_covered = is_kept and _day(old_low) <= _day(number) < old_high
            is_read = any(w.start <= _day(number) < w.end for w, _ in read[:stop_after])
            assert was_covered or is_read, number


def test_a_window_beyond_the_apis_present_moves_the_bookmark_to_that_present_only() -> None:
    entry: dict[str, Any] = {}
    time_range = Range(_day(0), _day(9), _day(9))
    bookmark = StreamBookmark(
        entry,
        "created_at",
        time_range,
        account=_ACCOUNT,
        width=timedelta(days=9),
        lookback=Lookback(timedelta()),
    )
    (window,) = bookmark.plan.forward
    bookmark.move(window, _day(8), Leg.FORWARD)
    assert entry == {
        "replication_key": "created_at",
        "replication_key_value": _text(8),
        "extracted_from": _text(0),
        "account": _ACCOUNT,
    }

"""Windows and plans: they cover the wanted time without gaps or overlaps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import assume, given
from hypothesis import strategies as st

from tap_omnimessages.extract.revisits import Lookback
from tap_omnimessages.extract.windows import Coverage, Window, fill, make_plan, reuse

if TYPE_CHECKING:
    from collections.abc import Sequence

_ORIGIN = datetime(2026, 1, 1, tzinfo=UTC)
_MOMENTS = st.integers(0, 400 * 24).map(lambda hours: _ORIGIN + timedelta(hours=hours))
_WIDTHS = st.integers(1, 31 * 24).map(lambda hours: timedelta(hours=hours))
_LOOKBACKS = st.integers(0, 60 * 24).map(lambda hours: timedelta(hours=hours))


def _assert_seamless(windows: Sequence[Window], start: datetime, end: datetime) -> None:
    edges = [start, *(window.end for window in windows)]
    assert [window.start for window in windows] == edges[:-1]
    assert edges[-1] == max(end, start)
    assert all(window.start < window.end for window in windows)


@given(_MOMENTS, _MOMENTS, _WIDTHS)
def test_a_first_run_covers_everything_without_gap_or_overlap(
    start: datetime, until: datetime, width: timedelta
) -> None:
    plan = make_plan(None, start, until, width=width, lookback=Lookback(timedelta(days=7)))
    _assert_seamless(plan.forward, start, until)
    assert not plan.backfill
    assert all(window.duration <= width for window in plan.forward)


@given(_MOMENTS, _MOMENTS, _MOMENTS, _MOMENTS, _WIDTHS, _LOOKBACKS)
def test_a_later_run_covers_the_lookback_the_new_time_and_the_missing_history(
    first: datetime,
    high_watermark: datetime,
    start: datetime,
    until: datetime,
    width: timedelta,
    lookback: timedelta,
) -> None:
    assume(first <= high_watermark)
    plan = make_plan(
        Coverage(first, high_watermark), start, until, width=width, lookback=Lookback(lookback)
    )
    windows = [*plan.forward, *plan.backfill]
    assert all(start <= window.start < window.end <= until for window in windows)
    assert all(window.duration <= width for window in windows)
    if high_watermark < start:
        _assert_seamless(plan.forward, start, until)
        assert plan.low_watermark == start
        return
    _assert_seamless(plan.forward, max(start, high_watermark - lookback), until)
    backward = list(reversed(plan.backfill))
    if backward:
        _assert_seamless(backward, start, min(first, until))
    else:
        assert min(first, until) <= start
    assert plan.is_contiguous == (first <= until)


@given(
    st.lists(st.integers(0, 200), min_size=2, max_size=12, unique=True),
    st.lists(st.integers(0, 200), min_size=2, max_size=12, unique=True),
    st.booleans(),
)
def test_cached_windows_are_reused_whole_and_all_wanted_time_is_covered(
    planned: list[int],
    read: list[int],
    newest_first: bool,  # noqa: FBT001
) -> None:
    def windows(hours: list[int]) -> list[Window]:
        edges = [_ORIGIN + timedelta(hours=hour) for hour in sorted(hours)]
        return [Window(*pair) for pair in pairwise(edges)]

    wanted, existing = windows(planned), windows(read)[::2]
    if newest_first:
        wanted.reverse()
    result = reuse(wanted, existing, newest_first=newest_first)
    ordered = sorted(result)
    assert ordered == (result[::-1] if newest_first else result)
    assert all(one.end <= other.start for one, other in pairwise(ordered))
    for hour in range(200):
        moment = _ORIGIN + timedelta(hours=hour, minutes=30)
        inside = any(window.start < moment < window.end for window in wanted)
        assert not inside or any(window.start < moment < window.end for window in result)
    touched = [w for w in existing if any(w.start < p.end and p.start < w.end for p in wanted)]
    assert set(touched) <= set(result)


@given(_MOMENTS, st.integers(1, 400), st.integers(1, 20))
def test_the_parts_of_a_window_fill_it(start: datetime, hours: int, parts: int) -> None:
    window = Window(start, start + timedelta(hours=hours))
    _assert_seamless(window.split(parts), window.start, window.end)
    _assert_seamless(window.cut(window.start + window.duration / 3), window.start, window.end)


def test_an_empty_range_has_no_windows() -> None:
    assert fill(_ORIGIN, _ORIGIN, timedelta(days=1)) == []

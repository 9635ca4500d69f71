"""Revisits: what changes in an old row is found in time, for a bounded cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tap_omnimessages.extract.revisits import (
    LONGEST_GAP,
    SHORTEST_PERIOD,
    Lookback,
    find_revisit,
    last_visit,
)
from tap_omnimessages.extract.windows import Coverage, Leg, Range, make_plan
from tap_omnimessages.singer.state import StreamBookmark
from tap_omnimessages.timestamps import format_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Sequence

_DAY = timedelta(days=1)
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_YEARS_AGO = _EPOCH - 2000 * _DAY
_HOURS = st.integers(0, 3000 * 24).map(lambda hours: timedelta(hours=hours))
_LOOKBACKS = st.builds(
    Lookback,
    st.integers(0, 40 * 24).map(lambda hours: timedelta(hours=hours)),
    st.none() | st.integers(0, 10).map(timedelta),
    st.integers(0, 800).map(timedelta),
)
# Hours between the ends of two runs.
_GAPS = st.lists(st.integers(1, LONGEST_GAP // timedelta(hours=1)), min_size=1, max_size=40)


def _runs(phase: timedelta, gaps: Sequence[int]) -> list[datetime]:
    ends = [_EPOCH + phase]
    for gap in gaps:
        ends.append(ends[-1] + timedelta(hours=gap))
    return ends


@given(
    phase=_HOURS,
    gaps=_GAPS,
    lookback=_LOOKBACKS,
    age=st.floats(0, 1),
    change=st.floats(0, 1),
)
def test_a_change_in_a_row_that_is_so_old_is_found_when_it_is_twice_as_old(
    phase: timedelta, gaps: list[int], lookback: Lookback, age: float, change: float
) -> None:
    ends = _runs(phase, gaps)
    changed = ends[0] + (ends[-1] - ends[0]) * change
    longest = max(timedelta(hours=gap) for gap in gaps)
    # A row that is older when it is due lies beyond what revisits may read.
    age_then = max((lookback.revisit - longest) / 2, timedelta()) * age
    row = changed - age_then
    patience = max(age_then, SHORTEST_PERIOD)
    last_chance = next((end for end in ends if end >= changed + patience), None)
    assume(last_chance is not None)
    for bookmark, until in pairwise(ends):
        if until < changed:
            continue
        plan = make_plan(
            Coverage(_YEARS_AGO, bookmark), _YEARS_AGO, until, width=30 * _DAY, lookback=lookback
        )
        if any(window.start <= row <= window.end for window in (*plan.forward, *plan.again)):
            return
        assert until != last_chance, "the promise was not kept"


@given(
    phase=_HOURS,
    gaps=_GAPS,
    lookback=_LOOKBACKS,
    stops=st.lists(st.integers(0, 12), min_size=1, max_size=40),
    age=st.floats(0, 1),
)
def test_interrupted_runs_keep_the_promise_as_soon_as_one_ends(
    phase: timedelta, gaps: list[int], lookback: Lookback, stops: list[int], age: float
) -> None:
    ends = _runs(phase, gaps)
    changed = ends[0]
    longest = max(timedelta(hours=gap) for gap in gaps) * 2
    age_then = max((lookback.revisit - longest) / 2, timedelta()) * age
    row, patience = changed - age_then, max(age_then, SHORTEST_PERIOD)
    entry = {
        "replication_key_value": format_time(ends[0]),
        "extracted_from": format_time(_YEARS_AGO),
    }
    for number, until in enumerate(ends[1:]):
        before = parse_time(entry["replication_key_value"])
        assert before is not None
        assume(until - before <= LONGEST_GAP)
        bookmark = StreamBookmark(
            entry,
            "created_at",
            Range(_YEARS_AGO, until, until),
            account="antbuddy-0123456789ab",
            width=7 * _DAY,
            lookback=lookback,
        )
        steps = [(window, leg) for leg, windows in bookmark.plan.legs.items() for window in windows]
        stop = stops[number % len(stops)] if number % 2 else len(steps)
        for window, leg in steps[:stop]:
            if window.start <= row <= window.end:
                return
            bookmark.move(window, window.end, leg)
            after = parse_time(entry["replication_key_value"])
            assert after is not None
            assert before <= after <= until
        if stop >= len(steps):
            assert entry["replication_key_value"] == format_time(until)
            assert until < changed + patience, "the promise was not kept"


@given(phase=_HOURS, days=st.integers(3, 60), reach=st.integers(0, 365))
def test_daily_runs_of_a_year_cost_at_most_three_and_a_half_times_the_lookback(
    phase: timedelta, days: int, reach: int
) -> None:
    lookback = Lookback(days * _DAY, revisit=reach * _DAY)
    usual = extra = timedelta()
    usual_windows = extra_windows = 0
    for bookmark, until in pairwise(_runs(phase, [24] * 365)):
        plan = make_plan(
            Coverage(_YEARS_AGO, bookmark), _YEARS_AGO, until, width=30 * _DAY, lookback=lookback
        )
        usual += sum((window.duration for window in plan.forward), timedelta())
        extra += sum((window.duration for window in plan.again), timedelta())
        usual_windows += len(plan.forward)
        extra_windows += len(plan.again)
    assert usual + extra <= 3.5 * usual
    assert usual_windows + extra_windows <= 3.5 * usual_windows


@given(_HOURS, _HOURS, _HOURS, _LOOKBACKS)
def test_a_revisit_reads_covered_time_before_the_lookback_and_nothing_older_than_allowed(
    low: timedelta, high: timedelta, start: timedelta, lookback: Lookback
) -> None:
    assume(low <= high)
    coverage = Coverage(_EPOCH + low, _EPOCH + high)
    start_date, until = _EPOCH + start, _EPOCH + high + _DAY
    plan = make_plan(coverage, start_date, until, width=30 * _DAY, lookback=lookback)
    assert (plan.revisit is None) == (not plan.again)
    for window in plan.again:
        assert window.start >= max(start_date, coverage.low_watermark, until - lookback.revisit)
        assert window.duration <= 30 * _DAY
    for one, other in pairwise([*plan.again, *plan.forward[:1]] if plan.again else []):
        assert one.end == other.start


@given(_HOURS, st.integers(1, 24 * 40), _LOOKBACKS, _HOURS)
def test_a_first_load_owes_no_revisit_even_if_it_is_interrupted_early(
    start: timedelta, hours: int, lookback: Lookback, later: timedelta
) -> None:
    start_date = _EPOCH + start
    until = start_date + timedelta(hours=hours) + later
    for coverage in (None, Coverage(start_date, until - LONGEST_GAP - timedelta(hours=hours))):
        plan = make_plan(coverage, start_date, until, width=30 * _DAY, lookback=lookback)
        assert not plan.again


def test_without_revisit_days_nothing_is_read_again() -> None:
    for bookmark, until in pairwise(_runs(timedelta(), [24] * 400)):
        assert find_revisit(bookmark, until, Lookback(7 * _DAY)) is None


@pytest.mark.parametrize("hours", [1, 24, 24 * 7])
def test_the_last_visit_of_a_row_is_the_last_run_that_was_due_to_read_it(hours: int) -> None:
    lookback = Lookback(7 * _DAY, revisit=365 * _DAY)
    ends = _runs(timedelta(hours=5), [hours] * (24 * 400 // hours))
    row = _EPOCH + timedelta(hours=7)
    read = ends[0]
    revisits = 0
    for bookmark, until in pairwise(ends):
        if bookmark - lookback.each_run <= row:
            read = until
        revisit = find_revisit(bookmark, until, lookback)
        if revisit is None or not revisit.start <= row < bookmark - lookback.each_run:
            continue
        due = last_visit(row, revisit, lookback)
        # The run follows what makes it due, within the time between two runs.
        assert due <= read <= due + timedelta(hours=hours)
        read = until
        revisits += 1
    assert revisits > 5


def test_the_legs_are_read_in_order_and_the_second_sweep_only_where_it_finds_more() -> None:
    lookback = Lookback(2 * timedelta(hours=1), 3 * _DAY, 365 * _DAY)
    bookmark = datetime(2026, 3, 2, tzinfo=UTC)
    plan = make_plan(
        Coverage(_EPOCH, bookmark), _EPOCH, bookmark + _DAY, width=7 * _DAY, lookback=lookback
    )
    assert list(plan.legs) == [Leg.FORWARD, Leg.REVISIT, Leg.BACKFILL]
    (window,) = plan.forward
    assert window.sweep is not None
    assert window.sweep.start == bookmark - 3 * _DAY
    assert window.sweep.end == window.end
    assert plan.again
    assert all(window.sweep is None for window in plan.again)
    for window in (*plan.forward, *plan.again):
        first, *rest = window.split(3)
        assert first.sweep_start in (window.sweep_start, first.end)
        assert [part.sweep for part in rest] in ([None] * 2, [*rest])

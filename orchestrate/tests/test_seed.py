from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrate.accounts import Account
from orchestrate.errors import FleetError
from orchestrate.seed import join, seed
from orchestrate.tests.support import (
    STEADY,
    StoredStates,
    bookmark,
    fleet_of,
    state,
    write_accounts,
)

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrate.accounts import Fleet

ACCOUNT = Account("shop-a", date(2026, 1, 1), {"antbuddy_api_key": "SHOP_A_ANTBUDDY_KEY"})
JANUARY = state("2026-01-01", "2026-02-01")
FEBRUARY = state("2026-02-01", "2026-03-01")
MARCH = state("2026-03-01", "2026-04-01")
QUARTER = state("2026-01-01", "2026-04-01")
DAY = date(2026, 1, 1)


def chunks(*states: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"chunk-{number}": state for number, state in enumerate(states)}


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return fleet_of(write_accounts(tmp_path))


def test_chunks_become_one_range() -> None:
    assert join(ACCOUNT, chunks(MARCH, JANUARY, FEBRUARY)) == QUARTER


def test_chunks_may_overlap_each_other() -> None:
    assert join(ACCOUNT, chunks(QUARTER, FEBRUARY)) == QUARTER


@given(
    cuts=st.lists(st.integers(1, 400), min_size=2, max_size=12, unique=True).map(sorted),
    order=st.randoms(use_true_random=False),
)
def test_any_chunks_that_touch_become_one_range(cuts: list[int], order: Any) -> None:
    days = [str(DAY + timedelta(days=cut)) for cut in cuts]
    parts = [state(*pair) for pair in pairwise(days)]
    order.shuffle(parts)
    whole = state(days[0], days[-1])
    assert join(ACCOUNT, chunks(*parts)) == whole
    assert join(ACCOUNT, chunks(*parts), whole) is None


@given(
    cuts=st.lists(st.integers(1, 400), min_size=4, max_size=12, unique=True).map(sorted),
    left_out=st.integers(1, 10),
)
def test_any_missing_chunk_between_others_is_a_gap(cuts: list[int], left_out: int) -> None:
    days = [str(DAY + timedelta(days=cut)) for cut in cuts]
    parts = [state(*pair) for pair in pairwise(days)]
    gone = 1 + left_out % (len(parts) - 2)
    del parts[gone]
    sentence = f"has a gap from {days[gone]}T.* to {days[gone + 1]}T"
    with pytest.raises(FleetError, match=sentence):
        join(ACCOUNT, chunks(*parts))


def test_an_unfinished_chunk_is_a_gap() -> None:
    with pytest.raises(FleetError) as caught:
        join(ACCOUNT, chunks(state("2026-01-01", "2026-01-20"), FEBRUARY))
    assert str(caught.value) == (
        "Account shop-a: antbuddy_messages has a gap from 2026-01-20T00:00:00.000000Z to "
        "2026-02-01T00:00:00.000000Z, behind chunk chunk-0: load that range, and seed again."
    )


def test_a_missing_stream_is_refused() -> None:
    with pytest.raises(FleetError) as caught:
        join(ACCOUNT, chunks(JANUARY, state("2026-02-01", "2026-03-01", "antbuddy_messages")))
    assert str(caught.value) == (
        "Account shop-a, chunk chunk-1: antbuddy_sessions is missing, which other chunks have: "
        "load the chunk again."
    )


def test_a_key_without_any_stream_is_refused() -> None:
    with pytest.raises(FleetError, match="has an antbuddy_api_key, but no chunk has a stream"):
        join(ACCOUNT, chunks(state("2026-01-01", "2026-02-01", "etelecom_zns_messages")))


def test_no_chunk_at_all_is_refused() -> None:
    with pytest.raises(FleetError, match="has no chunk with a state: run its backfill first"):
        join(ACCOUNT, {})


def test_a_steady_state_that_begins_where_the_chunks_end_begins_earlier() -> None:
    assert join(ACCOUNT, chunks(JANUARY, FEBRUARY), MARCH) == QUARTER


def test_an_older_steady_state_moves_forward() -> None:
    assert join(ACCOUNT, chunks(FEBRUARY, MARCH), state("2026-01-01", "2026-02-10")) == QUARTER


def test_a_newer_steady_state_is_not_moved_back() -> None:
    with pytest.raises(FleetError) as caught:
        join(ACCOUNT, chunks(JANUARY, FEBRUARY), QUARTER)
    assert str(caught.value) == (
        "Account shop-a: the steady state is newer than all chunks and overlaps them: it covers "
        "2026-01-01T00:00:00.000000Z to 2026-04-01T00:00:00.000000Z. Nothing is seeded, and "
        "nothing has to be."
    )


def test_a_chunk_that_overlaps_a_newer_steady_state_is_refused() -> None:
    with pytest.raises(FleetError, match="of antbuddy_messages is newer than chunk chunk-0 and"):
        join(ACCOUNT, chunks(JANUARY), state("2026-01-20", "2026-04-01"))


def test_chunks_of_an_earlier_backfill_are_no_obstacle() -> None:
    earlier = state("2025-12-01", "2026-01-01")
    joined = join(ACCOUNT, chunks(earlier, JANUARY, FEBRUARY), QUARTER)
    assert joined == state("2025-12-01", "2026-04-01")


def test_a_gap_before_the_steady_state_is_refused() -> None:
    with pytest.raises(FleetError, match="has a gap from 2026-02-01T"):
        join(ACCOUNT, chunks(JANUARY), MARCH)


def test_what_a_state_holds_beside_bookmarks_is_carried_along() -> None:
    account = {"antbuddy": "0a1b2c"}
    first = {**JANUARY, "account": account, "version": 2}
    second = {**FEBRUARY, "account": account}
    joined = join(ACCOUNT, chunks(first, second), {"bookmarks": {}, "note": "kept"})
    assert joined is not None
    assert {name: value for name, value in joined.items() if name != "bookmarks"} == {
        "account": account,
        "version": 2,
        "note": "kept",
    }


def test_what_a_bookmark_holds_beside_its_range_is_the_latest() -> None:
    parts = [
        {"bookmarks": {"antbuddy_messages": bookmark(*days, more=number)}}
        for number, days in enumerate([("2026-01-01", "2026-02-01"), ("2026-02-01", "2026-03-01")])
    ]
    joined = join(ACCOUNT, chunks(*parts))
    assert joined is not None
    assert joined["bookmarks"]["antbuddy_messages"] == bookmark("2026-01-01", "2026-03-01", more=1)


def test_states_of_two_accounts_are_not_joined() -> None:
    with pytest.raises(FleetError, match="the states differ in account, so they are not of one"):
        join(ACCOUNT, chunks({**JANUARY, "account": "0a"}, {**FEBRUARY, "account": "1b"}))


def test_bookmarks_of_two_accounts_are_not_joined() -> None:
    parts = [
        {"bookmarks": {"antbuddy_messages": bookmark(*days, account=account)}}
        for account, days in (
            ("0a1b", ("2026-01-01", "2026-02-01")),
            ("2c3d", ("2026-02-01", "2026-03-01")),
        )
    ]
    with pytest.raises(FleetError) as caught:
        join(ACCOUNT, chunks(*parts))
    assert "was read with another API key in chunk-1 than in chunk-0" in str(caught.value)
    assert "0a1b" not in str(caught.value)
    same = {"bookmarks": {"antbuddy_messages": bookmark("2026-02-01", "2026-03-01")}}
    joined = join(ACCOUNT, chunks(parts[0], same))
    assert joined is not None
    assert joined["bookmarks"]["antbuddy_messages"]["account"] == "0a1b"


def test_streams_of_the_steady_state_alone_are_kept() -> None:
    other = state("2026-01-01", "2026-05-01", "etelecom_zns_messages")
    joined = join(ACCOUNT, chunks(JANUARY), other)
    assert joined == {"bookmarks": {**JANUARY["bookmarks"], **other["bookmarks"]}}


@pytest.mark.parametrize(
    "change",
    [{"extracted_from": None}, {"extracted_from": "soon"}, {"replication_key_value": 7}],
    ids=str,
)
def test_a_bookmark_without_a_range_is_refused(change: dict[str, Any]) -> None:
    broken = {
        "bookmarks": {"antbuddy_messages": {**bookmark("2026-01-01", "2026-02-01"), **change}}
    }
    with pytest.raises(FleetError, match="does not say from where to where it has been read"):
        join(ACCOUNT, chunks(broken))


def test_another_replication_key_is_refused() -> None:
    other = {
        "bookmarks": {
            name: {**entry, "replication_key": "updated_at"}
            for name, entry in FEBRUARY["bookmarks"].items()
        }
    }
    with pytest.raises(FleetError, match="has another replication key in chunk-1 than in chunk-0"):
        join(ACCOUNT, chunks(JANUARY, other))


def test_seeding_writes_the_steady_state_once(fleet: Fleet) -> None:
    states = StoredStates(
        **{f"{STEADY}:a": JANUARY, f"{STEADY}:b": FEBRUARY, f"{STEADY}-2:a": MARCH}
    )
    said = seed(fleet, fleet.account("shop-a"), states)
    assert said.startswith(
        "Account shop-a is seeded from 2 chunks: antbuddy_messages to 2026-03-01T"
    )
    assert states.stored[STEADY] == state("2026-01-01", "2026-03-01")
    assert seed(fleet, fleet.account("shop-a"), states) == "Account shop-a is seeded already."


def test_a_steady_run_that_writes_meanwhile_is_not_overwritten(fleet: Fleet) -> None:
    states = StoredStates(**{f"{STEADY}:a": JANUARY, f"{STEADY}:b": FEBRUARY, STEADY: MARCH})

    def run_steadily(state_id: str) -> None:
        if state_id.endswith(":b"):
            states.stored[STEADY] = state("2026-03-01", "2026-04-02")

    states.on_get = run_steadily
    with pytest.raises(FleetError, match="was changed while its chunks were read: wait"):
        seed(fleet, fleet.account("shop-a"), states)
    assert states.stored[STEADY] == state("2026-03-01", "2026-04-02")
    states.on_get = lambda _: None
    seed(fleet, fleet.account("shop-a"), states)
    assert states.stored[STEADY] == state("2026-01-01", "2026-04-02")

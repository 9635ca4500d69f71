from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrate.errors import FleetError, run_to_end
from orchestrate.plan import Chunk, main, plan, split
from orchestrate.tests.support import fleet_of, write_accounts

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrate.accounts import Account

DAYS = st.dates(min_value=date(1970, 1, 1), max_value=date(2100, 1, 1))


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return fleet_of(write_accounts(tmp_path)).account("shop-a")


@given(start=DAYS, days=st.integers(1, 3000), width=st.sampled_from(["all", "year", "month"]))
def test_chunks_cover_the_range_once(start: date, days: int, width: str) -> None:
    end = start + timedelta(days=days)
    chunks = split(start, end, width)
    assert chunks[0].start == start
    assert chunks[-1].end == end
    assert all(chunk.start < chunk.end for chunk in chunks)
    pairs = pairwise(chunks)
    assert all(earlier.end == later.start for earlier, later in pairs)
    assert [Chunk.from_name(chunk.name) for chunk in chunks] == chunks


@given(start=DAYS, days=st.integers(1, 3000), width=st.sampled_from(["year", "month"]))
def test_chunks_break_where_the_calendar_does(start: date, days: int, width: str) -> None:
    for chunk in split(start, start + timedelta(days=days), width)[1:]:
        assert chunk.start.day == 1
        assert width == "month" or chunk.start.month == 1


def test_a_year_has_twelve_months() -> None:
    names = [chunk.name for chunk in split(date(2025, 1, 1), date(2026, 1, 1), "month")]
    assert len(names) == 12
    assert names[1] == "2025-02-01_2025-03-01"


def test_a_backfill_reaches_from_the_start_to_today(account: Account) -> None:
    chunks = plan(account, width="all")
    assert chunks == [Chunk(account.start, datetime.now(UTC).date())]
    assert len(plan(account, end="2026-03-15")) == 3


@pytest.mark.parametrize(
    ("start", "end", "sentence"),
    [
        ("2026-03-01", "2026-03-01", "ends (2026-03-01) before it begins (2026-03-01)."),
        (None, "2025-01-01", "ends (2025-01-01) before it begins (2026-01-01)."),
        (None, "9000-01-01", "ends in the future (9000-01-01): end it today"),
        ("soon", None, "from is not a date: write it as 2026-01-31."),
        (None, "soon", "to is not a date: write it as 2026-01-31."),
    ],
)
def test_a_range_that_cannot_be_is_one_sentence(
    account: Account, start: str | None, end: str | None, sentence: str
) -> None:
    with pytest.raises(FleetError) as caught:
        plan(account, start, end)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("name", ["", "2026-01-01", "2026-02-01_2026-01-01", "a_b", "all"])
def test_a_name_that_is_no_chunk_is_one_sentence(name: str) -> None:
    with pytest.raises(FleetError, match="is no chunk: write two dates"):
        Chunk.from_name(name)


def test_the_command_prints_the_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMNIMESSAGES_ACCOUNTS", str(write_accounts(tmp_path)))
    assert run_to_end(lambda: main(["shop-a", "--to=2026-02-15"])) == 0
    assert capsys.readouterr().out == "2026-01-01_2026-02-01\n2026-02-01_2026-02-15\n"
    assert run_to_end(lambda: main(["shop-c"])) == 1

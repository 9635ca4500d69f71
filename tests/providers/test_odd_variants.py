"""Under each odd behaviour of an API a run is complete, or it stops before what is missing."""

from __future__ import annotations

import re
from typing import Any

import pytest

from omnimessages_sandbox import ODD_VARIANTS, ODDITIES
from tests.odd_variants import EXPECTED, SIZES, expected_of, printed_rows, settings_of
from tests.outcomes import Outcome, read_under
from tests.pages import GUARANTEES, table
from tests.support import STREAMS_OF

VARIANTS = [
    pytest.param(*variant, size, id=f"{'='.join(variant)}, {size}")
    for variant in ODD_VARIANTS
    for size in SIZES
]
STOPPING = [
    pytest.param(*variant, id="=".join(variant))
    for variant in ODD_VARIANTS
    if expected_of(variant[1]).end == "stops"
]


def read(name: str, value: str, size: str, **changes: Any) -> Outcome:
    provider = name.partition("_")[0]
    settings = settings_of(provider, SIZES[size], expected_of(value).settings)
    return read_under(provider, {**settings, "max_retry_seconds": 60, **changes}, **{name: value})


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(("name", "value", "size"), VARIANTS)
def test_a_run_is_complete_or_stops_before_what_is_missing(
    name: str, value: str, size: str
) -> None:
    expected = expected_of(value)
    outcome = read(name, value, size)
    if expected.end == "cannot be known":
        assert outcome.run.error is None
        assert outcome.missing
        return
    outcome.assert_bookmark_is_behind_what_is_missing()
    if expected.end == "stops":
        words = [each.format(api=outcome.provider) for each in expected.words]
        assert any(each in str(outcome.run.error) for each in words), outcome.run.error
        return
    assert outcome.run.error is None
    assert not outcome.missing
    outcome.assert_same_columns(set())


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(("name", "value"), STOPPING)
def test_a_setting_that_a_stop_advises_makes_the_run_complete(name: str, value: str) -> None:
    stopped = read(name, value, "short windows").run
    for setting, advised in re.findall(r"Set (\w+) to (\w+)", str(stopped.error)):
        changes = {setting: int(advised) if advised.isdigit() else advised}
        outcome = read(name, value, "short windows", **changes)
        assert outcome.run.error is None
        assert not outcome.missing


@pytest.mark.parametrize("provider", STREAMS_OF)
def test_the_newest_days_are_not_taken_for_a_window_that_holds_them(provider: str) -> None:
    settings = settings_of(provider, {"page_size": 25, "window_days": 31})
    outcome = read_under(provider, settings, **{f"{provider}_oddity": "newest_days:5"})
    outcome.assert_bookmark_is_behind_what_is_missing()
    assert "so it does not understand" in str(outcome.run.error)


def test_every_odd_behaviour_is_expected_to_end_in_some_way() -> None:
    assert {value.partition(":")[0] for value in EXPECTED} == ODDITIES.keys()


def test_the_page_of_guarantees_says_how_a_run_ends() -> None:
    assert table(GUARANTEES, "Odd APIs") == printed_rows()

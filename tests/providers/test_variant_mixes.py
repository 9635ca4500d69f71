"""Under readings of the two APIs that come together a run is complete, or says why not."""

from __future__ import annotations

from typing import Any

import pytest

from tap_omnimessages.errors import IncompleteWindowError, TapError
from tests.outcomes import read_under
from tests.profiles import thinned
from tests.variants import (
    ANTBUDDY_CHURN_MIXES,
    ANTBUDDY_MIXES,
    DOUBTFUL_MIXES,
    ETELECOM_CHURN_MIXES,
    ETELECOM_MIXES,
    HOPELESS_MIXES,
    params_of,
)


@pytest.mark.parametrize(
    "variants",
    thinned(params_of("antbuddy", ANTBUDDY_MIXES) + params_of("etelecom", ETELECOM_MIXES)),
)
def test_readings_that_come_together_are_read_whole(variants: dict[str, Any]) -> None:
    outcome = read_under(next(iter(variants)).partition("_")[0], {}, **variants)
    assert outcome.run.error is None
    assert not outcome.missing


@pytest.mark.parametrize(
    "variants",
    thinned(
        params_of("antbuddy", ANTBUDDY_CHURN_MIXES) + params_of("etelecom", ETELECOM_CHURN_MIXES)
    ),
)
def test_what_stays_while_others_come_and_go_is_never_lost(variants: dict[str, Any]) -> None:
    outcome = read_under(next(iter(variants)).partition("_")[0], {}, **variants)
    outcome.assert_bookmark_is_behind_what_is_missing()
    if outcome.run.error is None:
        assert not outcome.missing
        outcome.assert_same_columns({"message_count"})
    else:
        # Where rows never stop coming and going, no reading can confirm another; nor can one hold
        # a session of more messages than fit on the only page.
        assert isinstance(outcome.run.error, IncompleteWindowError)
        assert (
            "*" not in variants.get("antbuddy_churn", "*")
            or variants.get("antbuddy_limit_unit") == "messages"
        )


@pytest.mark.parametrize("variants", params_of("antbuddy", HOPELESS_MIXES))
def test_a_mix_that_hides_rows_for_good_stops_before_what_is_missing(
    variants: dict[str, Any],
) -> None:
    outcome = read_under("antbuddy", {}, **variants)
    assert isinstance(outcome.run.error, TapError)
    outcome.assert_bookmark_is_behind_what_is_missing()


@pytest.mark.parametrize("variants", thinned(params_of("antbuddy", DOUBTFUL_MIXES)))
def test_a_mix_that_may_hide_rows_is_read_whole_or_stops_before_them(
    variants: dict[str, Any],
) -> None:
    outcome = read_under("antbuddy", {}, **variants)
    outcome.assert_bookmark_is_behind_what_is_missing()
    if outcome.run.error is None:
        assert not outcome.missing
    else:
        assert isinstance(outcome.run.error, IncompleteWindowError)

"""Reading windows ahead is safe under every variant of the two APIs."""

from __future__ import annotations

from typing import Any

import pytest

from omnimessages_sandbox import ApiVariants, Sandbox
from tap_omnimessages.errors import IncompleteWindowError
from tests.outcomes import BUSY_WORLD, SETTINGS, Outcome, read_under
from tests.profiles import thinned
from tests.support import NOW, STREAMS_OF, Extraction, extract, only
from tests.variants import (
    ANTBUDDY_CHURN_MIXES,
    ANTBUDDY_MIXES,
    DOUBTFUL_MIXES,
    ETELECOM_CHURN_MIXES,
    ETELECOM_MIXES,
    HOPELESS_MIXES,
    OTHER_SETTINGS,
    SWITCHES,
    params_of,
)


def _without_counts(table: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {key: {**record, "message_count": None} for key, record in table.items()}


_QUIET_SWITCHES = [
    pytest.param({name: value}, id=str(pair.id))
    for pair in SWITCHES
    for name, value in [pair.values]
    if isinstance(name, str) and not name.endswith("_churn")
]


@pytest.mark.parametrize(
    "variants",
    [
        *_QUIET_SWITCHES,
        *thinned(params_of("antbuddy", ANTBUDDY_MIXES + HOPELESS_MIXES + DOUBTFUL_MIXES)),
        *thinned(params_of("etelecom", ETELECOM_MIXES)),
    ],
)
def test_the_output_does_not_depend_on_concurrency(variants: dict[str, Any]) -> None:
    name = next(iter(variants))
    provider, settings = name.partition("_")[0], OTHER_SETTINGS.get(name, {})
    alone = read_under(provider, settings, **variants).run
    together = read_under(provider, {**settings, "max_concurrency": 8}, **variants).run
    assert str(together.error) == str(alone.error)
    # A session cut by a page break comes once per page, and concurrency moves the page breaks.
    if variants.get("antbuddy_limit_unit") == "messages" or "message_time_split" in str(variants):
        assert together.states == alone.states
        for stream in STREAMS_OF[provider]:
            assert _without_counts(together.table(stream)) == _without_counts(alone.table(stream))
    else:
        assert together.lasting_messages == alone.lasting_messages


@pytest.mark.parametrize(
    "variants",
    thinned(
        params_of("antbuddy", ANTBUDDY_CHURN_MIXES) + params_of("etelecom", ETELECOM_CHURN_MIXES)
    ),
)
def test_rows_that_change_while_windows_are_read_ahead_are_found_by_the_next_run(
    variants: dict[str, Any],
) -> None:
    provider = next(iter(variants)).partition("_")[0]
    settings = {**SETTINGS, "max_concurrency": 8}
    with Sandbox(world=BUSY_WORLD, now=NOW, variants=ApiVariants(**variants)) as sandbox:
        first = extract(only(sandbox, provider, **settings))
        churned = sandbox.churned[provider]
        sandbox.variants = ApiVariants()
        second = extract(only(sandbox, provider, **settings), state=first.state)
    assert first.error is None or isinstance(first.error, IncompleteWindowError)
    assert second.error is None
    both = Extraction(first.messages + second.messages)
    outcome = Outcome(both, provider, variants, churned.deleted, churned.changed)
    assert not outcome.missing

"""Under each variant of the APIs the check says what is so, or that it cannot tell."""

from __future__ import annotations

from typing import Any

import pytest

from tests.check.expected import ABOUT_ROWS, ALSO, CANNOT_TELL, EXPECTED, OF_CHURN
from tests.check.looks import check, documented, meanings
from tests.profiles import thinned
from tests.variants import (
    ANTBUDDY_CHURN_MIXES,
    ANTBUDDY_MIXES,
    ETELECOM_CHURN_MIXES,
    ETELECOM_MIXES,
    SWITCHES,
    params_of,
)

VARIANTS = {tuple(param.values) for param in SWITCHES}


@pytest.mark.parametrize(("name", "value"), SWITCHES)
def test_a_check_names_the_meaning_of_a_variant_and_nothing_wrong(name: str, value: Any) -> None:
    provider = name.partition("_")[0]
    report = check(provider, {}, **{name: value})
    found = meanings(report)
    topic, expected = EXPECTED.get((name, value), ("", None))
    if topic:
        _assert_meaning(found, topic, expected)
    else:
        assert found.get(CANNOT_TELL[name, value]) is None
    ignored = ABOUT_ROWS | {topic} | (OF_CHURN if name.endswith("churn") else set())
    if name == "etelecom_null_lists":
        ignored.add("missing_fields")
    truth = documented(provider) | ALSO.get((name, value), {})
    wrong = {
        other: meaning
        for other, meaning in found.items()
        if other not in ignored and meaning is not None and meaning != truth[other]
    }
    assert not wrong
    assert report.requests <= 45


def _assert_meaning(found: dict[str, Any], topic: str, expected: Any) -> None:
    meaning = found[topic]
    if topic == "fields":
        field, _, form = expected.partition(": ")
        forms = meaning[field]
        assert form in (map(str, forms) if isinstance(forms, list) else [str(forms)])
    elif isinstance(expected, dict) and topic in {"page", "ratings"}:
        assert meaning == {**meaning, **expected}
    else:
        assert meaning == expected


def test_nine_tenths_of_the_variants_are_told() -> None:
    assert EXPECTED.keys() & VARIANTS | CANNOT_TELL.keys() == VARIANTS
    assert not EXPECTED.keys() & CANNOT_TELL.keys()
    assert len(CANNOT_TELL) <= len(VARIANTS) / 10


# What each switch means for the topics about paging and windows, where it is told at all.
_TRUTH: dict[str, dict[str, tuple[str, dict[Any, Any]]]] = {
    "antbuddy": {
        "limit_unit": ("limit", {}),
        "offset": ("offset", {"page_index": "pages"}),
        "total": ("total", {"capped:10": "capped"}),
        "filter": ("selection", {}),
        "bounds": ("bounds", {}),
        "empty": ("empty", {}),
    },
    "etelecom": {
        "next": ("next", {}),
        "cursor": ("cursor", {}),
        "limit_echo": ("limit_echo", {}),
        "order": ("order", {"shuffled": "none"}),
        "date_rounding": ("rounding", {}),
        "empty": ("empty", {}),
    },
}


@pytest.mark.parametrize(
    "variants",
    thinned(
        [
            *params_of("antbuddy", ANTBUDDY_MIXES + ANTBUDDY_CHURN_MIXES),
            *params_of("etelecom", ETELECOM_MIXES + ETELECOM_CHURN_MIXES),
        ]
    ),
)
def test_a_check_says_nothing_wrong_about_mixed_variants(variants: dict[str, Any]) -> None:
    provider = next(iter(variants)).partition("_")[0]
    found = meanings(check(provider, {}, **variants))
    wrong = {}
    for name, value in variants.items():
        topic, words = _TRUTH[provider].get(name.partition("_")[2], ("", {}))
        meaning = found.get(topic)
        if topic and meaning not in (None, words.get(value, value)):
            wrong[topic] = meaning
    assert not wrong

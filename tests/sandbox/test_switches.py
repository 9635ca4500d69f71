"""Switches: parsing from text, errors, and the list of variants."""

from __future__ import annotations

from typing import Any

import pytest

from omnimessages_sandbox import (
    ODD_VARIANTS,
    ODDITIES,
    VARIANTS_BY_QUESTION,
    ApiVariants,
    Faults,
    Sandbox,
    SwitchError,
)
from tests.sandbox.client import get_messages, list_messages

_ODD = {"antbuddy_oddity", "etelecom_oddity"}


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        ("antbuddy_page_cap=20", {"antbuddy_page_cap": 20}),
        ("antbuddy_page_cap=none", {"antbuddy_page_cap": None}),
        ("antbuddy-success=1", {"antbuddy_success": 1}),
        ("antbuddy_success=true", {"antbuddy_success": True}),
        ("antbuddy_zero_times=0", {"antbuddy_zero_times": 0}),
        ("antbuddy_zero_times=", {"antbuddy_zero_times": ""}),
        ("antbuddy_total=capped:9", {"antbuddy_total": "capped:9"}),
        ("antbuddy_churn=delete:3,insert:5*2", {"antbuddy_churn": "delete:3,insert:5*2"}),
        ("antbuddy_oddity=cap:20", {"antbuddy_oddity": "cap:20"}),
        ("etelecom_oddity=", {"etelecom_oddity": ""}),
        ("etelecom_newer_fields=false", {"etelecom_newer_fields": False}),
        ("etelecom_fraction_digits=9", {"etelecom_fraction_digits": 9}),
    ],
)
def test_a_switch_is_parsed_from_text(pair: str, expected: dict[str, Any]) -> None:
    read = ApiVariants.from_pairs([pair])
    assert read == ApiVariants(**expected)
    (name,) = expected
    assert type(getattr(read, name)) is type(expected[name])


def test_faults_are_parsed_from_text() -> None:
    pairs = ["script=429:1,ok,reset", "rate=0.5", "kinds=500", "permanent=none", "api=etelecom"]
    assert Faults.from_pairs(pairs) == Faults(
        script=["429:1", "ok", "reset"], rate=0.5, kinds=["500"], api="etelecom"
    )


@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        ("antbuddy_color=red", "There is no switch 'antbuddy_color' among the variants"),
        ("antbuddy_order=up", "antbuddy_order cannot be 'up'; it can be 'ascending'"),
        ("antbuddy_page_cap=many", "antbuddy_page_cap cannot be 'many'"),
        ("antbuddy_churn=explode:1", "antbuddy_churn cannot be 'explode:1'"),
        ("antbuddy_order", "'antbuddy_order' is not of the form NAME=VALUE"),
    ],
)
def test_a_wrong_switch_is_reported_in_one_sentence(pair: str, sentence: str) -> None:
    with pytest.raises(SwitchError, match=rf"^{sentence}.*\.$"):
        ApiVariants.from_pairs([pair])


def test_every_switch_names_its_question_and_every_variant_is_possible_and_new() -> None:
    named = {name: meaning for name, _, _, meaning in ApiVariants.explained()}
    for question, variants in VARIANTS_BY_QUESTION.items():
        assert variants
        for name, value in variants:
            assert getattr(ApiVariants(**{name: value}), name) == value
            assert (type(value), value) != (
                type(getattr(ApiVariants(), name)),
                getattr(ApiVariants(), name),
            )
            assert question[0].lower() == name[0]
    covered = {name for variants in VARIANTS_BY_QUESTION.values() for name, _ in variants}
    assert covered == set(named) - _ODD
    assert all(
        meaning[0] in "AE" and meaning[1].isdigit()
        for name, meaning in named.items()
        if name not in _ODD
    )


def test_every_odd_behaviour_is_a_variant_of_each_api_that_may_have_it() -> None:
    covered = {(name, value.partition(":")[0]) for name, value in ODD_VARIANTS}
    assert covered == {
        (f"{api}_oddity", name) for name, oddity in ODDITIES.items() for api in oddity.apis
    }
    for name, value in ODD_VARIANTS:
        assert getattr(ApiVariants(**{name: value}), name) == value


@pytest.mark.parametrize(
    "value", ["cap", "cap:0", "cap:many", "whole_days:2", "nonsense", "null_messages"]
)
def test_an_oddity_that_an_api_cannot_have_is_reported(value: str) -> None:
    with pytest.raises(SwitchError, match=r"^etelecom_oddity cannot be .*'cap:N'.*\.$"):
        ApiVariants(etelecom_oddity=value)


@pytest.mark.parametrize(
    "variant", sorted({v for vs in VARIANTS_BY_QUESTION.values() for v in vs}, key=str)
)
def test_both_apis_respond_under_every_variant(sandbox: Sandbox, variant: tuple[str, Any]) -> None:
    sandbox.variants = ApiVariants(**dict([variant]))
    expected = {"antbuddy_times": {200, 400}}.get(variant[0], {200})
    assert get_messages(sandbox).status_code in expected
    assert list_messages(sandbox).status_code == 200

"""The clock, the switches and the control address."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from omnimessages_sandbox import (
    VARIANTS_BY_QUESTION,
    AddressTakenError,
    ApiVariants,
    Faults,
    FixedWorld,
    Sandbox,
    SwitchError,
)
from tests.sandbox.asking import NOW, TIMEOUT, get_messages, list_messages


def told(sandbox: Sandbox, what: str, change: dict[str, Any] | None = None) -> requests.Response:
    url = f"{sandbox.address}/sandbox/{what}"
    if change is None:
        return requests.get(url, timeout=TIMEOUT)
    return requests.post(url, json=change, timeout=TIMEOUT)


def test_a_given_time_freezes_the_clock(sandbox: Sandbox) -> None:
    first = sandbox.now
    time.sleep(0.002)
    assert sandbox.now == first == datetime(2026, 2, 1, tzinfo=UTC)
    assert get_messages(sandbox).headers["Date"] == "Sun, 01 Feb 2026 00:00:00 GMT"


def test_a_frozen_clock_moves_only_when_it_is_moved(sandbox: Sandbox) -> None:
    first = sandbox.now
    sandbox.advance(days=1, hours=2, seconds=3)
    assert sandbox.now - first == timedelta(days=1, hours=2, seconds=3)
    sandbox.set_now(first)
    assert sandbox.now == first
    sandbox.set_now("2026-01-05T07:00:00+07:00")
    assert sandbox.now == datetime(2026, 1, 5, tzinfo=UTC)


def test_without_a_time_the_clock_runs_also_after_being_set() -> None:
    sandbox = Sandbox(world=FixedWorld())
    assert abs((sandbox.now - datetime.now(UTC)).total_seconds()) < 1
    sandbox.set_now(NOW)
    first = sandbox.now
    time.sleep(0.002)
    assert timedelta() < sandbox.now - first < timedelta(seconds=5)


def test_a_running_clock_finds_new_sessions_in_a_window_asked_before() -> None:
    with Sandbox(now=None) as sandbox:
        sandbox.set_now("2026-01-31T23:00:00Z")
        window: dict[str, Any] = {"created_to": "2026-02-03T00:00:00Z", "limit": 1}
        counts = []
        for _ in range(3):
            counts.append(get_messages(sandbox, **window).json()["data"]["total"])
            sandbox.advance(hours=20)
        assert counts == sorted(set(counts))


def test_the_clock_can_be_read_and_moved_over_http(sandbox: Sandbox) -> None:
    assert told(sandbox, "clock").json() == {"now": "2026-02-01T00:00:00.000000Z", "frozen": True}
    assert told(sandbox, "clock", {"advance_seconds": 60}).json()["now"].endswith(":01:00.000000Z")
    assert told(sandbox, "clock", {"now": "2026-03-01T00:00:00Z"}).status_code == 200
    assert sandbox.now == datetime(2026, 3, 1, tzinfo=UTC)
    assert told(sandbox, "clock", {"frozen": False}).json()["frozen"] is False
    for wrong in ({"now": "soon"}, {"later": 1}, {}, {"advance_seconds": "1"}):
        answer = told(sandbox, "clock", wrong)
        assert answer.status_code == 400
        assert answer.json()["error"]


def test_readings_and_faults_can_be_changed_over_http(sandbox: Sandbox) -> None:
    assert told(sandbox, "variants").json()["antbuddy_page_cap"] is None
    told(sandbox, "variants", {"antbuddy_page_cap": 2})
    told(sandbox, "variants", {"antbuddy_order": "descending"})
    assert sandbox.variants == ApiVariants(antbuddy_page_cap=2, antbuddy_order="descending")
    told(sandbox, "faults", {"script": ["500"]})
    assert sandbox.faults == Faults(script=["500"])
    assert get_messages(sandbox).status_code == 500
    assert len(get_messages(sandbox).json()["data"]["sessions"]) == 2
    assert "nonsense" in told(sandbox, "variants", {"nonsense": 1}).json()["error"]
    for what in ("variants", "faults"):
        requests.delete(f"{sandbox.address}/sandbox/{what}", timeout=TIMEOUT)
    assert (sandbox.variants, sandbox.faults) == (ApiVariants(), Faults())


def test_the_log_over_http_has_no_keys_and_no_phone_numbers(sandbox: Sandbox) -> None:
    get_messages(sandbox, key="secret-one")
    list_messages(sandbox, key="secret-two", phone="84000000123")
    answer = told(sandbox, "requests")
    assert answer.json()["counts"] == {"antbuddy": 1, "etelecom": 1}
    assert [each["status"] for each in answer.json()["requests"]] == [200, 200]
    assert "secret" not in answer.text
    assert "84000000123" not in answer.text


def test_the_first_page_says_what_this_is(sandbox: Sandbox) -> None:
    page = requests.get(sandbox.address, timeout=TIMEOUT)
    assert page.headers["Content-Type"].startswith("text/plain")
    assert "sandbox" in page.text
    assert sandbox.address in page.text


def test_settings_lead_to_the_apis_and_to_the_worlds_start(sandbox: Sandbox) -> None:
    settings = sandbox.settings()
    assert settings["start_date"] == "2026-01-01T00:00:00Z"
    assert settings["antbuddy_base_url"] == sandbox.address + "/antbuddy"
    assert settings["etelecom_base_url"] == sandbox.address + "/etelecom/v1/shop"


def test_a_taken_port_is_one_clear_sentence(sandbox: Sandbox) -> None:
    port = int(sandbox.address.rpartition(":")[2])
    with (
        pytest.raises(AddressTakenError, match=rf"^Port {port} .*in use.*\.$"),
        Sandbox(world=FixedWorld(), port=port),
    ):
        pass


def test_a_missing_key_is_refused_even_when_any_is_accepted(sandbox: Sandbox) -> None:
    for api in ("antbuddy", "etelecom"):
        url = sandbox.settings()[f"{api}_base_url"]
        if api == "antbuddy":
            answer = requests.get(url + "/messages", timeout=TIMEOUT)
        else:
            answer = requests.post(url + ".Zalo/ListMessages", json={}, timeout=TIMEOUT)
        assert answer.status_code == 401


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
        ("etelecom_newer_fields=false", {"etelecom_newer_fields": False}),
        ("etelecom_fraction_digits=9", {"etelecom_fraction_digits": 9}),
    ],
)
def test_a_switch_is_read_from_text(pair: str, expected: dict[str, Any]) -> None:
    read = ApiVariants.from_pairs([pair])
    assert read == ApiVariants(**expected)
    (name,) = expected
    assert type(getattr(read, name)) is type(expected[name])


def test_faults_are_read_from_text() -> None:
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
def test_a_wrong_switch_is_one_clear_sentence(pair: str, sentence: str) -> None:
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
    assert covered == set(named)
    assert all(meaning[0] in "AE" and meaning[1].isdigit() for meaning in named.values())


@pytest.mark.parametrize(
    "variant", sorted({v for vs in VARIANTS_BY_QUESTION.values() for v in vs}, key=str)
)
def test_every_variant_answers_both_apis(sandbox: Sandbox, variant: tuple[str, Any]) -> None:
    sandbox.variants = ApiVariants(**dict([variant]))
    expected = {"antbuddy_times": {200, 400}}.get(variant[0], {200})
    assert get_messages(sandbox).status_code in expected
    assert list_messages(sandbox).status_code == 200

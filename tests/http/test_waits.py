"""How long the tap waits before it asks again, what it says of that, and when it gives up."""

from __future__ import annotations

import logging

import pytest

from omnimessages_sandbox import Faults, Sandbox
from tests.faulty import CALLS, SMALL_WORLD, FakeTime, fault_settings
from tests.support import NOW, extract, truth

pytestmark = pytest.mark.usefixtures("clock")


@pytest.mark.parametrize(
    ("fault", "least", "most"),
    [
        ("429:7", 6.9, 7),
        ("503:40", 39.9, 40),
        ("429:date:30", 28, 31),
        ("429:past", 0, 0.5),
        ("429:absent", 0, 0.5),
        ("500", 0, 0.5),
    ],
)
def test_retry_after_is_waited_for_whatever_its_form(
    small: Sandbox, clock: FakeTime, fault: str, least: float, most: float
) -> None:
    small.faults = Faults(script=["ok", fault])
    assert extract(fault_settings(small, "antbuddy")).error is None
    assert least <= sum(clock.slept) <= most


def test_waits_grow_and_stay_within_the_budget(small: Sandbox, clock: FakeTime) -> None:
    small.faults = Faults(script=["ok"], permanent="503")
    run = extract(fault_settings(small, "antbuddy", max_retry_seconds=120))
    assert "HTTP 503" in str(run.error)
    assert sum(clock.slept) <= 120
    assert all(wait <= 0.5 * 2**index for index, wait in enumerate(clock.slept))
    assert all(wait <= 60 for wait in clock.slept)
    assert len(small.requests) < 40


def test_an_api_that_never_answers_is_given_up_after_a_minute(
    small: Sandbox, clock: FakeTime
) -> None:
    small.faults = Faults(permanent="refuse")
    run = extract(fault_settings(small, "antbuddy", max_retry_seconds=600))
    assert "the time for a first response is 60 s" in str(run.error)
    assert sum(clock.slept) <= 60


def test_a_sandbox_that_was_not_started_is_told_within_seconds(clock: FakeTime) -> None:
    with Sandbox(world=SMALL_WORLD, now=NOW) as sandbox:
        settings = fault_settings(sandbox, "antbuddy", max_retry_seconds=600)
    run = extract(settings)
    assert "Nothing listens there on this machine" in str(run.error)
    assert sum(clock.slept) <= 5


def test_a_retry_after_beyond_the_budget_stops_at_once(small: Sandbox, clock: FakeTime) -> None:
    small.faults = Faults(permanent="429:3600")
    run = extract(fault_settings(small, "etelecom", max_retry_seconds=600, max_concurrency=8))
    assert "it asks to wait 3600 s (max_retry_seconds is 600 s)" in str(run.error)
    assert not clock.slept
    assert len(small.requests) == 1


def test_a_wait_that_the_tap_chose_is_not_laid_to_the_api(
    small: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.uniform", lambda _, longest: longest)
    small.faults = Faults(permanent="503")
    run = extract(fault_settings(small, "antbuddy", max_retry_seconds=0))
    assert "HTTP 503" in str(run.error)
    assert "asks to wait" not in str(run.error)


def test_a_quota_is_waited_for_although_its_status_is_403(small: Sandbox, clock: FakeTime) -> None:
    small.faults = Faults(script=["403_resource_exhausted:5", "409", "409"])
    run = extract(fault_settings(small, "etelecom"))
    assert run.error is None
    assert set(run.table("etelecom_zns_messages")) == truth(small)["etelecom_zns_messages"]
    assert sum(clock.slept) >= 4.9


def test_a_long_wait_is_told_with_its_reason_and_length(
    small: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    small.faults = Faults(script=["ok", "429:30"])
    extract(fault_settings(small, "antbuddy"))
    told = [
        record
        for record in caplog.records
        if record.levelno >= logging.WARNING and "retrying" in record.getMessage()
    ]
    assert [record.getMessage() for record in told] == [
        f"{CALLS['antbuddy']}HTTP 429; retrying in 30.0 s."
    ]


def test_a_short_wait_is_not_worth_a_warning(
    small: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    small.faults = Faults(script=["ok", "500"])
    extract(fault_settings(small, "antbuddy"))
    assert not [record for record in caplog.records if "retrying" in record.getMessage()]

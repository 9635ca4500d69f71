"""Whatever goes wrong on the way: the run ends complete, or in a sentence with nothing lost."""

from __future__ import annotations

import logging
import socket
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tap_omnimessages import client, pace
from tap_omnimessages.errors import ApiError
from tap_omnimessages.failures import describe_exception
from tap_omnimessages.pace import Pace
from tap_omnimessages.sandbox import Faults, GeneratedWorld, Sandbox
from tests.support import NOW, START, extract, keys_of, only, settings_of, truth

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORLD = GeneratedWorld(seed=7, start=START, sessions_per_day=6, notifications_per_day=6)
_PROVIDERS = ("antbuddy", "etelecom")
_STREAMS = {
    "antbuddy": ("antbuddy_messages", "antbuddy_sessions"),
    "etelecom": ("etelecom_zns_messages",),
}
_CALLS = {
    "antbuddy": "AntBuddy, GET /antbuddy/messages: ",
    "etelecom": "eTelecom, POST /etelecom/v1/shop.Zalo/ListMessages: ",
}
_PAGES: dict[str, Any] = {
    # One request at a time, so that a fault in a script meets the request that is meant.
    "max_concurrency": 1,
    "antbuddy_page_size": 20,
    "antbuddy_window_days": 4,
    "etelecom_page_size": 20,
    "etelecom_window_days": 4,
}


class FakeTime:
    """The client's clock: it jumps where the client would sleep."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return time.monotonic() + sum(self.slept)

    def wait(self, pace: Pace, seconds: float | None) -> None:
        if seconds is None:
            pace._changed.wait()
        else:
            self.slept.append(seconds)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    fake = FakeTime()
    for module in (client, pace):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=fake.monotonic))
    monkeypatch.setattr(Pace, "_wait", lambda self, seconds: fake.wait(self, seconds))  # noqa: PLW0108
    return fake


@pytest.fixture
def small() -> Iterator[Sandbox]:
    """A month in several windows of several pages."""
    with Sandbox(world=_WORLD, now=NOW) as running:
        yield running


def _settings(sandbox: Sandbox, provider: str, **changes: Any) -> dict[str, Any]:
    return only(sandbox, provider, **{**_PAGES, **changes})


def _expected(sandbox: Sandbox, provider: str) -> dict[str, set[str]]:
    everything = truth(sandbox)
    return {stream: everything[stream] for stream in _STREAMS[provider]}


_PASSING = (
    "408",
    "429:2",
    "429:date",
    "429:past",
    "429:absent",
    "500",
    "502",
    "503:3",
    "504",
    "refuse",
    "reset",
    "cut_body",
    "cut_chunked",
    "truncated_json",
    "html",
    "success_false",
    "error_body",
    "empty_200",
    "no_list",
)


@pytest.mark.parametrize(
    ("provider", "fault"),
    [
        *((provider, fault) for fault in _PASSING for provider in _PROVIDERS),
        ("etelecom", "403_resource_exhausted"),
        ("etelecom", "409"),
    ],
)
def test_a_fault_that_passes_costs_a_request_and_no_record(
    small: Sandbox, provider: str, fault: str
) -> None:
    small.faults = Faults(script=["ok", "ok", fault])
    run = extract(_settings(small, provider))
    assert run.error is None
    assert [request.fault for request in small.requests if request.fault not in (None, "ok")] == [
        fault
    ]
    assert {stream: set(run.table(stream)) for stream in _STREAMS[provider]} == _expected(
        small, provider
    )


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize("seed", range(6))
def test_any_mix_of_faults_leaves_the_run_complete(
    small: Sandbox, seed: int, concurrency: int
) -> None:
    kinds = (*_PASSING, "403_resource_exhausted") if seed % 2 else _PASSING
    small.faults = Faults(rate=0.25, seed=seed, kinds=kinds, api="etelecom" if seed % 2 else None)
    run = extract(settings_of(small, **{**_PAGES, "max_concurrency": concurrency}))
    assert run.error is None
    assert keys_of(run) == truth(small)
    assert any(request.fault for request in small.requests)


_CAUSES = {
    "429": "HTTP 429",
    "500": "HTTP 500",
    "503": "HTTP 503",
    "504": "HTTP 504",
    "refuse": "127.0.0.1",
    "reset": "127.0.0.1",
    "cut_body": "was cut off",
    "cut_chunked": "was cut off",
    "truncated_json": "the answer is not valid JSON, or was cut off",
    "html": "the answer is a web page instead of JSON",
    "success_false": "the answer tells of an error",
    "error_body": "the answer tells of an error (internal",
    "empty_200": "the answer is empty",
    "no_list": "the answer does not hold a list",
}


@pytest.mark.parametrize("provider", _PROVIDERS)
@pytest.mark.parametrize("fault", _CAUSES)
def test_a_fault_that_stays_ends_the_run_in_a_sentence_and_loses_nothing(
    small: Sandbox, provider: str, fault: str
) -> None:
    small.faults = Faults(script=["ok"] * 12, permanent=fault)
    settings = _settings(small, provider, max_retry_seconds=list(_CAUSES).index(fault) % 3)
    broken = extract(settings)
    assert isinstance(broken.error, ApiError)
    text = str(broken.error)
    assert text.startswith(_CALLS[provider])
    assert _CAUSES[fault] in text
    assert "\n" not in text
    assert text.endswith(".")
    first = _STREAMS[provider][0]
    horizon = broken.bookmark(first)["replication_key_value"]
    assert START < horizon < NOW
    small.faults = Faults()
    resumed = extract(settings, state=broken.state)
    assert resumed.error is None
    for stream, keys in _expected(small, provider).items():
        assert set(broken.table(stream)) | set(resumed.table(stream)) == keys
    assert resumed.bookmark(first)["replication_key_value"] == NOW.replace("Z", ".000000Z")


@pytest.mark.parametrize("provider", _PROVIDERS)
@pytest.mark.parametrize("answers", [1, 3, 6, 12])
def test_a_fault_that_stays_loses_nothing_while_windows_are_read_ahead(
    small: Sandbox, provider: str, answers: int
) -> None:
    small.faults = Faults(script=["ok"] * answers, permanent="500")
    settings = _settings(small, provider, max_concurrency=8, max_retry_seconds=1)
    broken = extract(settings)
    assert isinstance(broken.error, ApiError)
    small.faults = Faults()
    resumed = extract(settings, state=broken.state)
    assert resumed.error is None
    for stream, keys in _expected(small, provider).items():
        assert set(broken.table(stream)) | set(resumed.table(stream)) == keys


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
    assert extract(_settings(small, "antbuddy")).error is None
    assert least <= sum(clock.slept) <= most


def test_waits_grow_and_stay_within_the_budget(small: Sandbox, clock: FakeTime) -> None:
    small.faults = Faults(script=["ok"], permanent="503")
    run = extract(_settings(small, "antbuddy", max_retry_seconds=120))
    assert "HTTP 503" in str(run.error)
    assert sum(clock.slept) <= 120
    assert all(wait <= 0.5 * 2**index for index, wait in enumerate(clock.slept))
    assert all(wait <= 60 for wait in clock.slept)
    assert len(small.requests) < 40


def test_an_api_that_never_answers_is_given_up_after_a_minute(
    small: Sandbox, clock: FakeTime
) -> None:
    small.faults = Faults(permanent="refuse")
    run = extract(_settings(small, "antbuddy", max_retry_seconds=600))
    assert "the time for a first answer is 60 s" in str(run.error)
    assert sum(clock.slept) <= 60


def test_a_retry_after_beyond_the_budget_stops_at_once(small: Sandbox, clock: FakeTime) -> None:
    small.faults = Faults(permanent="429:3600")
    run = extract(_settings(small, "etelecom", max_retry_seconds=600, max_concurrency=8))
    assert "it asks to wait 3600 s (max_retry_seconds is 600 s)" in str(run.error)
    assert not clock.slept
    assert len(small.requests) == 1


def test_a_wait_that_the_tap_chose_is_not_laid_to_the_api(
    small: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.uniform", lambda _, longest: longest)
    small.faults = Faults(permanent="503")
    run = extract(_settings(small, "antbuddy", max_retry_seconds=0))
    assert "HTTP 503" in str(run.error)
    assert "asks to wait" not in str(run.error)


@pytest.mark.parametrize("fault", ["400", "401", "403_permission_denied", "404", "501", "redirect"])
@pytest.mark.parametrize("provider", _PROVIDERS)
def test_a_refusal_for_good_is_not_tried_again(
    small: Sandbox, clock: FakeTime, provider: str, fault: str
) -> None:
    small.faults = Faults(permanent=fault)
    run = extract(_settings(small, provider, max_concurrency=8))
    assert str(run.error).startswith(_CALLS[provider])
    assert len(small.requests) == 1
    assert not clock.slept
    assert not run.bookmark(_STREAMS[provider][0])


@pytest.mark.parametrize("fault", ["401", "403_permission_denied"])
@pytest.mark.parametrize("provider", _PROVIDERS)
def test_a_refused_key_names_its_setting(small: Sandbox, provider: str, fault: str) -> None:
    small.faults = Faults(permanent=fault)
    run = extract(_settings(small, provider))
    assert f"Check the setting {provider}_api_key." in str(run.error)


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_a_redirect_is_not_followed(small: Sandbox, provider: str) -> None:
    small.faults = Faults(permanent="redirect", redirect_to="http://127.0.0.2:9/elsewhere")
    run = extract(_settings(small, provider))
    assert "redirects to 127.0.0.2, which the tap does not follow (302)" in str(run.error)
    assert f"Check the setting {provider}_base_url." in str(run.error)


def test_a_quota_is_waited_for_although_its_status_is_403(small: Sandbox, clock: FakeTime) -> None:
    small.faults = Faults(script=["403_resource_exhausted:5", "409", "409"])
    run = extract(_settings(small, "etelecom"))
    assert run.error is None
    assert set(run.table("etelecom_zns_messages")) == truth(small)["etelecom_zns_messages"]
    assert sum(clock.slept) >= 4.9


def test_a_long_wait_is_told_with_its_reason_and_length(
    small: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    small.faults = Faults(script=["ok", "429:30"])
    extract(_settings(small, "antbuddy"))
    told = [
        record
        for record in caplog.records
        if record.levelno >= logging.WARNING and "trying again" in record.getMessage()
    ]
    assert [record.getMessage() for record in told] == [
        f"{_CALLS['antbuddy']}HTTP 429; trying again in 30.0 s."
    ]


def test_a_short_wait_is_not_worth_a_warning(
    small: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    small.faults = Faults(script=["ok", "500"])
    extract(_settings(small, "antbuddy"))
    assert not [record for record in caplog.records if "trying again" in record.getMessage()]


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_an_answer_of_absurd_size_stops_the_run_in_a_sentence(
    small: Sandbox, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    monkeypatch.setattr(client, "MAX_BODY_BYTES", 2**20)
    small.faults = Faults(script=["ok", "huge"], huge_bytes=2**22)
    run = extract(_settings(small, provider))
    assert str(run.error) == f"{_CALLS[provider]}the answer passes 1 MiB."
    assert len(small.requests) == 2


@pytest.mark.parametrize("fault", ["never", "trickle"])
def test_an_answer_that_does_not_end_is_asked_for_again(small: Sandbox, fault: str) -> None:
    small.faults = Faults(script=["ok", fault], trickle_seconds=0.05)
    before = time.monotonic()
    run = extract(_settings(small, "antbuddy", request_timeout_seconds=1))
    assert run.error is None
    assert set(run.table("antbuddy_messages")) == truth(small)["antbuddy_messages"]
    assert time.monotonic() - before < 5


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_nobody_listening_is_told_as_such(provider: str) -> None:
    with Sandbox(world=_WORLD, now=NOW) as sandbox:
        settings = _settings(sandbox, provider, max_retry_seconds=1)
        address = sandbox.address.removeprefix("http://")
    run = extract(settings)
    assert str(run.error).startswith(f"{_CALLS[provider]}{address} refuses the connection; ")


def test_a_sandbox_that_was_not_started_is_told_within_seconds(clock: FakeTime) -> None:
    with Sandbox(world=_WORLD, now=NOW) as sandbox:
        settings = _settings(sandbox, "antbuddy", max_retry_seconds=600)
    run = extract(settings)
    assert "Nothing listens there on this machine" in str(run.error)
    assert sum(clock.slept) <= 5


def test_a_host_without_an_address_is_told_as_such(
    small: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    settings = _settings(small, "antbuddy", max_retry_seconds=1)
    run = extract({**settings, "antbuddy_base_url": "https://invented.invalid"})
    assert "the name of the host invented.invalid cannot be resolved" in str(run.error)


def test_a_server_that_speaks_no_tls_is_tried_again_and_named(small: Sandbox) -> None:
    settings = _settings(small, "antbuddy", max_retry_seconds=1)
    url = settings["antbuddy_base_url"].replace("http://", "https://")
    run = extract({**settings, "antbuddy_base_url": url})
    assert "127.0.0.1" in str(run.error)
    assert "certificate" not in str(run.error)


def test_a_certificate_that_does_not_fit_is_not_tried_again() -> None:
    error = requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] Hostname mismatch")
    failure = describe_exception(error, "https://api.invalid/v1?key=invented", 60)
    assert failure.text == "the TLS certificate of api.invalid does not fit"
    assert not failure.retriable

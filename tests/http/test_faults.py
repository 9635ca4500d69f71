"""Whatever goes wrong on the way: the run ends complete, or in a sentence with nothing lost."""

from __future__ import annotations

import time

import pytest

from omnimessages_sandbox import Faults, Sandbox
from tap_omnimessages.errors import ApiError
from tap_omnimessages.http import client
from tests.faulty import CALLS, PAGES, PROVIDERS, expected_keys, fault_settings
from tests.profiles import slow
from tests.support import NOW, START, STREAMS_OF, extract, keys_of, settings_of, truth

pytestmark = pytest.mark.usefixtures("clock")


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
        *((provider, fault) for fault in _PASSING for provider in PROVIDERS),
        ("etelecom", "403_resource_exhausted"),
        ("etelecom", "409"),
    ],
)
def test_a_fault_that_passes_costs_a_request_and_no_record(
    small: Sandbox, provider: str, fault: str
) -> None:
    small.faults = Faults(script=["ok", "ok", fault])
    run = extract(fault_settings(small, provider))
    assert run.error is None
    assert [request.fault for request in small.requests if request.fault not in (None, "ok")] == [
        fault
    ]
    assert {stream: set(run.table(stream)) for stream in STREAMS_OF[provider]} == expected_keys(
        small, provider
    )


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize("seed", [0, 1, *slow(2, 3, 4, 5)])
def test_any_mix_of_faults_leaves_the_run_complete(
    small: Sandbox, seed: int, concurrency: int
) -> None:
    kinds = (*_PASSING, "403_resource_exhausted") if seed % 2 else _PASSING
    small.faults = Faults(rate=0.25, seed=seed, kinds=kinds, api="etelecom" if seed % 2 else None)
    run = extract(settings_of(small, **{**PAGES, "max_concurrency": concurrency}))
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
    "truncated_json": "the API sends broken JSON: it ends too early, after byte ",
    "html": "the response is a web page instead of JSON",
    "success_false": "the response reports an error",
    "error_body": "the response reports an error (internal",
    "empty_200": "the response is empty",
    "no_list": "the response does not contain a list",
}


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("fault", _CAUSES)
def test_a_fault_that_stays_ends_the_run_in_a_sentence_and_loses_nothing(
    small: Sandbox, provider: str, fault: str
) -> None:
    small.faults = Faults(script=["ok"] * 12, permanent=fault)
    settings = fault_settings(small, provider, max_retry_seconds=list(_CAUSES).index(fault) % 3)
    broken = extract(settings)
    assert isinstance(broken.error, ApiError)
    text = str(broken.error)
    assert text.startswith(CALLS[provider])
    assert _CAUSES[fault] in text
    assert "\n" not in text
    assert text.endswith(".")
    first = STREAMS_OF[provider][0]
    high_watermark = broken.bookmark(first)["replication_key_value"]
    assert START < high_watermark < NOW
    small.faults = Faults()
    resumed = extract(settings, state=broken.state)
    assert resumed.error is None
    for stream, keys in expected_keys(small, provider).items():
        assert set(broken.table(stream)) | set(resumed.table(stream)) == keys
    assert resumed.bookmark(first)["replication_key_value"] == NOW.replace("Z", ".000000Z")


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("answers", [1, 3, 6, 12])
def test_a_fault_that_stays_loses_nothing_while_windows_are_read_ahead(
    small: Sandbox, provider: str, answers: int
) -> None:
    small.faults = Faults(script=["ok"] * answers, permanent="500")
    settings = fault_settings(small, provider, max_concurrency=8, max_retry_seconds=1)
    broken = extract(settings)
    assert isinstance(broken.error, ApiError)
    small.faults = Faults()
    resumed = extract(settings, state=broken.state)
    assert resumed.error is None
    for stream, keys in expected_keys(small, provider).items():
        assert set(broken.table(stream)) | set(resumed.table(stream)) == keys


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_answer_of_absurd_size_stops_the_run_in_a_sentence(
    small: Sandbox, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    monkeypatch.setattr(client, "MAX_BODY_BYTES", 2**20)
    small.faults = Faults(script=["ok", "huge"], huge_bytes=2**22)
    run = extract(fault_settings(small, provider))
    assert str(run.error) == f"{CALLS[provider]}the response is larger than 1 MiB."
    assert len(small.requests) == 2


@pytest.mark.parametrize("fault", ["never", "trickle"])
def test_an_answer_that_does_not_end_is_asked_for_again(small: Sandbox, fault: str) -> None:
    small.faults = Faults(script=["ok", fault], trickle_seconds=0.05)
    before = time.monotonic()
    run = extract(fault_settings(small, "antbuddy", request_timeout_seconds=1))
    assert run.error is None
    assert set(run.table("antbuddy_messages")) == truth(small)["antbuddy_messages"]
    assert time.monotonic() - before < 5

"""Faults: how each one looks to a client, and which requests get one."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

from omnimessages_sandbox import KINDS, Faults, Sandbox, SwitchError
from tests.sandbox.client import NOW, get_messages, list_messages

if TYPE_CHECKING:
    from omnimessages_sandbox import GeneratedWorld


def get_with_fault(sandbox: Sandbox, fault: str, **more: Any) -> requests.Response:
    sandbox.faults = Faults(script=[fault], **more)
    return get_messages(sandbox, limit=3)


@pytest.mark.parametrize(
    "fault",
    [kind for kind in KINDS if kind[:3].isdigit()],
)
def test_a_status_fault_has_the_format_of_its_api(sandbox: Sandbox, fault: str) -> None:
    sandbox.faults = Faults(script=[fault, fault])
    antbuddy, etelecom = get_messages(sandbox), list_messages(sandbox)
    assert antbuddy.status_code == etelecom.status_code == int(fault[:3])
    if fault in {"429", "502", "504"}:
        assert antbuddy.text.startswith(etelecom.text[:9])
        assert "<html>" in antbuddy.text
    else:
        assert antbuddy.json()["success"] is False
        assert etelecom.json()["code"]
        if fault.startswith("403_"):
            assert etelecom.json()["code"] == fault[4:]
    assert get_messages(sandbox).status_code == 200


def test_retry_after_is_seconds_a_date_a_past_date_or_absent(sandbox: Sandbox) -> None:
    headers = {
        fault: get_with_fault(sandbox, fault).headers.get("Retry-After")
        for fault in ("429:2", "429:date:90", "429:past", "429", "429:absent", "503:1")
    }
    assert (headers["429:2"], headers["503:1"]) == ("2", "1")
    assert headers["429"] is headers["429:absent"] is None
    now = datetime.now(UTC)
    assert 80 < (parsedate_to_datetime(str(headers["429:date:90"])) - now).total_seconds() < 91
    assert parsedate_to_datetime(str(headers["429:past"])) < now


@pytest.mark.parametrize("fault", ["refuse", "reset"])
def test_a_connection_breaks_before_the_response(sandbox: Sandbox, fault: str) -> None:
    with pytest.raises(requests.ConnectionError) as broken:
        get_with_fault(sandbox, fault)
    assert ("reset by peer" in str(broken.value)) == (fault == "reset")
    assert get_messages(sandbox).status_code == 200


@pytest.mark.parametrize("fault", ["cut_body", "cut_chunked"])
def test_a_connection_breaks_inside_the_response(sandbox: Sandbox, fault: str) -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        get_with_fault(sandbox, fault)


def test_truncated_json_is_valid_http(sandbox: Sandbox) -> None:
    whole = get_messages(sandbox, limit=3)
    cut = get_with_fault(sandbox, "truncated_json")
    assert cut.status_code == 200
    assert cut.text
    assert whole.text.startswith(cut.text)
    with pytest.raises(ValueError, match="char"):
        cut.json()


def test_http_200_can_have_an_unusable_body(sandbox: Sandbox) -> None:
    assert get_with_fault(sandbox, "html").headers["Content-Type"].startswith("text/html")
    assert get_with_fault(sandbox, "success_false").json()["success"] is False
    assert set(get_with_fault(sandbox, "error_body").json()) == {"code", "msg"}
    assert get_with_fault(sandbox, "empty_200").text == ""
    nothing = get_with_fault(sandbox, "no_list").json()
    assert not {"data", "messages", "success"} & set(nothing)


def test_a_trickling_response_is_complete_in_the_end(sandbox: Sandbox) -> None:
    whole = get_messages(sandbox, limit=0)
    sandbox.faults = Faults(script=["trickle"], trickle_seconds=0.0001)
    slow = get_messages(sandbox, limit=0)
    assert slow.content == whole.content


def test_a_redirect_leads_to_the_configured_host(sandbox: Sandbox) -> None:
    response = get_with_fault(sandbox, "redirect", redirect_to="http://127.0.0.1:9")
    assert response.status_code == 302
    assert response.headers["Location"].startswith("http://127.0.0.1:9/antbuddy/messages?limit=3")


def test_a_huge_response_breaks_off_at_the_configured_size(sandbox: Sandbox) -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        get_with_fault(sandbox, "huge", huge_bytes=200_000)


def test_a_huge_response_does_not_end(sandbox: Sandbox) -> None:
    sandbox.faults = Faults(script=["huge"])
    url = sandbox.settings()["antbuddy_base_url"] + "/messages"
    read = 0
    with requests.get(url, headers={"apikey": "any"}, stream=True, timeout=5) as response:
        for piece in response.iter_content(65_536):
            read += len(piece)
            if read > 5_000_000:
                break
    assert read > 5_000_000


@pytest.mark.parametrize("fault", ["never", "trickle", "huge"])
def test_the_server_stops_promptly_while_a_response_hangs(
    world: GeneratedWorld, fault: str
) -> None:
    def request() -> None:
        with pytest.raises(requests.RequestException):
            get_messages(sandbox)

    faults = Faults(permanent=fault, trickle_seconds=1)
    with Sandbox(world=world, now=NOW, faults=faults) as sandbox:
        client = threading.Thread(target=request)
        client.start()
        while not sandbox.requests:
            time.sleep(0.001)
        time.sleep(0.02)
        before = time.monotonic()
    assert time.monotonic() - before < 1
    client.join()


def test_a_script_applies_to_successive_requests_of_its_api(sandbox: Sandbox) -> None:
    sandbox.faults = Faults(script=["500", "ok", "503"], api="antbuddy")
    assert list_messages(sandbox).status_code == 200
    assert [get_messages(sandbox).status_code for _ in range(4)] == [500, 200, 503, 200]


def test_a_permanent_fault_stays_until_it_is_replaced(sandbox: Sandbox) -> None:
    sandbox.faults = Faults(permanent="401", api="etelecom")
    assert [list_messages(sandbox).status_code for _ in range(3)] == [401] * 3
    assert get_messages(sandbox).status_code == 200
    sandbox.faults = Faults()
    assert list_messages(sandbox).status_code == 200


def test_random_faults_have_the_configured_rate_and_repeat_with_the_seed(
    sandbox: Sandbox,
) -> None:
    def run(seed: int) -> list[int]:
        sandbox.faults = Faults(rate=0.3, seed=seed, kinds=("500", "503"))
        return [get_messages(sandbox, limit=1).status_code for _ in range(60)]

    first = run(1)
    assert set(first) == {200, 500, 503}
    assert 6 < sum(status != 200 for status in first) < 32
    assert run(1) == first
    assert run(2) != first


def test_latency_delays_the_response(sandbox: Sandbox) -> None:
    sandbox.faults = Faults(latency_seconds=0.03)
    before = time.monotonic()
    assert get_messages(sandbox).status_code == 200
    assert time.monotonic() - before >= 0.03


@pytest.mark.parametrize(
    "wrong",
    [
        {"script": ["418"]},
        {"permanent": "reset:5"},
        {"kinds": ["429:soon"]},
        {"rate": 2.0},
        {"api": "zalo"},
    ],
)
def test_a_wrong_fault_is_reported_in_one_sentence(wrong: dict[str, Any]) -> None:
    with pytest.raises(SwitchError, match=r"\.$"):
        Faults(**wrong)


def test_the_log_records_the_fault_the_status_and_the_rows(sandbox: Sandbox) -> None:
    get_messages(sandbox, limit=3)
    get_with_fault(sandbox, "503")
    with pytest.raises(requests.ConnectionError):
        get_with_fault(sandbox, "reset")
    good, refused, broken = sandbox.requests
    assert (good.api, good.method, good.path) == ("antbuddy", "GET", "/antbuddy/messages")
    assert (good.status, good.rows, good.fault) == (200, 3, None)
    assert good.params["limit"] == "3"
    assert good.headers["apikey"] == "any"
    assert (refused.status, refused.rows, refused.fault) == (503, 0, "503")
    assert (broken.status, broken.fault) == (0, "reset")
    sandbox.clear_requests()
    assert sandbox.requests == []
    list_messages(sandbox, paging={"limit": 2})
    assert sandbox.requests[0].params["paging"] == {"limit": 2}
    assert sandbox.requests[0].rows == 2

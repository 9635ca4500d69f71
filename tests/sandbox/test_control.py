"""The control address, the settings and the port."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from omnimessages_sandbox import AddressTakenError, ApiVariants, Faults, FixedWorld, Sandbox
from tests.sandbox.client import TIMEOUT, get_messages, list_messages


def control(sandbox: Sandbox, what: str, change: dict[str, Any] | None = None) -> requests.Response:
    url = f"{sandbox.address}/sandbox/{what}"
    if change is None:
        return requests.get(url, timeout=TIMEOUT)
    return requests.post(url, json=change, timeout=TIMEOUT)


def test_the_clock_can_be_read_and_moved_over_http(sandbox: Sandbox) -> None:
    shown = control(sandbox, "clock").json()
    assert shown == {"now": "2026-02-01T00:00:00.000000Z", "frozen": True}
    moved = control(sandbox, "clock", {"advance_seconds": 60}).json()
    assert moved["now"].endswith(":01:00.000000Z")
    assert control(sandbox, "clock", {"now": "2026-03-01T00:00:00Z"}).status_code == 200
    assert sandbox.now == datetime(2026, 3, 1, tzinfo=UTC)
    assert control(sandbox, "clock", {"frozen": False}).json()["frozen"] is False
    for wrong in ({"now": "soon"}, {"later": 1}, {}, {"advance_seconds": "1"}):
        response = control(sandbox, "clock", wrong)
        assert response.status_code == 400
        assert response.json()["error"]


def test_variants_and_faults_can_be_changed_over_http(sandbox: Sandbox) -> None:
    assert control(sandbox, "variants").json()["antbuddy_page_cap"] is None
    control(sandbox, "variants", {"antbuddy_page_cap": 2})
    control(sandbox, "variants", {"antbuddy_order": "descending"})
    assert sandbox.variants == ApiVariants(antbuddy_page_cap=2, antbuddy_order="descending")
    control(sandbox, "faults", {"script": ["500"]})
    assert sandbox.faults == Faults(script=["500"])
    assert get_messages(sandbox).status_code == 500
    assert len(get_messages(sandbox).json()["data"]["sessions"]) == 2
    assert "nonsense" in control(sandbox, "variants", {"nonsense": 1}).json()["error"]
    for what in ("variants", "faults"):
        requests.delete(f"{sandbox.address}/sandbox/{what}", timeout=TIMEOUT)
    assert (sandbox.variants, sandbox.faults) == (ApiVariants(), Faults())


def test_the_address_of_readings_is_an_alias_of_variants(sandbox: Sandbox) -> None:
    changed = control(sandbox, "readings", {"antbuddy_page_cap": 2})
    assert sandbox.variants == ApiVariants(antbuddy_page_cap=2)
    assert changed.json() == control(sandbox, "readings").json()
    assert changed.json() == control(sandbox, "variants").json()
    requests.delete(f"{sandbox.address}/sandbox/readings", timeout=TIMEOUT)
    assert sandbox.variants == ApiVariants()


def test_the_log_over_http_has_no_api_keys_and_no_phone_numbers(sandbox: Sandbox) -> None:
    get_messages(sandbox, key="secret-one")
    list_messages(sandbox, key="secret-two", phone="84000000123")
    response = control(sandbox, "requests")
    assert response.json()["counts"] == {"antbuddy": 1, "etelecom": 1}
    assert [each["status"] for each in response.json()["requests"]] == [200, 200]
    assert "secret" not in response.text
    assert "84000000123" not in response.text


def test_the_page_at_the_root_describes_the_sandbox(sandbox: Sandbox) -> None:
    page = requests.get(sandbox.address, timeout=TIMEOUT)
    assert page.headers["Content-Type"].startswith("text/plain")
    assert "sandbox" in page.text
    assert sandbox.address in page.text


def test_settings_hold_the_addresses_and_the_start_of_the_world(sandbox: Sandbox) -> None:
    settings = sandbox.settings()
    assert settings["start_date"] == "2026-01-01T00:00:00Z"
    assert settings["antbuddy_base_url"] == sandbox.address + "/antbuddy"
    assert settings["etelecom_base_url"] == sandbox.address + "/etelecom/v1/shop"


def test_a_taken_port_is_reported_in_one_sentence(sandbox: Sandbox) -> None:
    port = int(sandbox.address.rpartition(":")[2])
    with (
        pytest.raises(AddressTakenError, match=rf"^Port {port} .*in use.*\.$"),
        Sandbox(world=FixedWorld(), port=port),
    ):
        pass


def test_a_request_without_an_api_key_is_refused(sandbox: Sandbox) -> None:
    for api in ("antbuddy", "etelecom"):
        url = sandbox.settings()[f"{api}_base_url"]
        if api == "antbuddy":
            response = requests.get(url + "/messages", timeout=TIMEOUT)
        else:
            response = requests.post(url + ".Zalo/ListMessages", json={}, timeout=TIMEOUT)
        assert response.status_code == 401

"""What no repeat can cure ends the run at once, in a sentence that names the cure."""

from __future__ import annotations

import socket
import socketserver
import threading
from typing import Any

import pytest
import requests
from typing_extensions import override

from omnimessages_sandbox import Faults, Sandbox
from tap_omnimessages.http.failures import describe_exception
from tests.faulty import (
    CALLS,
    PROVIDERS,
    SMALL_WORLD,
    FakeTime,
    expected_keys,
    fault_settings,
)
from tests.odd_servers import Body, Response, read_antbuddy, sessions, sessions_page
from tests.support import NOW, START, STREAMS_OF, extract

pytestmark = pytest.mark.usefixtures("clock")


@pytest.mark.parametrize("fault", ["400", "401", "403_permission_denied", "404", "501", "redirect"])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_refusal_for_good_is_not_tried_again(
    small: Sandbox, clock: FakeTime, provider: str, fault: str
) -> None:
    small.faults = Faults(permanent=fault)
    run = extract(fault_settings(small, provider, max_concurrency=8))
    assert str(run.error).startswith(CALLS[provider])
    # Of a refused AntBuddy request, the tap tries which other settings the API accepts; and 404
    # with a JSON body may mean that there are no rows, which a request for all times would show.
    usual = 2 if fault == "404" else 1
    assert len(small.requests) == (4 if (provider, fault) == ("antbuddy", "400") else usual)
    assert not clock.slept
    assert not run.bookmark(STREAMS_OF[provider][0])


_REFUSALS = ("400", "401", "403_permission_denied", "404", "501", "redirect")


@pytest.mark.parametrize("fault", _REFUSALS)
@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("times", [1, 2])
def test_a_refusal_that_passes_after_the_key_has_worked_costs_requests_and_no_record(
    small: Sandbox, provider: str, fault: str, times: int
) -> None:
    small.faults = Faults(script=["ok", "ok", *[fault] * times])
    run = extract(fault_settings(small, provider))
    assert run.error is None
    found = {stream: set(run.table(stream)) for stream in STREAMS_OF[provider]}
    assert found == expected_keys(small, provider)


@pytest.mark.parametrize("fault", _REFUSALS)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_refusal_that_stays_after_the_key_has_worked_ends_the_run_soon(
    small: Sandbox, clock: FakeTime, provider: str, fault: str
) -> None:
    small.faults = Faults(script=["ok"] * 8, permanent=fault)
    run = extract(fault_settings(small, provider))
    assert str(run.error).startswith(CALLS[provider])
    # Three tries, and a few requests that look for the cause.
    assert len(small.requests) <= 8 + 12
    assert sum(clock.slept) < 5
    first = STREAMS_OF[provider][0]
    assert START < run.bookmark(first)["replication_key_value"] < NOW


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("has_worked", [False, True])
def test_a_page_of_a_firewall_is_not_taken_for_a_refused_key(
    status: int, *, has_worked: bool
) -> None:
    asked: list[Body] = []

    def respond(query: Body) -> Response:
        asked.append(query)
        if has_worked and len(asked) < 3:
            return 200, sessions_page(sessions(), query)
        return status, b"<html><body>Request blocked</body></html>"

    run = read_antbuddy(respond)
    assert f"HTTP {status}" in str(run.error)
    assert "as from a firewall or a proxy" in str(run.error)
    assert "api_key" not in str(run.error)


@pytest.mark.parametrize("fault", ["401", "403_permission_denied"])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_refused_key_names_its_setting(small: Sandbox, provider: str, fault: str) -> None:
    small.faults = Faults(permanent=fault)
    run = extract(fault_settings(small, provider))
    assert f"Check the setting {provider}_api_key." in str(run.error)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_redirect_is_not_followed(small: Sandbox, provider: str) -> None:
    small.faults = Faults(permanent="redirect", redirect_to="http://127.0.0.2:9/elsewhere")
    run = extract(fault_settings(small, provider))
    assert "redirects to 127.0.0.2, which the tap does not follow (302)" in str(run.error)
    assert f"Check the setting {provider}_base_url." in str(run.error)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_nobody_listening_is_told_as_such(provider: str) -> None:
    with Sandbox(world=SMALL_WORLD, now=NOW) as sandbox:
        settings = fault_settings(sandbox, provider, max_retry_seconds=1)
        address = sandbox.address.removeprefix("http://")
    run = extract(settings)
    assert str(run.error).startswith(f"{CALLS[provider]}{address} refuses the connection; ")


def test_a_host_without_an_address_is_told_as_such(
    small: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    settings = fault_settings(small, "antbuddy", max_retry_seconds=1)
    run = extract({**settings, "antbuddy_base_url": "https://invented.invalid"})
    assert "the host name invented.invalid cannot be resolved" in str(run.error)


def test_a_server_that_speaks_no_tls_is_tried_again_and_named(small: Sandbox) -> None:
    settings = fault_settings(small, "antbuddy", max_retry_seconds=1)
    url = settings["antbuddy_base_url"].replace("http://", "https://")
    run = extract({**settings, "antbuddy_base_url": url})
    assert "127.0.0.1" in str(run.error)
    assert "certificate" not in str(run.error)


def test_a_certificate_that_does_not_fit_is_not_tried_again() -> None:
    error = requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] Hostname mismatch")
    failure = describe_exception(error, "https://api.invalid/v1?key=invented", 60)
    assert failure.text == "the TLS certificate of api.invalid is not valid"
    assert not failure.retriable


_INTERIM = (b"103 Early Hints\r\nLink: </a>", b"102 Processing")
_GOOD = (b"200 OK", b"201 Created", b"203 Non-Authoritative", b"206 Partial")


@pytest.mark.parametrize("interim", _INTERIM)
@pytest.mark.parametrize("status", _GOOD)
def test_any_2xx_with_a_good_body_is_a_response_also_behind_an_interim_one(
    interim: bytes, status: bytes
) -> None:
    body = b'{"success": true, "data": {"sessions": [], "total": 0}}'
    head = b"HTTP/1.1 %b\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(body))

    class Handler(socketserver.BaseRequestHandler):
        @override
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(b"HTTP/1.1 %b\r\n\r\n" % interim + head + body)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        run = extract(
            {
                "antbuddy_api_key": "an-invented-key",
                "antbuddy_base_url": f"http://127.0.0.1:{server.server_address[1]}",
                "start_date": START,
                "end_date": NOW,
                "max_retry_seconds": 0,
            }
        )
        server.shutdown()
    assert run.error is None
    assert run.bookmark("antbuddy_sessions")

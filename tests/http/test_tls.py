"""TLS is always verified: an invalid certificate ends the run before any key is sent."""

from __future__ import annotations

import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
import trustme
from typing_extensions import override

from tests.support import NOW, START, extract

if TYPE_CHECKING:
    from collections.abc import Iterator

_SEEN: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        _SEEN.append(self.path)
        body = b'{"success": true, "data": {"sessions": [], "total": 0}}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def address(authority: trustme.CA) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = HTTPServer(("127.0.0.1", 0), _Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    _SEEN.clear()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_certificate_nobody_vouches_for_ends_the_run_at_once(address: str) -> None:
    run = extract(
        {
            "antbuddy_api_key": "an-invented-key",
            "antbuddy_base_url": address,
            "start_date": START,
            "end_date": NOW,
        }
    )
    assert "TLS certificate of 127.0.0.1" in str(run.error)
    assert "antbuddy_base_url" in str(run.error)
    assert "set REQUESTS_CA_BUNDLE" in str(run.error)
    assert not _SEEN


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_certificate_of_a_known_authority_is_accepted(
    variable: str, address: str, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    with authority.cert_pem.tempfile() as bundle:
        monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
        monkeypatch.setenv(variable, bundle)
        # No proxy reaches this machine's loopback address.
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
        run = extract(
            {
                "antbuddy_api_key": "an-invented-key",
                "antbuddy_base_url": address,
                "start_date": START,
                "end_date": NOW,
            }
        )
    assert run.error is None
    assert _SEEN

"""Faulty proxies and certificates of the environment are named, never the base URL."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from typing_extensions import override

from tap_omnimessages.errors import ApiError
from tap_omnimessages.http.environment import read_connection
from tests.support import extract, session

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from tests.faulty import FakeTime
    from tests.support import Extraction

_URL = "https://api.example.invalid"
_NAMES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")
_PASSWORD = "an-invented-password"
_BODY = json.dumps(
    {"success": True, "data": {"sessions": [session(1, "2026-03-03T10:00:00Z")], "total": 1}}
).encode()

pytestmark = pytest.mark.usefixtures("clock", "empty_environment")


@pytest.fixture
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*_NAMES, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


def _read(url: str) -> Extraction:
    return extract(
        {
            "antbuddy_api_key": "an-invented-key",
            "antbuddy_base_url": url,
            "start_date": "2026-03-03",
            "end_date": "2026-03-04",
        }
    )


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    ("proxy", "fault"),
    [
        ("http://", "is not an address"),
        ("http//proxy.example:3128", "is not an address"),
        ("http://proxy.example:port", "is not an address"),
        ("http://proxy.example:99999", "is not an address"),
        ("http://[::1", "is not an address"),
        ("an invented name", "is not an address"),
        ("ftp://proxy.example:21", "names a kind of proxy"),
        ("socks5://proxy.example:1080", "names a SOCKS proxy"),
        ("socks9://proxy.example:1080", "names a kind of proxy"),
        (f"ftp://user:{_PASSWORD}@proxy.example", "names a kind of proxy"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_at_once(
    variable: str, proxy: str, fault: str, monkeypatch: pytest.MonkeyPatch, clock: FakeTime
) -> None:
    monkeypatch.setenv(variable, proxy)
    monkeypatch.setattr("tap_omnimessages.http.environment.find_spec", lambda _: None)
    run = _read(_URL)
    assert isinstance(run.error, ApiError)
    text = str(run.error)
    assert f"the environment variable {variable} {fault}" in text
    assert "base_url" not in text
    assert "proxy.example:" not in text
    assert _PASSWORD not in text
    assert not clock.slept


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "all_proxy"])
def test_a_proxy_that_refuses_the_connection_is_named(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv(variable, f"http://user:{_PASSWORD}@127.0.0.1:{port}")
    text = str(_read(_URL).error)
    assert "the proxy does not connect to api.example.invalid" in text
    assert f"Check the proxy that the environment variable {variable} names" in text
    assert _PASSWORD not in text


def test_a_host_in_no_proxy_is_reached_without_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "ftp://proxy.example")
    monkeypatch.setenv("NO_PROXY", "example.invalid")
    assert read_connection(_URL).proxy_variable is None
    monkeypatch.setenv("NO_PROXY", "example.com")
    with pytest.raises(Exception, match="HTTPS_PROXY"):
        read_connection(_URL)


@pytest.mark.parametrize("url", [_URL, "https://localhost:1", "https://127.0.0.1:1"])
@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("content", [None, "", "an invented text"])
def test_certificates_that_cannot_be_read_are_named_at_once(
    url: str,
    variable: str,
    content: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    clock: FakeTime,
) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content, encoding="utf-8")
    monkeypatch.setenv(variable, str(bundle))
    text = str(_read(url).error)
    assert f"the environment variable {variable} names a file " in text
    assert "base_url" not in text
    assert not clock.slept


@contextmanager
def _serving(encoding: str, body: bytes) -> Generator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Encoding", encoding)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Stay silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


# The first bytes of what these programs write, and nothing that they could read.
_COMPRESSED = {
    "br": b"\x8b\x02\x80" + bytes(range(128, 200)),
    "zstd": b"\x28\xb5\x2f\xfd" + bytes(range(128, 200)),
    "gzip": b"\x00" + bytes(range(128, 200)),
    "gzip, br": b"\x00" + bytes(range(128, 200)),
    "an invented one": bytes(range(128, 200)),
}


@pytest.mark.parametrize("encoding", _COMPRESSED)
def test_a_compression_that_nobody_asked_for_is_named_within_seconds(
    encoding: str, clock: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whatever this machine can decompress.
    monkeypatch.setattr("urllib3.HTTPResponse.CONTENT_DECODERS", ["gzip", "x-gzip", "deflate"])
    monkeypatch.setattr("tap_omnimessages.http.failures._ENCODINGS", {"", "gzip", "deflate"})
    with _serving(encoding, _COMPRESSED[encoding]) as url:
        text = str(_read(url).error)
    if "gzip" in encoding:
        assert "could not be decompressed" in text
    else:
        name = encoding if len(encoding) < 5 else "something unknown"
        assert f"the response is compressed with {name}, which the tap did not ask for" in text
    assert "cut off" not in text
    assert sum(clock.slept) < 5


@pytest.mark.parametrize("encoding", ["", "identity", "gzip", "none", "utf-8"])
def test_a_readable_body_is_read_whatever_its_header_names(encoding: str) -> None:
    body = gzip.compress(_BODY) if encoding == "gzip" else _BODY
    with _serving(encoding, body) as url:
        run = _read(url)
    assert run.error is None
    assert len(run.records("antbuddy_messages")) == 1

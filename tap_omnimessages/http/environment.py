"""The environment variables that decide how a connection is made: proxies and certificates.

`requests` reads them. Its errors blame the address of the API, or quote a proxy's password.
"""

from __future__ import annotations

import os
import re
import ssl
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, select_proxy
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from tap_omnimessages.http.failures import RequestFailure
from tap_omnimessages.http.urls import is_loopback

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_SOCKS = {"socks4", "socks4a", "socks5", "socks5h"}
_HOST = re.compile(r"[\w.-]+|\[[0-9A-Fa-f:.]+\]")
_CORRECT = "Correct the variable, or unset it."


@dataclass(frozen=True, slots=True)
class Connection:
    """How to connect to an API.

    Attributes:
        proxy_variable: The variable that names the proxy; None without a proxy.
        bundle_variable: The variable that names the certificates; None for the usual ones.
        bundle: The file or folder with the certificates; None for the usual ones.
    """

    proxy_variable: str | None = None
    bundle_variable: str | None = None
    bundle: str | None = None


def read_connection(url: str) -> Connection:
    """Read the environment for a URL. A proxy cannot reach this machine's loopback address.

    Raises:
        RequestFailure: A variable cannot be used. The text names it and holds nothing of it.
    """
    is_encrypted = urlsplit(url).scheme == "https"
    bundle_variable = next((name for name in _BUNDLES if os.environ.get(name)), None)
    bundle = os.environ[bundle_variable] if bundle_variable and is_encrypted else None
    if bundle_variable and bundle:
        _check_bundle(bundle_variable, bundle)
    proxy = None if is_loopback(url) else select_proxy(url, get_environ_proxies(url))
    variable = None
    if proxy:
        variable = _variable_of(urlsplit(url).scheme)
        _check_proxy(variable, proxy)
    return Connection(variable, bundle_variable if bundle else None, bundle)


def _variable_of(scheme: str) -> str:
    names = (f"{scheme}_proxy", f"{scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY")
    # Some systems have settings of their own.
    default = names[1]
    return next((name for name in names if os.environ.get(name)), default)


def _check_proxy(variable: str, proxy: str) -> None:
    try:
        parts = parse_url(proxy)
    except LocationParseError:
        parts = parse_url("")
    # Without a scheme, `http//proxy` would be a path on the host `http`.
    is_path = parts.scheme is None and parts.path not in {None, "", "/"}
    if not parts.host or is_path or not _HOST.fullmatch(parts.host):
        raise _unusable(variable, "is not an address such as http://proxy.example.com:3128")
    scheme = parts.scheme or "http"
    if scheme in _SOCKS:
        if find_spec("socks") is None:
            raise _unusable(variable, "names a SOCKS proxy, which needs the package PySocks")
    elif scheme not in {"http", "https"}:
        raise _unusable(variable, "names a kind of proxy that the tap cannot use: use http")


def _check_bundle(variable: str, bundle: str) -> None:
    path = Path(bundle)
    try:
        if not path.exists():
            raise _unusable(variable, "names a file that does not exist")
        if not path.is_dir():
            ssl.create_default_context(cafile=bundle)
    except OSError:
        raise _unusable(variable, "names a file from which no certificates can be read") from None


def _unusable(variable: str, what: str) -> RequestFailure:
    text = f"the environment variable {variable} {what}"
    return RequestFailure(text, retriable=False, hint=_CORRECT)

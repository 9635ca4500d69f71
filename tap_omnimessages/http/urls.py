"""Facts about a URL that need no request."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


def is_loopback(url: str) -> bool:
    """Return whether a URL's host is this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def normalize_url(url: str) -> str:
    """Return one spelling for all spellings of a base URL.

    The scheme, the case of the host, a default port, and slashes and dots at the end do not
    matter. On this machine, the port does not matter either: a sandbox or a tunnel may get another
    one with each start.

    Args:
        url: An absolute URL without a user name and a query.

    Returns:
        Host, port and path, such as `api.example.com/v1/shop`.
    """
    parts = urlsplit(url)
    path = parts.path.rstrip("/.")
    if is_loopback(url):
        return f"localhost{path}"
    host = (parts.hostname or "").rstrip(".")
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{host}{port}{path}"

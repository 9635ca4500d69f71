"""Servers of both APIs that behave oddly but plausibly, as functions from a request to a body."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

from tap_omnimessages.timestamps import parse_time
from tests.support import START, Extraction, extract, message, notification, session

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

Body = dict[str, Any]
# A status, and a body: an object, or bytes as they are.
Response = tuple[int, Body | bytes]
_BEGIN = datetime(2026, 3, 1, 6, tzinfo=UTC)
UNTIL = "2026-03-31T00:00:00Z"


def sessions(count: int = 90) -> list[dict[str, Any]]:
    """Sessions of two messages each, evenly over the month."""
    step = timedelta(days=28) / count
    times = [(_BEGIN + step * n).isoformat(timespec="milliseconds") for n in range(count)]
    return [
        session(n, at, message(f"m{n}-0", at), message(f"m{n}-1", at)) for n, at in enumerate(times)
    ]


def notifications(count: int = 90) -> list[dict[str, Any]]:
    """Notifications, evenly over the month."""
    step = timedelta(days=28) / count
    times = [(_BEGIN + step * n).isoformat(timespec="seconds") for n in range(count)]
    return [notification(n + 1, at) for n, at in enumerate(times)]


def _moment(value: Any) -> datetime:
    moment = parse_time(value)
    assert moment is not None
    return moment


def in_window(rows: list[dict[str, Any]], name: str, start: Any, end: Any) -> list[dict[str, Any]]:
    return [row for row in rows if _moment(start) <= _moment(row[name]) <= _moment(end)]


def sessions_page(found: list[dict[str, Any]], query: Body, total: int | None = None) -> Body:
    start = int(query["offset"])
    page = found[start : start + int(query["limit"])]
    return {
        "success": True,
        "data": {"sessions": page, "total": len(found) if total is None else total},
    }


def notifications_page(found: list[dict[str, Any]], body: Body) -> Body:
    """A page by cursor: the cursor is how many rows came before, and the id of the last."""
    after = body["paging"].get("after") or ""
    ids = [row["id"] for row in found]
    start = ids.index(after) + 1 if after in ids else 0
    page = found[start : start + body["paging"]["limit"]]
    following = page[-1]["id"] if page else ""
    return {
        "messages": page,
        "paging": {"next": following, "limit": body["paging"]["limit"], "after": after},
    }


@contextmanager
def serving(respond: Callable[[Body], Response]) -> Generator[str]:
    """Serve on loopback; `respond` gets the query of a GET, or the body of a POST."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            self._send(*respond({name: values[0] for name, values in query.items()}))

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            self._send(*respond(json.loads(self.rfile.read(length))))

        def _send(self, status: int, body: Body | bytes) -> None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def read_antbuddy(respond: Callable[[Body], Response], **changes: Any) -> Extraction:
    with serving(respond) as url:
        return _read({"antbuddy_api_key": "an-invented-key", "antbuddy_base_url": url}, changes)


def read_etelecom(respond: Callable[[Body], Response], **changes: Any) -> Extraction:
    with serving(respond) as url:
        own = {"etelecom_api_key": "an-invented-key", "etelecom_base_url": f"{url}/v1/shop"}
        return _read({**own, "etelecom_window_days": 31}, changes)


def _read(own: dict[str, Any], changes: dict[str, Any]) -> Extraction:
    common = {"start_date": START, "end_date": UNTIL, "max_retry_seconds": 0, "max_concurrency": 1}
    return extract({**own, **common, "antbuddy_page_size": 10, "etelecom_page_size": 10, **changes})

"""A third provider needs one small module: it is read, resumed and doubted like the others."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from typing_extensions import override

from tap_omnimessages.tap import PROVIDERS, TapOmniMessages, settings_schema
from tests.providers.desk import DESK
from tests.support import Extraction, captured

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

Answer = dict[str, Any]


class TapWithDesk(TapOmniMessages):
    """The tap with one more provider."""

    providers = (*PROVIDERS, DESK)
    config_jsonschema: ClassVar[dict[str, Any]] = settings_schema(providers)


def ticket(number: int, day: int) -> dict[str, Any]:
    return {
        "id": number,
        "subject": f"invented subject {number}",
        "isOpen": number % 2 == 0,
        "updatedAt": f"2026-03-{day:02d}T08:00:00Z",
    }


def pages_of(
    tickets: list[dict[str, Any]], *, total: str = "true"
) -> Callable[[dict[str, str]], Answer]:
    def answer(query: dict[str, str]) -> Answer:
        found = [row for row in tickets if row["updatedAt"] >= query["updated_since"]]
        size = int(query["per_page"])
        start = (int(query["page"]) - 1) * size
        body: Answer = {"tickets": found[start : start + size]}
        return body | ({"total": len(found)} if total == "true" else {})

    return answer


@contextmanager
def desk(answer: Callable[[dict[str, str]], Answer]) -> Generator[tuple[str, list[dict[str, str]]]]:
    """Serve Desk on loopback; yields its base URL and the queries that it has been asked."""
    queries: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = {
                name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()
            }
            queries.append(query)
            body = json.dumps(answer(query)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", queries
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def extract(url: str, state: dict[str, Any] | None = None, **settings: Any) -> Extraction:
    config = {
        "desk_api_key": "an-invented-key",
        "desk_base_url": url,
        "start_date": "2026-03-01T00:00:00Z",
        "end_date": "2026-04-01T00:00:00Z",
        "max_retry_seconds": 0,
        "max_concurrency": 1,
        **settings,
    }
    return captured(lambda: TapWithDesk(config=config, state=state).sync_all())


def ids_of(run: Extraction) -> list[str]:
    return sorted({row["id"] for row in run.records("desk_tickets")}, key=int)


def test_every_ticket_of_several_pages_comes_out_typed_and_the_bookmark_moves_to_the_end() -> None:
    tickets = [ticket(number, 1 + number % 28) for number in range(120)]
    with desk(pages_of(tickets)) as (url, queries):
        run = extract(url)
    assert run.error is None
    assert ids_of(run) == [str(number) for number in range(120)]
    assert len(queries) == 4
    assert run.records("desk_tickets")[0] == {
        "id": "0",
        "subject": "invented subject 0",
        "is_open": True,
        "updated_at": "2026-03-01T08:00:00.000000Z",
        "extra_fields": None,
    }
    assert run.bookmark("desk_tickets")["replication_key_value"] == "2026-04-01T00:00:00.000000Z"


def test_a_second_run_asks_from_the_bookmark_less_the_lookback() -> None:
    with desk(pages_of([ticket(1, 5), ticket(2, 20)])) as (url, queries):
        first = extract(url, end_date="2026-03-15T00:00:00Z")
        queries.clear()
        second = extract(url, state=first.state)
    assert ids_of(second) == ["2"]
    assert {query["updated_since"] for query in queries} == {"2026-03-13T23:59:59.000000Z"}


def test_pages_without_a_total_are_read_a_second_time_before_they_are_believed() -> None:
    tickets = [ticket(number, 1 + number % 28) for number in range(60)]
    with desk(pages_of(tickets, total="missing")) as (url, queries):
        run = extract(url)
    assert run.error is None
    assert len(ids_of(run)) == 60
    assert len(queries) == 8


@pytest.mark.parametrize("fault", ["page is ignored", "total is never reached"])
def test_an_api_that_hides_tickets_stops_the_run_before_its_bookmark(fault: str) -> None:
    tickets = [ticket(number, 1 + number % 28) for number in range(120)]
    healthy = pages_of(tickets)

    def answer(query: dict[str, str]) -> Answer:
        if fault == "page is ignored":
            return healthy(query | {"page": "1"})
        return {"tickets": healthy(query)["tickets"][:10], "total": 120}

    with desk(answer) as (url, _):
        run = extract(url)
    assert run.error is not None
    assert not run.bookmark("desk_tickets")

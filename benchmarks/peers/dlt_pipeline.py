"""The same rows with dlt's declarative REST source, extracted and normalized but not loaded.

Run it in its own environment: `python dlt_pipeline.py URL START END FOLDER`. Sessions become
a table, and their messages a child table. There is no second sweep by rating time.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import dlt  # type: ignore[import-not-found]
from dlt.sources.rest_api import rest_api_source  # type: ignore[import-not-found]

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAGE = 100


def windows(start: str, end: str, days: int) -> Iterator[list[dict[str, str]]]:
    """Yield neighbouring windows of time, each as a page of one row."""
    first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    while first < last:
        edge = min(first + timedelta(days=days), last)
        yield [{"start": f"{first:%Y-%m-%dT%H:%M:%SZ}", "end": f"{edge:%Y-%m-%dT%H:%M:%SZ}"}]
        first = edge


def source(name: str, start: str, end: str, days: int, stream: dict[str, Any]) -> Any:  # noqa: ANN401
    """Return a source of one stream that is read window by window."""
    each = dlt.resource(windows, name="windows", selected=False)(start, end, days)
    client = {
        "base_url": "http://127.0.0.1",
        "headers": {"apikey": "x", "Authorization": "Bearer x"},
    }
    return rest_api_source({"client": client, "resources": [each, stream]}, name=name)


def main() -> None:
    """Extract and normalize both APIs."""
    base, start, end, folder = sys.argv[1:]
    pipeline = dlt.pipeline("bench", pipelines_dir=folder, destination="filesystem")
    sessions = {
        "name": "sessions",
        "primary_key": "sessionId",
        "endpoint": {
            "path": f"{base}/antbuddy/messages",
            "data_selector": "data.sessions",
            "params": {
                "created_from": "{resources.windows.start}",
                "created_to": "{resources.windows.end}",
            },
            "paginator": {"type": "offset", "limit": _PAGE, "total_path": "data.total"},
        },
    }
    notifications = {
        "name": "notifications",
        "primary_key": "id",
        "endpoint": {
            "path": f"{base}/etelecom/v1/shop.Zalo/ListMessages",
            "method": "POST",
            "data_selector": "messages",
            "json": {
                "filter": {
                    "date_from": "{resources.windows.start}",
                    "date_to": "{resources.windows.end}",
                    "time_type": "updated_time",
                },
                "paging": {"limit": _PAGE},
            },
            "paginator": {
                "type": "cursor",
                "cursor_path": "paging.next",
                "cursor_body_path": "paging.after",
            },
        },
    }
    pipeline.extract(source("antbuddy", start, end, 30, sessions))
    pipeline.extract(source("etelecom", start, end, 7, notifications))
    pipeline.normalize()


if __name__ == "__main__":
    main()

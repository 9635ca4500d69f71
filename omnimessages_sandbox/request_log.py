"""The log of requests to the APIs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

_KEPT = 100_000
_PERSONAL = ("phone",)


@dataclass(slots=True)
class Request:
    """One request to one of the APIs.

    Attributes:
        api: `antbuddy` or `etelecom`.
        method: The HTTP method.
        path: The path without the query.
        params: The query's parameters, or the decoded JSON body.
        headers: The request's headers, names in lower case.
        status: The HTTP status of the response; 0 until there is one.
        rows: The number of sessions or notifications in the response.
        fault: The injected fault, or None.
    """

    api: str
    method: str
    path: str
    params: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 0
    rows: int = 0
    fault: str | None = None


def remember(log: list[Request], request: Request) -> None:
    """Append a request to a log; the older half is dropped when the log is full."""
    if len(log) >= _KEPT:
        del log[: _KEPT // 2]
    log.append(request)


def _without_personal_data(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if not isinstance(value, dict):
        return value
    return {
        name: "…" if name in _PERSONAL else _without_personal_data(inner)
        for name, inner in value.items()
    }


def summary(log: list[Request]) -> dict[str, Any]:
    """Return a log as JSON, without keys, headers or personal data.

    Args:
        log: The requests, oldest first.

    Returns:
        `counts`, the number of requests by API, and `requests`, each with `api`, `method`, `path`,
        `params`, `status`, `rows` and `fault`.
    """
    entries = list(log)
    return {
        "counts": dict(Counter(entry.api for entry in entries)),
        "requests": [
            {
                "api": entry.api,
                "method": entry.method,
                "path": entry.path,
                "params": _without_personal_data(entry.params),
                "status": entry.status,
                "rows": entry.rows,
                "fault": entry.fault,
            }
            for entry in entries
        ],
    }

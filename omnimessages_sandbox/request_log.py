"""What the sandbox was asked."""

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
        params: The query's parameters, or the decoded body.
        headers: The request's headers, names in lower case.
        status: The status of the answer; 0 while there is none, and when there never was one.
        rows: How many sessions or notifications were sent.
        fault: The fault that befell it, or None.
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
    """Add a request to a log, dropping the older half when the log is long."""
    if len(log) >= _KEPT:
        del log[: _KEPT // 2]
    log.append(request)


def _harmless(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if not isinstance(value, dict):
        return value
    return {name: "…" if name in _PERSONAL else _harmless(inner) for name, inner in value.items()}


def summary(log: list[Request]) -> dict[str, Any]:
    """Describe a log without keys, headers or personal data.

    Args:
        log: The requests, oldest first.

    Returns:
        `counts` by API, and `requests` with api, method, path, params, status, rows and fault.
    """
    entries = list(log)
    return {
        "counts": dict(Counter(entry.api for entry in entries)),
        "requests": [
            {
                "api": entry.api,
                "method": entry.method,
                "path": entry.path,
                "params": _harmless(entry.params),
                "status": entry.status,
                "rows": entry.rows,
                "fault": entry.fault,
            }
            for entry in entries
        ],
    }

"""A client of the sandbox's APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from omnimessages_sandbox import Sandbox

START = "2026-01-01T00:00:00Z"
NOW = "2026-02-01T00:00:00Z"
TIMEOUT = 5
ONE_DAY: dict[str, Any] = {"date_from": "2026-01-10T00:00:00Z", "date_to": "2026-01-11T00:00:00Z"}


def get_messages(sandbox: Sandbox, *, key: str = "any", **params: Any) -> requests.Response:
    query = {"limit": 100, "offset": 0, "created_from": START, "created_to": NOW, **params}
    return requests.get(
        sandbox.settings()["antbuddy_base_url"] + "/messages",
        params={name: value for name, value in query.items() if value is not None},
        headers={"apikey": key},
        timeout=TIMEOUT,
        allow_redirects=False,
    )


def list_messages(
    sandbox: Sandbox,
    *,
    key: str = "any",
    paging: dict[str, Any] | None = None,
    **filters: Any,
) -> requests.Response:
    filters = {"date_from": START, "date_to": NOW, **filters}
    body = {"filter": {name: value for name, value in filters.items() if value is not None}}
    return requests.post(
        sandbox.settings()["etelecom_base_url"] + ".Zalo/ListMessages",
        json={**body, "paging": paging or {}},
        headers={"Authorization": f"Bearer {key}"},
        timeout=TIMEOUT,
        allow_redirects=False,
    )


def session_page(sandbox: Sandbox, **params: Any) -> list[dict[str, Any]]:
    sessions: list[dict[str, Any]] = get_messages(sandbox, **params).json()["data"]["sessions"]
    return sessions


def total(sandbox: Sandbox, **params: Any) -> Any:
    return get_messages(sandbox, **params).json()["data"].get("total")


def all_sessions(sandbox: Sandbox, limit: int = 100, **params: Any) -> list[dict[str, Any]]:
    """Fetch pages by the number of sessions so far, up to the empty page."""
    found: list[dict[str, Any]] = []
    while page := session_page(sandbox, limit=limit, offset=len(found), **params):
        found += page
    return found


def list_page(
    sandbox: Sandbox, *, after: str = "", limit: int = 10, **filters: Any
) -> dict[str, Any]:
    paging = {"limit": limit, "after": after}
    page: dict[str, Any] = list_messages(sandbox, paging=paging, **filters).json()
    return page


def notification_page(sandbox: Sandbox, **filters: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = list_messages(sandbox, **filters).json()["messages"]
    return rows


def all_notifications(sandbox: Sandbox, limit: int = 100, **filters: Any) -> list[dict[str, Any]]:
    """Fetch pages by cursor, up to the empty page."""
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        page = list_page(sandbox, after=after, limit=limit, **filters)
        if not page["messages"]:
            return found
        found += page["messages"]
        after = page["paging"]["next"]


def ids(records: list[dict[str, Any]]) -> list[str]:
    return [record.get("sessionId") or record["id"] for record in records]

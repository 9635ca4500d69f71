"""eTelecom's `ListMessages` in the documented format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from omnimessages_sandbox import FixedWorld, Sandbox
from tests.sandbox.client import (
    NOW,
    ONE_DAY,
    START,
    TIMEOUT,
    all_notifications,
    ids,
    list_messages,
    list_page,
    notification_page,
)

SAMPLE = json.loads(
    (Path(__file__).parents[1] / "samples" / "etelecom_list_messages.json").read_text("utf-8")
)


def test_the_sample_response_is_served_field_by_field() -> None:
    with Sandbox(world=FixedWorld(notifications=SAMPLE["messages"]), now=NOW) as sandbox:
        response = list_messages(sandbox, date_from="2019-08-24T14:15:22Z").json()
    assert response["messages"] == SAMPLE["messages"]
    assert list(response["messages"][0]) == list(SAMPLE["messages"][0])
    assert set(response["paging"]) == set(SAMPLE["paging"])


def test_generated_rows_have_all_documented_and_newer_fields(sandbox: Sandbox) -> None:
    newer = {"request_time", "zl_user_id", "response_data", "sending_mode"}
    for row in notification_page(sandbox):
        assert set(row) == set(SAMPLE["messages"][0]) | newer
        assert isinstance(row["id"], str)
        assert len(row["updated_at"]) == len("2026-01-01T00:00:00Z")


def test_pages_add_up_to_the_window_newest_first(sandbox: Sandbox) -> None:
    rows = all_notifications(sandbox, limit=17)
    assert len(rows) == len(set(ids(rows))) == len(list(sandbox.world.notifications(NOW)))
    times = [row["updated_at"] for row in rows]
    assert times == sorted(times, reverse=True)


def test_every_page_with_rows_has_next_and_echoes_the_request(sandbox: Sandbox) -> None:
    first = list_page(sandbox)
    cursor = first["paging"]["next"]
    second = list_page(sandbox, after=cursor)
    assert second["paging"]["after"] == cursor
    assert second["paging"]["before"] == ""
    rows = ids(all_notifications(sandbox))
    last = list_page(sandbox, limit=100)
    while last["messages"]:
        assert last["paging"]["next"]
        last = list_page(sandbox, limit=100, after=last["paging"]["next"])
    assert last["paging"]["next"] == ""
    assert ids(first["messages"] + second["messages"]) == rows[:20]


def test_prev_leads_to_the_page_before(sandbox: Sandbox) -> None:
    first = list_page(sandbox)
    second = list_page(sandbox, after=first["paging"]["next"])
    back = list_messages(sandbox, paging={"limit": 10, "before": second["paging"]["prev"]}).json()
    assert back["messages"] == first["messages"]


@pytest.mark.parametrize(("asked", "applied"), [(None, 100), (0, 100), (101, 100), (7, 7)])
def test_paging_reports_the_applied_limit(sandbox: Sandbox, asked: Any, applied: int) -> None:
    response = list_messages(sandbox, paging={"limit": asked}).json()
    assert response["paging"]["limit"] == len(response["messages"]) == applied


def test_a_dot_requests_the_first_page(sandbox: Sandbox) -> None:
    assert list_page(sandbox, after=".")["messages"] == list_page(sandbox)["messages"]


def test_a_request_without_dates_lists_all_rows(sandbox: Sandbox) -> None:
    rows = all_notifications(sandbox, date_from=None, date_to=None)
    assert len(rows) == len(list(sandbox.world.notifications(NOW)))


def test_each_time_type_filters_its_own_field(sandbox: Sandbox) -> None:
    every = list(sandbox.world.notifications(NOW))
    for time_type, field in (
        ("updated_time", "updated_at"),
        ("request_time", "request_time"),
        ("submit_time", "submit_time"),
        (None, "updated_at"),
    ):
        found = {row["id"] for row in all_notifications(sandbox, time_type=time_type, **ONE_DAY)}
        assert found == {
            row["id"]
            for row in every
            if ONE_DAY["date_from"] <= (row[field] or "") < ONE_DAY["date_to"]
        }


def test_other_filters_narrow_the_window(sandbox: Sandbox) -> None:
    failed = all_notifications(sandbox, status="N")
    assert failed
    assert {row["status"] for row in failed} == {"N"}
    assert all_notifications(sandbox, template_id=200101)
    assert not all_notifications(sandbox, phone="84000999999")


@pytest.mark.parametrize(
    ("paging", "filters"),
    [
        ({}, {"date_to": None}),
        ({}, {"date_from": None}),
        ({}, {"date_from": NOW, "date_to": START}),
        ({}, {"date_from": "2026-01-01"}),
        ({}, {"time_type": "created_time"}),
        ({"after": "x", "before": "y"}, {}),
        ({"after": "not a cursor"}, {}),
        ({"limit": -1}, {}),
        ({"sort": "id"}, {}),
    ],
)
def test_an_invalid_request_is_an_invalid_argument(
    sandbox: Sandbox, paging: Any, filters: Any
) -> None:
    response = list_messages(sandbox, paging=paging, **filters)
    assert response.status_code == 400
    assert response.json()["code"] == "invalid_argument"
    assert response.json()["msg"]


def test_sort_orders_rows_and_must_match_the_cursor(sandbox: Sandbox) -> None:
    response = list_messages(sandbox, paging={"limit": 10, "sort": "created_at"}).json()
    assert response["messages"][0]["id"] == min(ids(all_notifications(sandbox)))
    paging = {"after": response["paging"]["next"]}
    assert list_messages(sandbox, paging=paging).status_code == 400


def test_only_the_configured_api_key_is_accepted() -> None:
    with Sandbox(world=FixedWorld(), now=NOW, etelecom_key="right") as sandbox:
        assert sandbox.settings()["etelecom_api_key"] == "right"
        assert list_messages(sandbox, key="right").status_code == 200
        wrong = list_messages(sandbox, key="wrong")
        assert (wrong.status_code, wrong.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/etelecom/v1/shop/Zalo/ListMessages", "application/json"),
        ("/etelecom/v1/shop.Zalo/ListOA", "application/json"),
        ("/etelecom/v1/shop.Zalo/ListMessages", "text/plain"),
    ],
)
def test_a_wrong_path_or_content_type_is_a_bad_route(
    sandbox: Sandbox, path: str, content: str
) -> None:
    headers = {"Authorization": "Bearer any", "Content-Type": content}
    response = requests.post(sandbox.address + path, "{}", headers=headers, timeout=TIMEOUT)
    assert (response.status_code, response.json()["code"]) == (404, "bad_route")


def test_the_partner_base_is_served(sandbox: Sandbox) -> None:
    url = sandbox.address + "/etelecom/v1/partner.Zalo/ListMessages"
    headers = {"Authorization": "Bearer any"}
    assert requests.post(url, json={}, headers=headers, timeout=TIMEOUT).json()["messages"]


def test_a_body_other_than_a_json_object_is_malformed(sandbox: Sandbox) -> None:
    url = sandbox.settings()["etelecom_base_url"] + ".Zalo/ListMessages"
    headers = {"Authorization": "Bearer any", "Content-Type": "application/json"}
    for body in ("[]", "{", '{"filter": 7}'):
        response = requests.post(url, body, headers=headers, timeout=TIMEOUT)
        assert (response.status_code, response.json()["code"]) == (400, "malformed")

"""eTelecom's `ListMessages` speaks the documented format, and each switch does what it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from omnimessages_sandbox import ApiVariants, FixedWorld, Sandbox
from tests.sandbox.asking import (
    NOW,
    START,
    TIMEOUT,
    all_notifications,
    ids,
    list_messages,
    notification_page,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLE = json.loads(
    (Path(__file__).parents[1] / "samples" / "etelecom_list_messages.json").read_text("utf-8")
)
DAY: dict[str, Any] = {"date_from": "2026-01-10T00:00:00Z", "date_to": "2026-01-11T00:00:00Z"}


def page(sandbox: Sandbox, *, after: str = "", limit: int = 10, **wanted: Any) -> dict[str, Any]:
    answer: dict[str, Any] = list_messages(
        sandbox, paging={"limit": limit, "after": after}, **wanted
    ).json()
    return answer


def test_the_sample_answer_of_the_page_comes_out_field_for_field() -> None:
    with Sandbox(world=FixedWorld(notifications=SAMPLE["messages"]), now=NOW) as sandbox:
        answer = list_messages(sandbox, date_from="2019-08-24T14:15:22Z").json()
    assert answer["messages"] == SAMPLE["messages"]
    assert list(answer["messages"][0]) == list(SAMPLE["messages"][0])
    assert set(answer["paging"]) == set(SAMPLE["paging"])


def test_generated_rows_have_every_field_of_the_page_and_the_newer_ones(sandbox: Sandbox) -> None:
    newer = {"request_time", "zl_user_id", "response_data", "sending_mode"}
    for row in notification_page(sandbox):
        assert set(row) == set(SAMPLE["messages"][0]) | newer
        assert isinstance(row["id"], str)
        assert len(row["updated_at"]) == len("2026-01-01T00:00:00Z")


def test_pages_join_to_the_window_newest_first(sandbox: Sandbox) -> None:
    rows = all_notifications(sandbox, limit=17)
    assert len(rows) == len(set(ids(rows))) == len(list(sandbox.world.notifications(NOW)))
    times = [row["updated_at"] for row in rows]
    assert times == sorted(times, reverse=True)


def test_next_is_set_on_every_page_with_rows_and_the_request_is_echoed(sandbox: Sandbox) -> None:
    first = page(sandbox)
    cursor = first["paging"]["next"]
    second = page(sandbox, after=cursor)
    assert second["paging"]["after"] == cursor
    assert second["paging"]["before"] == ""
    rows = ids(all_notifications(sandbox))
    last = page(sandbox, limit=100)
    while last["messages"]:
        assert last["paging"]["next"]
        last = page(sandbox, limit=100, after=last["paging"]["next"])
    assert last["paging"]["next"] == ""
    assert ids(first["messages"] + second["messages"]) == rows[:20]


def test_prev_leads_back(sandbox: Sandbox) -> None:
    first = page(sandbox)
    second = page(sandbox, after=first["paging"]["next"])
    back = list_messages(sandbox, paging={"limit": 10, "before": second["paging"]["prev"]}).json()
    assert back["messages"] == first["messages"]


@pytest.mark.parametrize(("asked", "applied"), [(None, 100), (0, 100), (101, 100), (7, 7)])
def test_the_limit_that_is_applied_is_told(sandbox: Sandbox, asked: Any, applied: int) -> None:
    answer = list_messages(sandbox, paging={"limit": asked}).json()
    assert answer["paging"]["limit"] == len(answer["messages"]) == applied


def test_dots_begin_at_the_first_page(sandbox: Sandbox) -> None:
    assert page(sandbox, after=".")["messages"] == page(sandbox)["messages"]


def test_without_dates_everything_is_listed(sandbox: Sandbox) -> None:
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
        found = {row["id"] for row in all_notifications(sandbox, time_type=time_type, **DAY)}
        assert found == {
            row["id"] for row in every if DAY["date_from"] <= (row[field] or "") < DAY["date_to"]
        }


def test_other_filters_narrow_the_window(sandbox: Sandbox) -> None:
    failed = all_notifications(sandbox, status="N")
    assert failed
    assert {row["status"] for row in failed} == {"N"}
    assert all_notifications(sandbox, template_id=200101)
    assert not all_notifications(sandbox, phone="84000999999")


@pytest.mark.parametrize(
    ("paging", "wanted"),
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
def test_a_bad_request_is_an_invalid_argument(sandbox: Sandbox, paging: Any, wanted: Any) -> None:
    answer = list_messages(sandbox, paging=paging, **wanted)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_argument"
    assert answer.json()["msg"]


def test_a_sort_is_followed_and_must_agree_with_the_cursor(sandbox: Sandbox) -> None:
    answer = list_messages(sandbox, paging={"limit": 10, "sort": "created_at"}).json()
    assert answer["messages"][0]["id"] == min(ids(all_notifications(sandbox)))
    paging = {"after": answer["paging"]["next"]}
    assert list_messages(sandbox, paging=paging).status_code == 400


def test_only_the_right_key_is_accepted_when_there_is_one() -> None:
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
    answer = requests.post(sandbox.address + path, "{}", headers=headers, timeout=TIMEOUT)
    assert (answer.status_code, answer.json()["code"]) == (404, "bad_route")


def test_the_partner_base_is_served_too(sandbox: Sandbox) -> None:
    url = sandbox.address + "/etelecom/v1/partner.Zalo/ListMessages"
    headers = {"Authorization": "Bearer any"}
    assert requests.post(url, json={}, headers=headers, timeout=TIMEOUT).json()["messages"]


def test_a_body_that_is_no_json_object_is_malformed(sandbox: Sandbox) -> None:
    url = sandbox.settings()["etelecom_base_url"] + ".Zalo/ListMessages"
    headers = {"Authorization": "Bearer any", "Content-Type": "application/json"}
    for body in ("[]", "{", '{"filter": 7}'):
        answer = requests.post(url, body, headers=headers, timeout=TIMEOUT)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_a_page_cap_is_silent_and_the_limit_may_be_told_otherwise(sandbox: Sandbox) -> None:
    for echo, told in (("applied", 5), ("asked", 50), ("zero", 0), ("missing", None)):
        sandbox.variants = ApiVariants.from_pairs(
            ["etelecom_page_cap=5", f"etelecom_limit_echo={echo}"]
        )
        answer = page(sandbox, limit=50)
        assert len(answer["messages"]) == 5
        assert answer["paging"].get("limit") == told


def test_a_limit_above_a_hundred_may_be_allowed_or_refused(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(etelecom_limit_above_100="allowed")
    assert len(page(sandbox, limit=150)["messages"]) == 150
    sandbox.variants = ApiVariants(etelecom_limit_above_100="refused")
    assert list_messages(sandbox, paging={"limit": 1001}).status_code == 400


def test_next_may_end_early_be_missing_repeat_or_stand_in_after(sandbox: Sandbox) -> None:
    def last(**variants: Any) -> dict[str, Any]:
        sandbox.variants = ApiVariants(**variants)
        paging: dict[str, Any] = page(sandbox, limit=100, **DAY)["paging"]
        return paging

    assert last(etelecom_next="empty_on_last")["next"] == ""
    assert last(etelecom_next="null_on_last")["next"] is None
    assert "next" not in last(etelecom_next="missing")
    moved = last(etelecom_next="in_after")
    assert moved["next"] == ""
    assert moved["after"]
    sandbox.variants = ApiVariants(etelecom_next="repeating")
    cursors = [page(sandbox)["paging"]["next"]]
    cursors += [page(sandbox, after=cursors[0])["paging"]["next"] for _ in range(2)]
    assert len(set(cursors)) == 1


@pytest.mark.parametrize("cursor", ["keyset", "offset"])
@pytest.mark.parametrize("order", ["newest", "oldest", "by_id", "shuffled"])
def test_every_order_and_cursor_pages_through_the_whole_window(
    sandbox: Sandbox, order: Any, cursor: Any
) -> None:
    every = all_notifications(sandbox)
    sandbox.variants = ApiVariants(etelecom_order=order, etelecom_cursor=cursor)
    rows = all_notifications(sandbox, limit=30)
    assert sorted(ids(rows)) == sorted(ids(every))
    expected = {
        "newest": ids(every),
        "by_id": sorted(ids(every)),
    }
    assert ids(rows) == expected.get(order, ids(rows))
    if order == "oldest":
        assert [row["updated_at"] for row in rows] == sorted(row["updated_at"] for row in rows)
    if order == "shuffled":
        assert ids(rows) not in (sorted(ids(every)), ids(every))


def test_a_keyset_cursor_survives_deletions_and_an_offset_cursor_does_not(
    sandbox: Sandbox,
) -> None:
    every = ids(all_notifications(sandbox))
    for reading, expected in (("keyset", every[10:19]), ("offset", every[11:20])):
        with Sandbox(
            world=sandbox.world,
            now=NOW,
            variants=ApiVariants.from_pairs(
                [f"etelecom_cursor={reading}", "etelecom_churn=delete:1*1"]
            ),
        ) as churning:
            cursor = page(churning)["paging"]["next"]
            assert churning.churned["etelecom"].deleted <= set(every[:10])
            assert ids(page(churning, after=cursor)["messages"])[:9] == expected


def test_an_updated_row_moves_to_the_clocks_time(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(etelecom_churn="update:1*1")
    before = {row["id"]: row for row in notification_page(sandbox)}
    newest = notification_page(sandbox)[0]
    assert sandbox.churned["etelecom"].changed == {newest["id"]}
    assert newest["updated_at"] == NOW
    assert newest != before.get(newest["id"])


def test_an_inserted_row_is_served_from_then_on(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(etelecom_churn="insert:1*1")
    before = set(ids(notification_page(sandbox, **DAY)))
    after = set(ids(notification_page(sandbox, **DAY)))
    assert after - before == sandbox.churned["etelecom"].inserted


def row_at(time: str, **more: Any) -> dict[str, Any]:
    return {"id": "7", "created_at": time, "updated_at": time, **more}


def test_bounds_may_exclude_and_may_be_cut_to_seconds() -> None:
    edge = "2026-01-10T00:00:00.500000Z"
    with Sandbox(world=FixedWorld(notifications=[row_at(edge)]), now=NOW) as sandbox:

        def counts(**variants: Any) -> tuple[int, int]:
            sandbox.variants = ApiVariants(**variants)
            windows = ({"date_from": edge}, {"date_to": edge})
            first, last = (len(notification_page(sandbox, **window)) for window in windows)
            return first, last

        assert counts() == (1, 1)
        assert counts(etelecom_bounds="exclusive") == (0, 0)
        assert counts(etelecom_bounds="from_inclusive") == (1, 0)
        assert counts(etelecom_date_rounding="seconds") == (1, 0)


def test_one_date_may_be_allowed(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(etelecom_one_date="allowed")
    newer = notification_page(sandbox, date_to=None, date_from=DAY["date_from"])
    assert newer
    assert all(row["updated_at"] >= DAY["date_from"] for row in newer)


def test_a_window_may_be_too_long(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(etelecom_longest_window_days=30)
    assert list_messages(sandbox).status_code == 400
    assert list_messages(sandbox, **DAY).status_code == 200


def test_the_default_time_type_may_be_another(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(etelecom_default_time_type="request_time")
    found = ids(all_notifications(sandbox, **DAY))
    assert found == ids(all_notifications(sandbox, time_type="request_time", **DAY))
    assert found != ids(all_notifications(sandbox, time_type="updated_time", **DAY))


def test_ratings_or_webhooks_may_leave_the_update_time_alone(sandbox: Sandbox) -> None:
    documented = {row["id"]: row for row in all_notifications(sandbox)}
    for reading in ("etelecom_rating_bumps_updated_at", "etelecom_webhook_bumps_updated_at"):
        sandbox.variants = ApiVariants.from_pairs([f"{reading}=false"])
        rows = {row["id"]: row for row in all_notifications(sandbox)}
        assert rows.keys() == documented.keys()
        older = [name for name, row in rows.items() if row != documented[name]]
        assert older
        for name in older:
            assert rows[name]["updated_at"] < documented[name]["updated_at"]
            assert rows[name]["rate"] == documented[name]["rate"]


def test_the_server_may_lag_behind(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(etelecom_lag_seconds=86_400)
    assert notification_page(sandbox)[0]["updated_at"] <= "2026-01-31T00:00:00Z"


GIVEN = {
    "id": "1234567890123456789",
    "shop_id": "0",
    "journey_id": "1234567890123456780",
    "template_id": 5,
    "status": "P",
    "delivery_status": "seen",
    "type": "template",
    "feedback": ["a"],
    "note": "b",
    "template_data": {"otp": "1"},
    "created_at": "2026-01-10T00:00:00.123456Z",
    "updated_at": "2026-01-10T00:00:00.123456Z",
    "submit_time": None,
    "request_time": "2026-01-10T00:00:00Z",
    "zl_user_id": "12345678901234567",
    "response_data": "",
    "sending_mode": "default",
}
FORMATS: list[tuple[str, Any, Callable[[dict[str, Any]], bool]]] = [
    ("etelecom_ids", "numbers", lambda row: row["id"] == 1234567890123456789),
    ("etelecom_ids", "numbers", lambda row: row["template_id"] == "5"),
    ("etelecom_zero_times", 0, lambda row: row["submit_time"] == 0),
    ("etelecom_zero_times", "", lambda row: row["submit_time"] == ""),
    ("etelecom_zero_times", "0001-01-01T00:00:00Z", lambda row: "0001" in row["submit_time"]),
    ("etelecom_fraction_digits", 3, lambda row: row["created_at"].endswith(":00.123Z")),
    ("etelecom_fraction_digits", 6, lambda row: row["request_time"].endswith(":00.000000Z")),
    ("etelecom_fraction_digits", 9, lambda row: row["created_at"].endswith(".123456456Z")),
    ("etelecom_offset", "+07:00", lambda row: row["created_at"] == "2026-01-10T07:00:00+07:00"),
    ("etelecom_updated_at", "null_until_changed", lambda row: row["updated_at"] is None),
    ("etelecom_updated_at", "missing_until_changed", lambda row: "updated_at" not in row),
    ("etelecom_enums", "wider", lambda row: (row["status"], row["type"]) == ("S", "uid")),
    ("etelecom_enums", "wider", lambda row: row["delivery_status"] == "Seen"),
    ("etelecom_template_data", "mixed", lambda row: row["template_data"]["items"][0] == 1),
    ("etelecom_template_data", "null", lambda row: row["template_data"] is None),
    ("etelecom_template_data", "list", lambda row: row["template_data"][0]["name"] == "otp"),
    ("etelecom_null_lists", "null", lambda row: row["feedback"] is None and row["note"] is None),
    ("etelecom_null_lists", "missing", lambda row: "feedback" not in row),
    ("etelecom_newer_fields", False, lambda row: "sending_mode" not in row),
    ("etelecom_unknown_fields", True, lambda row: row["price_class"] == 2),
]


@pytest.mark.parametrize(("name", "value", "holds"), FORMATS)
def test_a_format_switch_does_what_it_says(
    name: str, value: Any, holds: Callable[[dict[str, Any]], bool]
) -> None:
    world = FixedWorld(notifications=[GIVEN])
    with Sandbox(world=world, now=NOW) as sandbox:
        (documented,) = notification_page(sandbox)
        assert documented == GIVEN
        sandbox.variants = ApiVariants(**{name: value})
        (changed,) = notification_page(sandbox)
    assert holds(changed)
    assert changed != documented


def test_an_empty_page_may_have_no_list(sandbox: Sandbox) -> None:
    for reading, expected in (("list", []), ("null", None), ("missing", "absent")):
        sandbox.variants = ApiVariants.from_pairs([f"etelecom_empty={reading}"])
        answer = list_messages(sandbox, phone="84000999999").json()
        assert answer.get("messages", "absent") == expected
        assert "paging" in answer


def test_a_sort_may_be_refused_whatever_it_is(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(etelecom_sort="refused")
    assert list_messages(sandbox, paging={"sort": "-updated_at"}).status_code == 400


def test_one_account_or_no_development_rows_may_be_the_default(sandbox: Sandbox) -> None:
    every = all_notifications(sandbox)
    assert len({row["oa_id"] for row in every}) > 1
    sandbox.variants = ApiVariants(etelecom_oa_scope="first")
    assert len({row["oa_id"] for row in all_notifications(sandbox)}) == 1
    sandbox.variants = ApiVariants(etelecom_development="excluded")
    assert not any(row["is_development"] for row in all_notifications(sandbox))
    assert any(row["is_development"] for row in every)

"""eTelecom's switches for paging, windows and the envelope."""

from __future__ import annotations

from typing import Any

import pytest

from omnimessages_sandbox import ApiVariants, FixedWorld, Sandbox
from tests.sandbox.client import (
    NOW,
    ONE_DAY,
    all_notifications,
    ids,
    list_messages,
    list_page,
    notification_page,
)


def test_a_page_cap_shortens_the_page_whatever_limit_is_reported(sandbox: Sandbox) -> None:
    for echo, limit in (("applied", 5), ("asked", 50), ("zero", 0), ("missing", None)):
        sandbox.variants = ApiVariants.from_pairs(
            ["etelecom_page_cap=5", f"etelecom_limit_echo={echo}"]
        )
        response = list_page(sandbox, limit=50)
        assert len(response["messages"]) == 5
        assert response["paging"].get("limit") == limit


def test_a_limit_above_100_can_be_allowed_or_refused(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(etelecom_limit_above_100="allowed")
    assert len(list_page(sandbox, limit=150)["messages"]) == 150
    sandbox.variants = ApiVariants(etelecom_limit_above_100="refused")
    assert list_messages(sandbox, paging={"limit": 1001}).status_code == 400


def test_next_can_be_empty_null_missing_repeated_or_in_after(sandbox: Sandbox) -> None:
    def last(**variants: Any) -> dict[str, Any]:
        sandbox.variants = ApiVariants(**variants)
        paging: dict[str, Any] = list_page(sandbox, limit=100, **ONE_DAY)["paging"]
        return paging

    assert last(etelecom_next="empty_on_last")["next"] == ""
    assert last(etelecom_next="null_on_last")["next"] is None
    assert "next" not in last(etelecom_next="missing")
    moved = last(etelecom_next="in_after")
    assert moved["next"] == ""
    assert moved["after"]
    sandbox.variants = ApiVariants(etelecom_next="repeating")
    cursors = [list_page(sandbox)["paging"]["next"]]
    cursors += [list_page(sandbox, after=cursors[0])["paging"]["next"] for _ in range(2)]
    assert len(set(cursors)) == 1


@pytest.mark.parametrize("cursor", ["keyset", "offset"])
@pytest.mark.parametrize("order", ["newest", "oldest", "by_id", "shuffled"])
def test_every_order_and_cursor_pages_through_the_window(
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


def row_at(time: str, **more: Any) -> dict[str, Any]:
    return {"id": "7", "created_at": time, "updated_at": time, **more}


def test_bounds_can_be_exclusive_or_cut_to_seconds() -> None:
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


def test_one_date_alone_can_be_allowed(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(etelecom_one_date="allowed")
    newer = notification_page(sandbox, date_to=None, date_from=ONE_DAY["date_from"])
    assert newer
    assert all(row["updated_at"] >= ONE_DAY["date_from"] for row in newer)


def test_a_window_that_is_too_long_is_refused(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(etelecom_longest_window_days=30)
    assert list_messages(sandbox).status_code == 400
    assert list_messages(sandbox, **ONE_DAY).status_code == 200


def test_the_default_time_type_can_be_request_time(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(etelecom_default_time_type="request_time")
    found = ids(all_notifications(sandbox, **ONE_DAY))
    assert found == ids(all_notifications(sandbox, time_type="request_time", **ONE_DAY))
    assert found != ids(all_notifications(sandbox, time_type="updated_time", **ONE_DAY))


def test_ratings_and_webhooks_can_leave_the_update_time_alone(sandbox: Sandbox) -> None:
    documented = {row["id"]: row for row in all_notifications(sandbox)}
    for variant in ("etelecom_rating_bumps_updated_at", "etelecom_webhook_bumps_updated_at"):
        sandbox.variants = ApiVariants.from_pairs([f"{variant}=false"])
        rows = {row["id"]: row for row in all_notifications(sandbox)}
        assert rows.keys() == documented.keys()
        older = [name for name, row in rows.items() if row != documented[name]]
        assert older
        for name in older:
            assert rows[name]["updated_at"] < documented[name]["updated_at"]
            assert rows[name]["rate"] == documented[name]["rate"]


def test_a_lag_hides_recent_changes(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(etelecom_lag_seconds=86_400)
    assert notification_page(sandbox)[0]["updated_at"] <= "2026-01-31T00:00:00Z"


def test_an_empty_page_can_have_no_list(sandbox: Sandbox) -> None:
    for variant, expected in (("list", []), ("null", None), ("missing", "absent")):
        sandbox.variants = ApiVariants.from_pairs([f"etelecom_empty={variant}"])
        response = list_messages(sandbox, phone="84000999999").json()
        assert response.get("messages", "absent") == expected
        assert "paging" in response


def test_every_sort_can_be_refused(sandbox: Sandbox) -> None:
    sandbox.variants = ApiVariants(etelecom_sort="refused")
    assert list_messages(sandbox, paging={"sort": "-updated_at"}).status_code == 400


def test_the_default_can_be_one_account_or_no_development_rows(sandbox: Sandbox) -> None:
    every = all_notifications(sandbox)
    assert len({row["oa_id"] for row in every}) > 1
    sandbox.variants = ApiVariants(etelecom_oa_scope="first")
    assert len({row["oa_id"] for row in all_notifications(sandbox)}) == 1
    sandbox.variants = ApiVariants(etelecom_development="excluded")
    assert not any(row["is_development"] for row in all_notifications(sandbox))
    assert any(row["is_development"] for row in every)

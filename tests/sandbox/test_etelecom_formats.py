"""eTelecom's switches for the format of a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from omnimessages_sandbox import ApiVariants, FixedWorld, Sandbox
from tests.sandbox.client import NOW, notification_page

if TYPE_CHECKING:
    from collections.abc import Callable


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
def test_a_format_switch_changes_the_record(
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

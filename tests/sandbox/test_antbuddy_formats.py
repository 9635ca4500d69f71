"""AntBuddy's switches for the format of a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from omnimessages_sandbox import ApiVariants, FixedWorld, Sandbox
from tests.sandbox.client import NOW, START, session_page
from tests.sandbox.records import session

if TYPE_CHECKING:
    from collections.abc import Callable


def read(sandbox: Sandbox, **variants: Any) -> dict[str, Any]:
    sandbox.variants = ApiVariants(**variants)
    return session_page(sandbox)[0]


FORMATS: list[tuple[str, Any, Callable[[dict[str, Any]], bool]]] = [
    ("antbuddy_created_at", "epoch_s", lambda s: s["createdAt"] == 1767571200),
    ("antbuddy_created_at", "iso", lambda s: s["createdAt"] == "2026-01-05T00:00:00.000Z"),
    (
        "antbuddy_created_at",
        "iso_offset",
        lambda s: s["createdAt"] == "2026-01-05T07:00:00.000+07:00",
    ),
    (
        "antbuddy_message_times",
        "epoch_ms",
        lambda s: s["messages"][0]["created_time"] == 1767571200000,
    ),
    (
        "antbuddy_message_times",
        "iso_offset",
        lambda s: s["messages"][0]["created_time"].endswith("+07:00"),
    ),
    (
        "antbuddy_ids",
        "numbers",
        lambda s: s["conversationId"] == int("1234567890" * 3 + "12345678"),
    ),
    ("antbuddy_ids", "numbers", lambda s: s["sessionId"] == "s1"),
    ("antbuddy_lead_id", "string", lambda s: s["leadId"] == "7"),
    ("antbuddy_lead_id", "null", lambda s: s["leadId"] is None),
    ("antbuddy_lead_id", "missing", lambda s: "leadId" not in s),
    ("antbuddy_zero_times", 0, lambda s: s["messages"][0]["doneAt"] == 0),
    ("antbuddy_zero_times", "", lambda s: s["messages"][0]["pinnedAt"] == ""),
    (
        "antbuddy_zero_times",
        "0001-01-01T00:00:00Z",
        lambda s: s["messages"][0]["doneAt"].startswith("0001"),
    ),
    ("antbuddy_null_lists", "null", lambda s: s["messages"][0]["attachments"] is None),
    ("antbuddy_null_lists", "missing", lambda s: "shares" not in s["messages"][0]),
    ("antbuddy_attachments", "list", lambda s: s["messages"][0]["attachments"] == []),
    ("antbuddy_attachments", "text", lambda s: s["messages"][0]["attachments"] == '{"data":[]}'),
    ("antbuddy_agent_text", "msginfo", lambda s: "location" not in s["messages"][0]),
    ("antbuddy_agent_text", "message", lambda s: s["messages"][0]["message"] == "Dạ"),
    ("antbuddy_outbound_flag", "true_direction", lambda s: s["messages"][0]["isOutboundMessage"]),
    ("antbuddy_message_id", "missing", lambda s: "messageId" not in s["messages"][0]),
    (
        "antbuddy_message_id",
        "repeating",
        lambda s: s["messages"][0]["messageId"] == s["messages"][1]["messageId"],
    ),
    ("antbuddy_message_count", "larger", lambda s: s["messageCount"] == 5),
    ("antbuddy_message_order", "descending", lambda s: s["messages"][0]["_id"] == "s1-2"),
    ("antbuddy_unknown_fields", True, lambda s: "reactions" in s["messages"][0] and "tags" in s),
]


@pytest.mark.parametrize(("name", "value", "holds"), FORMATS)
def test_a_format_switch_changes_the_record(
    one_session: Sandbox, name: str, value: Any, holds: Callable[[dict[str, Any]], bool]
) -> None:
    documented = read(one_session)
    changed = read(one_session, **{name: value})
    assert holds(changed)
    assert changed != documented


def test_format_switches_leave_a_raw_record_as_it_is() -> None:
    record = session("s1", START)
    with Sandbox(
        world=FixedWorld([record], raw=True),
        now=NOW,
        variants=ApiVariants(antbuddy_ids="numbers", antbuddy_created_at="iso"),
    ) as sandbox:
        assert session_page(sandbox) == [record]


def test_message_count_can_include_messages_of_other_pages(one_session: Sandbox) -> None:
    one_session.variants = ApiVariants(
        antbuddy_limit_unit="messages", antbuddy_message_count="session"
    )
    (part,) = session_page(one_session, limit=2)
    assert (len(part["messages"]), part["messageCount"]) == (2, 3)

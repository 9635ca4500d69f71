"""The JSON of AntBuddy's sessions in the format of a variant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from omnimessages_sandbox.apis.record_format import Change, number_ids
from omnimessages_sandbox.times import iso, record_time
from omnimessages_sandbox.world.lives import Json, SessionView, dumps, loads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from omnimessages_sandbox.switches.variants import ApiVariants

_LISTS = ("attachments", "shares")
_SESSION_IDS = ("sessionId", "conversationId", "pageId", "leadId")
_MESSAGE_IDS = ("conversationId", "pageId", "messageId", "from", "to", "createdBy")
_TIME_FORMS: dict[str, Callable[[int], Any]] = {
    "epoch_ms": lambda us: us // 1000,
    "epoch_s": lambda us: us // 1_000_000,
    "iso": lambda us: iso(us, 3),
    "iso_offset": lambda us: iso(us, 3, "+07:00"),
}


def _format_times(record: dict[str, Any], names: Sequence[str], form: str) -> None:
    for name in names:
        us = record_time(record.get(name))
        if us is not None:
            record[name] = _TIME_FORMS[form](us)


def _drop_or_null(record: dict[str, Any], names: Sequence[str], how: str) -> None:
    for name in names:
        if how == "missing":
            record.pop(name, None)
        elif name in record:
            record[name] = None


def _reshape_lists(record: dict[str, Any], shape: str) -> None:
    for name in _LISTS:
        value = record.get(name)
        if isinstance(value, dict) and "data" in value:
            record[name] = value["data"] if shape == "list" else dumps(value).decode()


def _move_text(record: dict[str, Any], place: str) -> None:
    info = record.get("msginfo")
    if not isinstance(info, dict):
        return
    record.pop("location", None)
    if place == "message":
        record["message"] = record.pop("msginfo").get("message")


def _set_absent_times(record: dict[str, Any], value: Json) -> None:
    for name in ("doneAt", "pinnedAt"):
        record.setdefault(name, value)


def _set_direction(record: dict[str, Any]) -> None:
    record["isOutboundMessage"] = record.get("from") == record.get("pageId")


def _spoil_message_id(record: dict[str, Any], how: str) -> None:
    if how == "missing":
        record.pop("messageId", None)
    else:
        record["messageId"] = "00000000000000000000"


def message_changes(variants: ApiVariants) -> list[Change]:
    """Return the changes of each message; the direction and texts come first, ids last."""
    steps: list[tuple[bool, Change]] = [
        (variants.antbuddy_outbound_flag != "always_false", _set_direction),
        (
            variants.antbuddy_agent_text != "msginfo_and_location",
            lambda m: _move_text(m, variants.antbuddy_agent_text),
        ),
        (
            variants.antbuddy_message_times != "iso",
            lambda m: _format_times(
                m, ("created_time", "pinnedAt"), variants.antbuddy_message_times
            ),
        ),
        (
            variants.antbuddy_zero_times is not None,
            lambda m: _set_absent_times(m, variants.antbuddy_zero_times),
        ),
        (
            variants.antbuddy_attachments != "object",
            lambda m: _reshape_lists(m, variants.antbuddy_attachments),
        ),
        (
            variants.antbuddy_null_lists != "lists",
            lambda m: _drop_or_null(m, _LISTS, variants.antbuddy_null_lists),
        ),
        (
            variants.antbuddy_message_id != "unique",
            lambda m: _spoil_message_id(m, variants.antbuddy_message_id),
        ),
        (
            variants.antbuddy_unknown_fields,
            lambda m: m.update(reactions=[{"type": "heart", "count": 2}], seenBy=None),
        ),
        (variants.antbuddy_ids != "strings", lambda m: number_ids(m, _MESSAGE_IDS)),
    ]
    return [change for wanted, change in steps if wanted]


def _set_lead(record: dict[str, Any], form: str) -> None:
    if form == "missing":
        record.pop("leadId", None)
    elif "leadId" in record:
        record["leadId"] = str(record["leadId"]) if form == "string" else None


def session_changes(variants: ApiVariants) -> list[Change]:
    """Return the changes of each session's own fields; ids come last."""
    steps: list[tuple[bool, Change]] = [
        (
            variants.antbuddy_created_at != "epoch_ms",
            lambda s: _format_times(s, ("createdAt",), variants.antbuddy_created_at),
        ),
        (variants.antbuddy_lead_id != "number", lambda s: _set_lead(s, variants.antbuddy_lead_id)),
        (
            variants.antbuddy_unknown_fields,
            lambda s: s.update(rating_value=5, isDone=False, tags=[{"name": "vi-du"}]),
        ),
        (variants.antbuddy_ids != "strings", lambda s: number_ids(s, _SESSION_IDS)),
    ]
    return [change for wanted, change in steps if wanted]


class SessionFormat:
    """The format of sessions in a variant; the documented format needs no re-encoding."""

    def __init__(self, variants: ApiVariants) -> None:
        """Collect the changes of each record."""
        self._variants = variants
        self._message_changes = message_changes(variants)
        self._session_changes = session_changes(variants)
        self._documented = not (
            self._message_changes
            or self._session_changes
            or variants.antbuddy_message_count != "list"
            or variants.antbuddy_message_order != "ascending"
        )

    def encode(self, view: SessionView, shown: Sequence[int] | None = None) -> bytes:
        """Encode a session.

        Args:
            view: The session.
            shown: The indexes of the messages to show; None for all.

        Returns:
            The session's JSON.
        """
        bodies = view.messages if shown is None else [view.messages[index] for index in shown]
        if self._documented or view.untouched:
            return view.with_messages([msgspec.Raw(body) for body in bodies])
        messages = [self._message(body) for body in bodies]
        if self._variants.antbuddy_message_order == "descending":
            messages.reverse()
        head = dict(view.head)
        if "messageCount" in head:
            everything = len(view.messages)
            counts = {"list": len(messages), "larger": everything + 2, "session": everything}
            head["messageCount"] = counts[self._variants.antbuddy_message_count]
        for change in self._session_changes:
            change(head)
        if not messages and self._variants.antbuddy_null_lists != "lists":
            _drop_or_null(head, ("messages",), self._variants.antbuddy_null_lists)
        return view.with_messages(messages, head)

    def _message(self, body: bytes) -> Json:
        message = loads(body)
        if isinstance(message, dict):
            for change in self._message_changes:
                change(message)
        return message

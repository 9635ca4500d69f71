"""Sessions that are inserted or changed while a window is being paged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from omnimessages_sandbox.apis.churn import Overlay
from omnimessages_sandbox.times import iso
from omnimessages_sandbox.world.fixed import FixedSession
from omnimessages_sandbox.world.lives import Life, SessionView, dumps, loads
from omnimessages_sandbox.world.people import object_id

if TYPE_CHECKING:
    import random
    from collections.abc import Callable


def _add_message(us: int, rng: random.Random) -> Callable[[SessionView], SessionView]:
    """Return a change that adds a customer's message to a session."""
    message_id = object_id(us, rng)

    def add(view: SessionView) -> SessionView:
        fields = view.head if isinstance(view.head, dict) else {}
        page = fields.get("pageId")
        message = {
            "_id": message_id,
            "channel": "ZALO",
            "conversationId": fields.get("conversationId"),
            "pageId": page,
            "from": str(fields.get("conversationId") or "").removeprefix(str(page)),
            "to": page,
            "message": "Shop ơi, mình hỏi thêm chút",
            "created_time": iso(us, 3),
            "__v": 0,
        }
        return replace(
            view,
            message_us=[*view.message_us, us],
            messages=[*view.messages, dumps(message)],
            given_count=None,
        )

    return add


def _insert_beside(view: SessionView, rng: random.Random) -> Life[SessionView]:
    """Return a copy of a session with new ids, a millisecond later."""
    record: dict[str, Any] = loads(view.with_messages([]))
    messages = [loads(body) for body in view.messages]
    start_us = (view.created_us or 0) + 1000
    for message, us in zip(messages, view.message_us, strict=True):
        message["_id"] = object_id(us or start_us, rng)
        if us is not None:
            message["created_time"] = iso(us + 1000, 3)
    record |= {
        "sessionId": object_id(start_us, rng),
        "createdAt": start_us // 1000,
        "messages": messages,
    }
    return FixedSession(record)


def session_overlay() -> Overlay[SessionView]:
    """Return an overlay for AntBuddy's sessions without any churn yet."""
    return Overlay(_insert_beside, _add_message)

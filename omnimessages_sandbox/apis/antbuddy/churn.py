"""How AntBuddy sessions are inserted and changed while a window is being paged."""

from __future__ import annotations

from bisect import insort
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from omnimessages_sandbox.apis.churn import Overlay
from omnimessages_sandbox.times import iso
from omnimessages_sandbox.world.fixed import FixedSession
from omnimessages_sandbox.world.lives import Life, SessionView, dumps, loads
from omnimessages_sandbox.world.people import object_id

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence


class AnsweredSession:
    """A session that gets one more message at a time."""

    def __init__(self, before: Life[SessionView], us: int, rng: random.Random) -> None:
        self.id = before.id
        moments = list(before.moments)
        insort(moments, us)
        self.moments: Sequence[int] = moments
        self._before, self._us = before, us
        self._message_id = object_id(us, rng)

    def at(self, now_us: int) -> SessionView | None:
        """Give the session as it looks at a time."""
        view = self._before.at(now_us)
        if view is None or now_us < self._us:
            return view
        fields = view.head if isinstance(view.head, dict) else {}
        page = fields.get("pageId")
        message = {
            "_id": self._message_id,
            "channel": "ZALO",
            "conversationId": fields.get("conversationId"),
            "pageId": page,
            "from": str(fields.get("conversationId") or "").removeprefix(str(page)),
            "to": page,
            "message": "Shop ơi, mình hỏi thêm chút",
            "created_time": iso(self._us, 3),
            "__v": 0,
        }
        return replace(
            view,
            message_us=[*view.message_us, self._us],
            messages=[*view.messages, dumps(message)],
            whole=None,
        )


def _beside(view: SessionView, rng: random.Random) -> Life[SessionView]:
    """Make a session that starts a millisecond after another, with the same messages anew."""
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
    """Make the churn of AntBuddy sessions, nothing changed yet."""
    return Overlay(_beside, AnsweredSession, lambda view: view.id)

"""How eTelecom notifications are inserted and updated while a window is being paged."""

from __future__ import annotations

from bisect import insort
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from omnimessages_sandbox.apis.churn import Overlay
from omnimessages_sandbox.times import iso
from omnimessages_sandbox.world.lives import Life, NotificationView, dumps, loads

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence


class UpdatedNotification:
    """A notification whose `updated_at` and `note` change at a time."""

    def __init__(self, before: Life[NotificationView], us: int, rng: random.Random) -> None:
        self.id = before.id
        moments = list(before.moments)
        insort(moments, us)
        self.moments: Sequence[int] = moments
        self._before, self._us = before, us
        self._note = f"cập nhật {rng.randrange(10**6)}"

    def at(self, now_us: int) -> NotificationView | None:
        """Give the notification as it looks at a time."""
        view = self._before.at(now_us)
        if view is None or now_us < self._us:
            return view
        updated = max(self._us, view.times["updated_at"] or 0)
        record = {**loads(view.body), "note": self._note, "updated_at": iso(updated)}
        return replace(view, times={**view.times, "updated_at": updated}, body=dumps(record))


class InsertedNotification:
    """A notification that the world does not have; it looks the same at all times."""

    moments: Sequence[int] = ()

    def __init__(self, view: NotificationView) -> None:
        self.id = view.id
        self._view = view

    def at(self, now_us: int) -> NotificationView | None:  # noqa: ARG002
        """Give the notification."""
        return self._view


def _beside(view: NotificationView, rng: random.Random) -> Life[NotificationView]:
    record: dict[str, Any] = loads(view.body)
    record["id"] = str(rng.randrange(10**18, 2 * 10**18))
    return InsertedNotification(replace(view, id=record["id"], body=dumps(record)))


def notification_overlay() -> Overlay[NotificationView]:
    """Make the churn of eTelecom notifications, nothing changed yet."""
    return Overlay(_beside, UpdatedNotification, lambda view: view.id)

"""Notifications that are inserted or updated while a window is being paged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from omnimessages_sandbox.apis.churn import Overlay
from omnimessages_sandbox.times import iso
from omnimessages_sandbox.world.lives import Life, NotificationView, dumps, loads

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence


def _update(us: int, rng: random.Random) -> Callable[[NotificationView], NotificationView]:
    """Return a change of a notification's `updated_at` and `note`."""
    note = f"cập nhật {rng.randrange(10**6)}"

    def update(view: NotificationView) -> NotificationView:
        updated = max(us, view.times["updated_at"] or 0)
        record = {**loads(view.body), "note": note, "updated_at": iso(updated)}
        return replace(view, times={**view.times, "updated_at": updated}, body=dumps(record))

    return update


class InsertedNotification:
    """A notification that never changes and that the world does not have."""

    moments: Sequence[int] = ()

    def __init__(self, view: NotificationView) -> None:
        self.id = view.id
        self._view = view

    def at(self, now_us: int) -> NotificationView | None:  # noqa: ARG002
        """Return the notification; it exists at all times."""
        return self._view


def _insert_beside(view: NotificationView, rng: random.Random) -> Life[NotificationView]:
    """Return a copy of a notification with a new id."""
    record: dict[str, Any] = loads(view.body)
    record["id"] = str(rng.randrange(10**18, 2 * 10**18))
    return InsertedNotification(replace(view, id=record["id"], body=dumps(record)))


def notification_overlay() -> Overlay[NotificationView]:
    """Return an overlay for eTelecom's notifications without any churn yet."""
    return Overlay(_insert_beside, _update)

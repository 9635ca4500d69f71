"""An API's response before it becomes HTTP, and the window and the records behind it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from omnimessages_sandbox.times import DAY, SECOND
from omnimessages_sandbox.world.lives import Life, dumps, next_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

V = TypeVar("V")

_CACHE_SIZE = 64


@dataclass(slots=True)
class ApiResponse:
    """An API's response to a request.

    Attributes:
        status: The HTTP status.
        body: The JSON.
        rows: The number of sessions or notifications in the body.
    """

    status: int
    body: bytes
    rows: int = 0


class RefusedError(Exception):
    """The API refuses a request.

    Attributes:
        status: The HTTP status.
        body: The refusal in the API's own error format.
    """

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(body)
        self.status = status
        self.body = body

    @property
    def response(self) -> ApiResponse:
        """The refusal as a response."""
        return ApiResponse(self.status, dumps(self.body))


@dataclass(slots=True, frozen=True)
class Window:
    """The time range of a request.

    Attributes:
        from_us: The start in microseconds since 1970, UTC; None if it is open.
        to_us: The end, likewise.
        bounds: The ends that belong to the window: `inclusive`, `exclusive` or `from_inclusive`.
    """

    from_us: int | None
    to_us: int | None
    bounds: str = "inclusive"

    def holds(self, us: int) -> bool:
        """Whether a time lies in the window."""
        if self.bounds == "exclusive":
            above = self.from_us is None or self.from_us < us
        else:
            above = self.from_us is None or self.from_us <= us
        if not above or self.to_us is None:
            return above
        return us <= self.to_us if self.bounds == "inclusive" else us < self.to_us

    def longer_than(self, days: int | None) -> bool:
        """Whether the window is longer than a number of days; None is no limit."""
        if days is None or self.from_us is None or self.to_us is None:
            return False
        return self.to_us - self.from_us > days * DAY

    def in_whole_seconds(self) -> Window:
        """Return the window with both ends cut to seconds."""
        from_us, to_us = (
            us if us is None else us - us % SECOND for us in (self.from_us, self.to_us)
        )
        return Window(from_us, to_us, self.bounds)


def views_at(lives: Iterable[Life[V]], now_us: int) -> tuple[list[V], int | None]:
    """Return the views of records at a time.

    Args:
        lives: The records.
        now_us: The time in microseconds since 1970.

    Returns:
        The views of the records that exist, and the first later time at which any record changes.
    """
    views: list[V] = []
    changes: int | None = None
    for life in lives:
        view = life.at(now_us)
        if view is not None:
            views.append(view)
        following = next_moment(life, now_us)
        if following is not None and (changes is None or following < changes):
            changes = following
    return views, changes


def holds_until(changes_us: int | None, now_us: int, to_us: int | None) -> int | None:
    """Return the time until which a list of a window's records stays valid.

    A world draws whole days. The records of a list therefore include those that begin later on the
    same day, but none of the next day.

    Args:
        changes_us: The next change of a record in the list; None for never.
        now_us: The time of the list.
        to_us: The window's end; None if it is open.

    Returns:
        The first time at which the list is outdated, in microseconds since 1970; None for never.
    """
    if to_us is not None and to_us < now_us:
        return changes_us
    midnight = (now_us // DAY + 1) * DAY
    return midnight if changes_us is None else min(changes_us, midnight)


class ExpiringCache(Generic[V]):
    """A cache of values that become outdated at a time of the sandbox's clock.

    Each page of a window needs the same list, so the list is made once and kept until one of its
    records changes. A clock that was moved back makes a value outdated, too.
    """

    def __init__(self) -> None:
        self._values: OrderedDict[Hashable, tuple[int, int | None, V]] = OrderedDict()

    def get(self, key: Hashable, now_us: int, make: Callable[[], tuple[V, int | None]]) -> V:
        """Return the value for a key at a time.

        Args:
            key: Everything that the value depends on, except the time.
            now_us: The time in microseconds since 1970.
            make: Returns the value and the time at which it is outdated; None for never.

        Returns:
            The value.
        """
        found = self._values.get(key)
        if found is not None and found[0] <= now_us and (found[1] is None or now_us < found[1]):
            self._values.move_to_end(key)
            return found[2]
        value, until_us = make()
        self._values[key] = (now_us, until_us, value)
        self._values.move_to_end(key)
        if len(self._values) > _CACHE_SIZE:
            self._values.popitem(last=False)
        return value

    def clear(self) -> None:
        """Remove all values."""
        self._values.clear()

"""An API's answer before it becomes HTTP, and the memory of what a window holds."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from omnimessages_sandbox.times import DAY, SECOND
from omnimessages_sandbox.world.lives import Life, dumps, next_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

V = TypeVar("V")


@dataclass(slots=True)
class Answer:
    """What an API says to one request.

    Attributes:
        status: The HTTP status.
        body: The JSON.
        rows: How many sessions or notifications it holds.
    """

    status: int
    body: bytes
    rows: int = 0


class RefusedError(Exception):
    """A request that the API refuses.

    Attributes:
        status: The HTTP status.
        body: The refusal in the API's own error format.
    """

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(body)
        self.status = status
        self.body = body

    @property
    def answer(self) -> Answer:
        """The refusal as an answer."""
        return Answer(self.status, dumps(self.body))


@dataclass(slots=True, frozen=True)
class Window:
    """A time range as a request gives it.

    Attributes:
        from_us: Its beginning in microseconds since 1970, UTC; None when open.
        to_us: Its end; None when open.
        bounds: Which ends belong to it: `inclusive`, `exclusive` or `from_inclusive`.
    """

    from_us: int | None
    to_us: int | None
    bounds: str = "inclusive"

    def holds(self, us: int) -> bool:
        """Tell whether a time lies in the window."""
        if self.bounds == "exclusive":
            above = self.from_us is None or self.from_us < us
        else:
            above = self.from_us is None or self.from_us <= us
        if not above or self.to_us is None:
            return above
        return us <= self.to_us if self.bounds == "inclusive" else us < self.to_us

    def longer_than(self, days: int | None) -> bool:
        """Tell whether the window is longer than a number of days; None is no limit."""
        if days is None or self.from_us is None or self.to_us is None:
            return False
        return self.to_us - self.from_us > days * DAY

    def in_whole_seconds(self) -> Window:
        """Cut both ends to seconds."""
        from_us, to_us = (
            us if us is None else us - us % SECOND for us in (self.from_us, self.to_us)
        )
        return Window(from_us, to_us, self.bounds)


def views_at(lives: Iterable[Life[V]], now_us: int) -> tuple[list[V], int | None]:
    """Look at records at a time.

    Args:
        lives: The records.
        now_us: The time in microseconds since 1970.

    Returns:
        The views of those that exist, and the first later time at which any record changes.
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
    """Tell how long a list of a window's records holds.

    Args:
        changes_us: The next change among the records that were looked at.
        now_us: The time at which they were looked at; whole days are drawn, so those that begin
            later on the same day are among them, those of the next day are not.
        to_us: The window's end, or None when it is open.

    Returns:
        The time from which the list must be made anew, or None for never.
    """
    if to_us is not None and to_us < now_us:
        return changes_us
    midnight = (now_us // DAY + 1) * DAY
    return midnight if changes_us is None else min(changes_us, midnight)


class Remembered(Generic[V]):
    """What was worked out for a key, kept as long as no record of it changes.

    Paging through a window asks for the same list again and again while the clock runs; the list
    holds from the time it was made until the next change among its records.
    """

    def __init__(self, kept: int = 64) -> None:
        self._kept = kept
        self._values: OrderedDict[Hashable, tuple[int, int | None, V]] = OrderedDict()

    def get(self, key: Hashable, now_us: int, make: Callable[[], tuple[V, int | None]]) -> V:
        """Give the value for a key at a time.

        Args:
            key: What the value depends on beside the time.
            now_us: The time in microseconds since 1970.
            make: Works out the value, and until when it holds (None: for ever).

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
        if len(self._values) > self._kept:
            self._values.popitem(last=False)
        return value

    def forget(self) -> None:
        """Drop everything."""
        self._values.clear()

"""The interface of a source: an API, read window by window."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_omnimessages.extract.revisits import Lookback
    from tap_omnimessages.extract.windows import Window
    from tap_omnimessages.http.stats import RequestStats

Response = TypeVar("Response")

_PAGES_IN_A_WINDOW = 40
_PAGES_IN_A_PART = 20
# A part that is still too large is split again. A wrong estimate must not make thousands of parts.
_MOST_PARTS = 64
_SHORTEST_SPLIT = timedelta(minutes=1)

Page: TypeAlias = list[bytes]
"""The JSON texts of a response's rows, without those that the window has yielded before unchanged.

Rows stay texts until records are made, because texts take little memory and disk.
"""


class WindowTooLargeError(Exception):
    """A window holds so many rows that it is read and checkpointed in parts.

    Attributes:
        parts: Windows that fill it, oldest first.
    """

    def __init__(self, parts: Sequence[Window]) -> None:
        super().__init__()
        self.parts = parts


def split_if_large(window: Window, pages: float) -> None:
    """Raise when a window holds too many pages to be read at once.

    Deep pages are slow and drift, and a window is checkpointed only at its end.

    Args:
        window: The window.
        pages: An estimate of how many pages it holds.

    Raises:
        WindowTooLargeError: The window has to be read in parts.
    """
    if pages <= _PAGES_IN_A_WINDOW:
        return
    most = min(_MOST_PARTS, window.duration // _SHORTEST_SPLIT)
    parts = min(ceil(pages / _PAGES_IN_A_PART), most)
    if parts > 1:
        raise WindowTooLargeError(window.split(parts))


class RequestPlanner(Protocol):
    """Sends the requests of one window, some of them ahead of time where workers are free."""

    def expect(self, keys: Sequence[int], fetch: Callable[[int], Response]) -> None:
        """Announce the requests that will most likely come next, in order.

        Args:
            keys: What identifies the requests, such as offsets.
            fetch: Sends the request of a key.
        """
        ...

    def send(self, key: int, fetch: Callable[[int], Response]) -> Response:
        """Return the response to a request; raise what `fetch` raises."""
        ...


class Source(Protocol):
    """An API, read window by window; several windows may be read at the same time."""

    width: timedelta
    """The longest window that is requested."""

    lookback: Lookback
    """How far before the bookmark its records may still change."""

    concurrency: int
    """How many requests it may have under way at the same time."""

    def cap_at_server_time(self, end: datetime, now: datetime) -> datetime:
        """Cap a time at the API's present, so that no bookmark lies in the API's future (E13).

        Args:
            end: The time to cap, UTC.
            now: This machine's present, UTC.
        """
        ...

    @property
    def request_stats(self) -> RequestStats:
        """What the requests have cost so far; read at any time, by any thread."""
        ...

    def finish(self) -> None:
        """Report what only shows when everything has been read; called once at the end."""
        ...

    def close(self) -> None:
        """Cancel what is under way: whoever waits for a response gets an error instead."""
        ...

    def read(self, window: Window, planner: RequestPlanner) -> Iterator[Page]:
        """Yield everything that the API shows for a window.

        Args:
            window: The window.
            planner: Sends this window's requests.

        Raises:
            WindowTooLargeError: Before any page: the window has to be read in parts.
            TapError: The window cannot be read, or cannot be shown to be complete.
        """
        ...

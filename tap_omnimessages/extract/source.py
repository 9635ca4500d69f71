"""What a provider's API offers to the streams: whole windows, page by page."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_omnimessages.extract.windows import Window
    from tap_omnimessages.http.stats import RequestStats

Answer = TypeVar("Answer")

_PAGES_IN_A_WINDOW = 40
_PAGES_IN_A_PART = 20
_SHORTEST_SPLIT = timedelta(minutes=1)

Page: TypeAlias = list[bytes]
"""The JSON texts of an answer's rows, without those that the window has given before unchanged.

They stay texts until records are made of them: so they wait in little room, in memory or on disk.
"""


class WindowTooLargeError(Exception):
    """A window holds so much that its parts are read and checkpointed one by one.

    Attributes:
        parts: Windows that fill it, oldest first.
    """

    def __init__(self, parts: Sequence[Window]) -> None:
        super().__init__()
        self.parts = parts


def split_if_large(window: Window, pages: float) -> None:
    """Refuse to read a window at once that holds many pages.

    Deep pages are slow and drift, and a window is neither read by several workers nor
    checkpointed before its end.

    Args:
        window: The window.
        pages: About how many pages it holds.

    Raises:
        WindowTooLargeError: It is to be read in parts.
    """
    if pages <= _PAGES_IN_A_WINDOW:
        return
    parts = min(ceil(pages / _PAGES_IN_A_PART), window.duration // _SHORTEST_SPLIT)
    if parts > 1:
        raise WindowTooLargeError(window.split(parts))


class RequestPlanner(Protocol):
    """Sends the requests of one window; where workers are free, some ahead of time."""

    def expect(self, keys: Sequence[int], ask: Callable[[int], Answer]) -> None:
        """Tell which requests will most likely come next, in their order.

        Args:
            keys: What tells them apart, such as offsets.
            ask: Sends the request of a key.
        """
        ...

    def send(self, key: int, ask: Callable[[int], Answer]) -> Answer:
        """Give the answer of a request; raises what `ask` raises."""
        ...


class Source(Protocol):
    """An API, read window by window; several windows may be read at the same time."""

    width: timedelta
    """The longest window that it is asked for."""

    lookback: timedelta
    """How far before the horizon its records may still change."""

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
        """What reading has cost so far; asked for at any time, by any thread."""
        ...

    def finish(self) -> None:
        """Tell what only shows when everything has been read; called once at the end."""
        ...

    def close(self) -> None:
        """Give up what is under way: whoever waits for an answer gets an error instead."""
        ...

    def read(self, window: Window, requests: RequestPlanner) -> Iterator[Page]:
        """Give everything that the API shows for a window.

        Args:
            window: The window.
            requests: Sends this window's requests.

        Raises:
            WindowTooLargeError: Before any page: the window is to be read in parts.
            TapError: The window cannot be read, or not shown to be complete.
        """
        ...

"""What a provider's API offers to the streams: whole windows, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import timedelta

    from tap_omnimessages.fields import JsonObject
    from tap_omnimessages.windows import Window


class Page(NamedTuple):
    """Rows of one answer, without those that the window has given before unchanged.

    Attributes:
        rows: The decoded JSON objects.
        raw: The JSON text of each, for keeping them on disk.
    """

    rows: list[JsonObject]
    raw: list[bytes]


class WindowTooLargeError(Exception):
    """A window holds so much that its parts are read and checkpointed one by one.

    Attributes:
        parts: Windows that fill it, oldest first.
    """

    def __init__(self, parts: Sequence[Window]) -> None:
        super().__init__()
        self.parts = parts


class Source(Protocol):
    """An API, read window by window."""

    width: timedelta
    """The longest window that it is asked for."""

    lookback: timedelta
    """How far before the horizon its records may still change."""

    @property
    def clock_lag(self) -> timedelta:
        """How far the API's clock is behind this machine's; zero unless it is known to be."""
        ...

    def finish(self) -> None:
        """Tell what only shows when everything has been read; called once at the end."""
        ...

    def read(self, window: Window) -> Iterator[Page]:
        """Give everything that the API shows for a window.

        Raises:
            WindowTooLargeError: Before any page: the window is to be read in parts.
            TapError: The window cannot be read, or not shown to be complete.
        """
        ...

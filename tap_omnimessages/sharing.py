"""One reading of an API for all the streams that come from it.

What the first stream fetched is kept in a temporary file for the next, so that memory stays flat
and no request is sent twice. The file has no name (it is unlinked at once where the system can),
is private to the user, and is gone when the process ends, however it ends.
"""

from __future__ import annotations

import logging
import struct
import tempfile
from contextlib import contextmanager, suppress
from os import SEEK_END
from typing import IO, TYPE_CHECKING

from tap_omnimessages.bodies import decode_row
from tap_omnimessages.source import Page
from tap_omnimessages.windows import Window, reuse

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from datetime import timedelta

    from tap_omnimessages.source import Source

logger = logging.getLogger("tap-omnimessages")

_LENGTH = struct.Struct("<I")
_ROWS_PER_PAGE = 100


class SharedSource:
    """A source that fetches each window once, however many streams read it.

    Opening is left to the first use: discovery needs no key.
    """

    def __init__(self, open_source: Callable[[], Source]) -> None:
        self._open = open_source
        self._source: Source | None = None
        self._kept: dict[Window, tuple[int, int]] = {}
        self._file: IO[bytes] | None = None
        self._keeping = True

    @property
    def source(self) -> Source:
        """The source, opened by the first call."""
        if self._source is None:
            self._source = self._open()
        return self._source

    @property
    def width(self) -> timedelta:
        """The longest window."""
        return self.source.width

    @property
    def lookback(self) -> timedelta:
        """How far before the horizon records may still change."""
        return self.source.lookback

    @property
    def clock_lag(self) -> timedelta:
        """How far the API's clock is behind this machine's."""
        return self.source.clock_lag

    def align(self, windows: Iterable[Window], *, newest_first: bool = False) -> list[Window]:
        """Replace planned windows by those that are kept already, as `windows.reuse` does."""
        return reuse(windows, self._kept, newest_first=newest_first)

    def read(self, window: Window, *, keep: bool) -> Iterator[Page]:
        """Give a window's pages, from the disk if they are kept there.

        Args:
            window: The window.
            keep: Whether another stream will want it.

        Raises:
            TapError: As `Source.read`.
        """
        if window in self._kept and self._file is not None:
            return _read_kept(self._file, *self._kept[window])
        pages = self.source.read(window)
        return self._keep(window, pages) if keep and self._keeping else pages

    def _keep(self, window: Window, pages: Iterator[Page]) -> Iterator[Page]:
        with self._without_room():
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="tap-omnimessages-")  # noqa: SIM115
        file = self._file
        start = file.seek(0, SEEK_END) if file else 0
        for page in pages:
            if file is not None and file is self._file:
                with self._without_room():
                    _append(file, page)
            yield page
        if file is not None and file is self._file:
            self._kept[window] = (start, file.tell())

    @contextmanager
    def _without_room(self) -> Generator[None]:
        """Give up keeping where the disk is full: it saves requests and nothing else."""
        try:
            yield
        except OSError as error:
            logger.warning(
                "The temporary file cannot be written (%s): streams of the same API are read one "
                "by one from here on, which costs more requests.",
                error.strerror,
            )
            self.close()
            self._keeping = False

    def finish(self) -> None:
        """End the last stream's reading."""
        self.close()
        if self._source is not None:
            self._source.finish()

    def close(self) -> None:
        """Give the disk space back; whatever was kept is forgotten."""
        self._kept.clear()
        file, self._file = self._file, None
        if file is not None:
            # What could not be written is not wanted any more.
            with suppress(OSError):
                file.close()


def _append(file: IO[bytes], page: Page) -> None:
    for text in page.raw:
        file.write(_LENGTH.pack(len(text)))
        file.write(text)
    file.flush()


def _read_kept(file: IO[bytes], start: int, end: int) -> Iterator[Page]:
    page = Page([], [])
    position = start
    while position < end:
        file.seek(position)
        (length,) = _LENGTH.unpack(file.read(_LENGTH.size))
        text = file.read(length)
        position += _LENGTH.size + length
        page.rows.append(decode_row(text))
        page.raw.append(text)
        if len(page.rows) == _ROWS_PER_PAGE:
            yield page
            page = Page([], [])
    if page.rows:
        yield page

"""One reading of an API for all the streams that come from it.

What the first stream fetched is kept in a temporary file for the next, so that memory stays flat
and no request is sent twice. The file has no name (it is unlinked at once where the system can),
is private to the user, and is gone when the process ends, however it ends.
"""

from __future__ import annotations

import logging
import tempfile
from array import array
from contextlib import closing, contextmanager, suppress
from os import SEEK_END
from typing import IO, TYPE_CHECKING

from tap_omnimessages.extract.prefetch import prefetch
from tap_omnimessages.extract.windows import Window, reuse
from tap_omnimessages.http.stats import RequestStats

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from datetime import datetime, timedelta

    from tap_omnimessages.extract.source import Page, Source

logger = logging.getLogger("tap-omnimessages")

# A page in the file: how many rows it has, the length of each, and their texts.
_COUNT = "Q"


class CachedSource:
    """A source that fetches each window once, however many streams read it.

    Opening is left to the first use: discovery needs no key.
    """

    def __init__(self, open_source: Callable[[], Source]) -> None:
        self._open = open_source
        self._source: Source | None = None
        self._cached: dict[Window, tuple[int, int]] = {}
        self._file: IO[bytes] | None = None
        self._is_caching = True
        self._past = RequestStats()

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

    def cap_at_server_time(self, end: datetime, now: datetime) -> datetime:
        """Cap a time at the API's present, as `Source.cap_at_server_time` says."""
        return self.source.cap_at_server_time(end, now)

    @property
    def request_stats(self) -> RequestStats:
        """What reading has cost so far, for all streams; does not open the source."""
        source = self._source
        return self._past if source is None else self._past + source.request_stats

    def read(
        self, windows: Sequence[Window], *, cache: bool, newest_first: bool = False
    ) -> Generator[tuple[Window, Iterator[Page]]]:
        """Give windows with their pages in order, from the disk where they are kept there.

        Args:
            windows: Neighbouring windows.
            cache: Whether another stream will want them.
            newest_first: Whether the windows run backward in time.

        Yields:
            Windows that cover the same time or more: those that are kept as they were read, the
            parts of those that were too large. The pages are to be taken before the next window.

        Raises:
            TapError: As `Source.read`, behind the pages that could be read.
        """
        aligned = reuse(windows, self._cached, newest_first=newest_first)
        fresh = [window for window in aligned if window not in self._cached]
        to_come = set(fresh)
        with closing(self._read_fresh(fresh, newest_first=newest_first)) as ahead, self._closing():
            for window in aligned:
                if window in self._cached and self._file is not None:
                    self._past += RequestStats(windows_from_disk=1)
                    yield window, _read_kept(self._file, *self._cached[window])
                    continue
                # What was kept may have been given up since.
                is_lost = window not in to_come
                for part, pages in (
                    self._read_fresh([window], newest_first=newest_first) if is_lost else ahead
                ):
                    yield (
                        part,
                        self._cache_pages(part, pages) if cache and self._is_caching else pages,
                    )
                    if part.start == window.start if newest_first else part.end == window.end:
                        break

    @contextmanager
    def _closing(self) -> Generator[None]:
        """Close the source when reading ends early; before the workers, who may wait for it."""
        try:
            yield
        except BaseException:
            self.close()
            raise

    def _read_fresh(
        self, windows: Sequence[Window], *, newest_first: bool
    ) -> Generator[tuple[Window, Iterator[Page]]]:
        source = self.source
        return prefetch(source.read, windows, source.concurrency, newest_first=newest_first)

    def _cache_pages(self, window: Window, pages: Iterator[Page]) -> Iterator[Page]:
        with self._without_room():
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="tap-omnimessages-")  # noqa: SIM115
        file = self._file
        start = file.seek(0, SEEK_END) if file else 0
        for page in pages:
            if page and file is not None and file is self._file:
                with self._without_room():
                    _append(file, page)
            yield page
        if file is not None and file is self._file:
            self._cached[window] = (start, file.tell())

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
            self._forget()
            self._is_caching = False

    def finish(self) -> None:
        """End the last stream's reading."""
        if self._source is not None:
            self._source.finish()
        self.close()

    def close(self) -> None:
        """Give up what is under way and what was kept; the next use opens the source anew."""
        self._forget()
        source, self._source = self._source, None
        if source is not None:
            self._past += source.request_stats
            source.close()

    def _forget(self) -> None:
        """Give the disk space back."""
        self._cached.clear()
        file, self._file = self._file, None
        if file is not None:
            # What could not be written is not wanted any more.
            with suppress(OSError):
                file.close()


def _append(file: IO[bytes], page: Page) -> None:
    file.write(array(_COUNT, [len(page), *map(len, page)]).tobytes())
    file.writelines(page)
    file.flush()


def _read_kept(file: IO[bytes], start: int, end: int) -> Iterator[Page]:
    position = start
    while position < end:
        file.seek(position)
        (rows,) = _read_counts(file, 1)
        page = [file.read(length) for length in _read_counts(file, rows)]
        position = file.tell()
        yield page


def _read_counts(file: IO[bytes], count: int) -> array[int]:
    counts = array(_COUNT)
    counts.frombytes(file.read(count * counts.itemsize))
    return counts

"""Fetch each window once, however many streams use it.

The first stream's pages go to a temporary file, and the next stream reads them from there. The file
keeps memory small.
"""

from __future__ import annotations

import logging
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from tap_omnimessages.errors import (
    ApiError,
    IncompleteWindowError,
    RefusedError,
    RequestCancelledError,
    TapError,
)
from tap_omnimessages.extract.prefetch import prefetch
from tap_omnimessages.extract.spool import Spool
from tap_omnimessages.extract.windows import Window, reuse
from tap_omnimessages.http.stats import RequestStats

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from datetime import datetime, timedelta

    from tap_omnimessages.extract.revisits import Lookback
    from tap_omnimessages.extract.source import Page, Source

logger = logging.getLogger("tap-omnimessages")


class CachedSource:
    """A source whose windows are fetched once and read by any number of streams.

    The source is opened when it is first used, so that discovery needs no API key.
    """

    def __init__(self, open_source: Callable[[], Source], identify: Callable[[], str]) -> None:
        """Set the source.

        Args:
            open_source: Opens the source.
            identify: Returns the id of the account that the rows belong to.
        """
        self._open = open_source
        self._identify = identify
        self._source: Source | None = None
        self._spool = Spool()
        self._cached: dict[Window, tuple[int, int]] = {}
        self._is_caching = True
        self._past = RequestStats()
        self._failure: tuple[Window, TapError] | None = None

    @property
    def source(self) -> Source:
        """The source; the first access opens it."""
        if self._source is None:
            self._source = self._open()
        return self._source

    @property
    def account(self) -> str:
        """The id of the account that the rows belong to; does not open the source."""
        return self._identify()

    @property
    def width(self) -> timedelta:
        """The length of the longest window."""
        return self.source.width

    @property
    def lookback(self) -> Lookback:
        """How far before the bookmark records may still change."""
        return self.source.lookback

    def cap_at_server_time(self, end: datetime, now: datetime) -> datetime:
        """Cap a time at the API's present; see `Source.cap_at_server_time`."""
        return self.source.cap_at_server_time(end, now)

    @property
    def request_stats(self) -> RequestStats:
        """The requests and pauses of all streams so far; does not open the source."""
        source = self._source
        return self._past if source is None else self._past + source.request_stats

    def read(
        self, windows: Sequence[Window], *, cache: bool, newest_first: bool = False
    ) -> Generator[tuple[Window, Iterator[Page]]]:
        """Yield windows with their pages in order, from the cache if it has them.

        Args:
            windows: The windows, adjacent to each other.
            cache: Whether to keep the pages for another stream.
            newest_first: Whether the windows run backward in time.

        Yields:
            Windows that cover at least the same time. A cached window comes as it was fetched; a
            window that is too large comes in parts. Consume a window's pages before you request
            the next window.

        Raises:
            TapError: As `Source.read` does, after the pages that could be read. Where it has ended
                another stream's reading, it is raised again without a request.
        """
        aligned = reuse(windows, self._cached, newest_first=newest_first)
        fresh = [window for window in aligned if window not in self._cached]
        to_fetch = set(fresh)
        with closing(self._fetch(fresh, newest_first=newest_first)) as ahead, self._closing():
            for window in aligned:
                if window in self._cached:
                    self._past += RequestStats(windows_from_disk=1)
                    yield window, self._spool.read(*self._cached[window])
                    continue
                self._raise_again(window)
                parts = ahead
                if window not in to_fetch:
                    # It was cached when reading began, and a full disk has dropped the cache since.
                    parts = self._fetch([window], newest_first=newest_first)
                with self._noting_failure(window):
                    for part, pages in parts:
                        yield part, self._watch(part, pages, cache=cache)
                        if part.start == window.start if newest_first else part.end == window.end:
                            break

    def _watch(self, window: Window, pages: Iterator[Page], *, cache: bool) -> Iterator[Page]:
        with self._noting_failure(window):
            yield from self._keep(window, pages) if cache else pages

    @contextmanager
    def _closing(self) -> Generator[None]:
        """Close the source if reading ends early, so that no worker waits for a response.

        The cache stays: a stream that cannot go on does not end the others.
        """
        try:
            yield
        except BaseException:
            self._close_source()
            raise

    @contextmanager
    def _noting_failure(self, window: Window) -> Generator[None]:
        try:
            yield
        except RequestCancelledError:
            raise
        except TapError as error:
            self._failure = window, error
            raise

    def _raise_again(self, window: Window) -> None:
        """Raise the error that another stream met, where this window would meet it, too.

        Otherwise an API that is down would use up the retry budget once for each stream.
        """
        if self._failure is None:
            return
        failed, error = self._failure
        is_about_window = isinstance(error, RefusedError | IncompleteWindowError)
        is_lasting = isinstance(error, ApiError) and not is_about_window
        overlaps = failed.start < window.end and window.start < failed.end
        if is_lasting or (is_about_window and overlaps):
            raise error

    def _fetch(
        self, windows: Sequence[Window], *, newest_first: bool
    ) -> Generator[tuple[Window, Iterator[Page]]]:
        source = self.source
        return prefetch(source.read, windows, source.concurrency, newest_first=newest_first)

    def _keep(self, window: Window, pages: Iterator[Page]) -> Iterator[Page]:
        """Yield a window's pages, and cache each."""
        spool = self._spool
        start = spool.end
        for page in pages:
            if page and self._is_caching and spool is self._spool:
                self._write(page)
            yield page
        if self._is_caching and spool is self._spool:
            self._cached[window] = (start, spool.end)

    def _write(self, page: Page) -> None:
        """Write a page; stop caching if the disk is full, which costs requests and no records."""
        try:
            self._spool.append(page)
        except OSError as error:
            logger.warning(
                "Writing the temporary file failed (%s). From here on, each stream of an API sends "
                "its own requests, so the run needs more of them.",
                error.strerror,
            )
            self._drop()
            self._is_caching = False

    def finish(self) -> None:
        """Let the source report, after the last stream."""
        if self._source is not None:
            self._source.finish()

    def close(self) -> None:
        """Cancel open requests and drop the cache; the next use opens the source again."""
        self._drop()
        self._close_source()

    def _close_source(self) -> None:
        source, self._source = self._source, None
        if source is not None:
            self._past += source.request_stats
            source.close()

    def _drop(self) -> None:
        self._cached.clear()
        self._spool.close()
        self._spool = Spool()

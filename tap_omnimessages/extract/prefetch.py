"""Prefetching: worker threads read windows ahead, and the pages come out in order.

Each worker sends one request at a time, so the number of workers limits the requests under way. The
pages that wait are limited in bytes; only the window that is next in order may exceed the limit.

This file has the workers and chooses their work. `open_window` has the state of one window, and
starts no thread.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from tap_omnimessages.extract.open_window import ExpectedRequest, OpenWindow, State
from tap_omnimessages.extract.source import WindowTooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from tap_omnimessages.extract.source import Page, RequestPlanner
    from tap_omnimessages.extract.windows import Window

    Read = Callable[[Window, RequestPlanner], Iterator[Page]]

Response = TypeVar("Response")

# Limits for each worker; a page has about 100 to 400 kB.
_BYTES_AHEAD_PER_WORKER = 4 * 1024 * 1024
_WINDOWS_AHEAD_PER_WORKER = 8
# Low, because an expected request may turn out to be unnecessary.
_RESPONSES_AHEAD_PER_WORKER = 2
_SHUTDOWN_TIMEOUT_SECONDS = 1.0


def prefetch(
    read: Read, windows: Iterable[Window], workers: int, *, newest_first: bool = False
) -> Generator[tuple[Window, Iterator[Page]]]:
    """Read windows ahead, and yield their pages in order.

    Args:
        read: Yields a window's pages, as `Source.read`; called by several threads at the same time.
        windows: The windows, in the order of the output.
        workers: The largest number of requests at the same time; 1 starts no thread.
        newest_first: Whether the windows run backward in time; so do the parts of a large one.

    Yields:
        Each window with its pages; a window that is too large comes in parts. Consume a window's
        pages before you request the next window. The error of a window is raised after its pages.
    """
    if workers == 1:
        yield from _read_sequentially(read, windows, newest_first=newest_first)
        return
    prefetcher = _Prefetcher(read, deque(windows), workers, newest_first=newest_first)
    try:
        yield from prefetcher.windows()
    finally:
        prefetcher.stop()


class SequentialPlanner:
    """Sends each request when its response is needed, and none ahead of time."""

    def expect(self, keys: Sequence[int], fetch: Callable[[int], Any]) -> None:
        """Do nothing."""

    def send(self, key: int, fetch: Callable[[int], Response]) -> Response:
        """Send the request."""
        return fetch(key)


def _read_sequentially(
    read: Read, windows: Iterable[Window], *, newest_first: bool
) -> Iterator[tuple[Window, Iterator[Page]]]:
    pending = deque(windows)
    while pending:
        window = pending.popleft()
        pages = read(window, SequentialPlanner())
        try:
            first = next(pages, None)
        except WindowTooLargeError as large:
            pending.extendleft(large.parts if newest_first else reversed(large.parts))
            continue
        yield window, chain([] if first is None else [first], pages)


class _Prefetcher:
    """The worker threads, and the state they share under one lock; no request runs under it."""

    def __init__(
        self, read: Read, windows: deque[Window], workers: int, *, newest_first: bool
    ) -> None:
        self._read = read
        self._waiting = windows
        self._workers = workers
        self._newest_first = newest_first
        self._lock = threading.Lock()
        self._page_came = threading.Condition(self._lock)
        self._work_came = threading.Condition(self._lock)
        self._opened: deque[OpenWindow] = deque()
        self._bytes = 0
        self._has_begun = False
        self._stopped = False
        self._threads: list[threading.Thread] = []
        self._idle = 0

    def windows(self) -> Iterator[tuple[Window, Iterator[Page]]]:
        """Yield the windows in order, each with its pages."""
        while True:
            with self._lock:
                self._open_windows()
                if not self._opened:
                    return
                self._call_worker()
                # While this waits, parts may replace the first window.
                self._page_came.wait_for(lambda: self._opened[0].has_news)
                opened = self._opened[0]
            yield opened.window, self._pages_of(opened)
            with self._lock:
                self._opened.popleft()

    def _pages_of(self, opened: OpenWindow) -> Iterator[Page]:
        while True:
            with self._lock:
                self._page_came.wait_for(lambda: opened.has_news)
                if not opened.pages:
                    break
                page = opened.pages.popleft()
                had_room = self._has_room
                self._bytes -= _size(page)
                if not had_room:
                    self._call_worker()
            yield page
        if opened.error is not None:
            raise opened.error

    def stop(self) -> None:
        """Stop the workers; wait a short time for their last responses."""
        with self._lock:
            self._stopped = True
            self._work_came.notify_all()
        deadline = time.monotonic() + _SHUTDOWN_TIMEOUT_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    @property
    def _has_room(self) -> bool:
        return self._bytes < self._workers * _BYTES_AHEAD_PER_WORKER

    def _open_windows(self) -> None:
        most = self._workers * _WINDOWS_AHEAD_PER_WORKER
        while self._waiting and len(self._opened) < most:
            self._opened.append(OpenWindow(self._waiting.popleft(), self._lock))

    def _call_worker(self) -> None:
        """Wake or start one worker if there is work; that worker calls the next."""
        if self._find_work() is None:
            return
        if self._idle:
            self._work_came.notify()
        elif len(self._threads) < self._workers:
            name = f"read-ahead-{len(self._threads)}"
            thread = threading.Thread(target=self._work, name=name, daemon=True)
            try:
                thread.start()
            except RuntimeError:
                # The system allows no more threads, so the existing ones do the work.
                if not self._threads:
                    raise
                self._workers = len(self._threads)
            else:
                self._threads.append(thread)

    def _work(self) -> None:
        while (work := self._take_work()) is not None:
            opened, request = work
            if request is None:
                self._advance(opened)
                continue
            request.run()
            with self._lock:
                request.done = True

    def _take_work(self) -> tuple[OpenWindow, ExpectedRequest | None] | None:
        """Wait for work and claim it; return None once the workers are stopped."""
        with self._lock:
            while not self._stopped:
                work = self._find_work()
                if work is not None:
                    opened, request = work
                    if request is None:
                        opened.begin_page()
                    else:
                        request.started = True
                    self._call_worker()
                    return work
                self._idle += 1
                self._work_came.wait()
                self._idle -= 1
        return None

    def _find_work(self) -> tuple[OpenWindow, ExpectedRequest | None] | None:
        """Choose the next work: the first window, in order, that one of these cases settles.

        Returns:
            A window with a request to send ahead, or with None to read its next page. None if
            there is nothing to do.
        """
        for place, opened in enumerate(self._opened):
            # 1. The window has failed. Later windows are not needed: the run ends here.
            if opened.state is State.FAILED:
                return None
            # 2. The buffer is full. Only the next window in order, out of pages, may go on.
            is_next = place == 0 and not opened.pages
            if not (self._has_room or is_next):
                return None
            # 3. No worker reads the window, and it expects nothing or its next response is there.
            if opened.can_advance:
                return opened, None
            # 4. No page has come yet. A refused API key should cost one request, not several.
            if not self._has_begun:
                return None
            # 5. The window expects requests, and one of them is not sent yet. Otherwise, look on.
            request = opened.next_request(self._workers * _RESPONSES_AHEAD_PER_WORKER)
            if request is not None:
                return opened, request
        return None

    def _advance(self, opened: OpenWindow) -> None:
        """Read a window's next page without the lock; record the result under the lock."""
        page: Page | None = None
        parts: Sequence[Window] | None = None
        error: BaseException | None = None
        try:
            if opened.steps is None:
                opened.steps = self._read(opened.window, opened)
            page = next(opened.steps, None)
        except WindowTooLargeError as large:
            parts, error = large.parts, large
        except BaseException as raised:  # noqa: BLE001 - raised where its pages are consumed
            error = raised
        with self._lock:
            self._has_begun |= error is None or parts is not None
            # Parts can replace a window only before its first page.
            if parts is not None and opened.state is State.STARTING:
                self._replace(opened, parts)
            elif page is not None:
                opened.add_page(page)
                self._bytes += _size(page)
            else:
                opened.end(error)
            self._open_windows()
            if opened is self._opened[0]:
                self._page_came.notify()

    def _replace(self, opened: OpenWindow, parts: Sequence[Window]) -> None:
        ordered = reversed(parts) if self._newest_first else parts
        queue = list(self._opened)
        place = queue.index(opened)
        queue[place : place + 1] = [OpenWindow(part, self._lock) for part in ordered]
        self._opened = deque(queue)


def _size(page: Page) -> int:
    return sum(map(len, page))

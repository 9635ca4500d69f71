"""Reading windows ahead: ordered, bounded, cancellable.

Windows are read by a few worker threads and given in their order, whatever order their answers
come in. A window that waits for an answer occupies one worker for that request only, so the number
of requests under way never passes the number of workers. What has been read ahead is bounded by
its size; only the window whose turn it is may always go on.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from tap_omnimessages.extract.open_window import ExpectedRequest, OpenWindow
from tap_omnimessages.extract.source import WindowTooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from tap_omnimessages.extract.source import Page, RequestPlanner
    from tap_omnimessages.extract.windows import Window

    Read = Callable[[Window, RequestPlanner], Iterator[Page]]

Answer = TypeVar("Answer")

# What waits for its turn, for each worker: a page holds about 100 to 400 kB.
_BYTES_AHEAD_PER_WORKER = 4 * 1024 * 1024
_WINDOWS_AHEAD_PER_WORKER = 8
# Expected requests may turn out to be idle ones.
_ANSWERS_AHEAD_PER_WORKER = 2
_SHUTDOWN_TIMEOUT_SECONDS = 1.0


def prefetch(
    read: Read, windows: Iterable[Window], workers: int, *, newest_first: bool = False
) -> Generator[tuple[Window, Iterator[Page]]]:
    """Read windows and give their pages in order.

    Args:
        read: Gives a window's pages; `Source.read`. Windows may be read at the same time.
        windows: The windows, in the order wanted.
        workers: How many requests may be under way at the same time; with 1 no thread is started.
        newest_first: Whether the windows run backward in time, so that the parts of a large one do.

    Yields:
        Each window, or each part of one that was too large, with its pages. They are to be
        taken before the next window is asked for. An error comes where its window's pages end.
    """
    if workers == 1:
        yield from _read_in_turn(read, windows, newest_first=newest_first)
        return
    crew = _Prefetcher(read, deque(windows), workers, newest_first=newest_first)
    try:
        yield from crew.give()
    finally:
        crew.stop()


class SequentialPlanner:
    """Sends each request when it is its turn."""

    def expect(self, keys: Sequence[int], ask: Callable[[int], Any]) -> None:
        """Do nothing."""

    def send(self, key: int, ask: Callable[[int], Answer]) -> Answer:
        """Send the request."""
        return ask(key)


def _read_in_turn(
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
    """The workers of one reading, and what they share under one lock."""

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

    def give(self) -> Iterator[tuple[Window, Iterator[Page]]]:
        """Give windows in order, each with its pages."""
        while True:
            with self._lock:
                self._open_windows()
                if not self._opened:
                    return
                self._call_worker()
                # A window that is too large gives its place to its parts meanwhile.
                self._page_came.wait_for(lambda: self._opened[0].has_news)
                opened = self._opened[0]
            yield opened.window, self._give_pages(opened)
            with self._lock:
                self._opened.popleft()

    def _give_pages(self, opened: OpenWindow) -> Iterator[Page]:
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
        """Let the workers go; an answer that does not come soon is not waited for."""
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
        """Wake or start a worker if there is work; it will call the next one."""
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
                # The system gives no more threads: those that there are do the work.
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
        """Wait for work and mark it as taken; None when there will be no more."""
        with self._lock:
            while not self._stopped:
                work = self._find_work()
                if work is not None:
                    opened, request = work
                    if request is None:
                        opened.busy = True
                    else:
                        request.started = True
                    self._call_worker()
                    return work
                self._idle += 1
                self._work_came.wait()
                self._idle -= 1
        return None

    def _find_work(self) -> tuple[OpenWindow, ExpectedRequest | None] | None:
        """Give the first thing to do in the order of the windows: a page, or a request for one."""
        for place, opened in enumerate(self._opened):
            is_next = place == 0 and not opened.pages
            if opened.error is not None or not (self._has_room or is_next):
                return None
            if opened.can_go_on:
                return opened, None
            # A wrong key or address costs one request, not as many as there are workers.
            if not self._has_begun:
                return None
            request = opened.next_request(self._workers * _ANSWERS_AHEAD_PER_WORKER)
            if request is not None:
                return opened, request
        return None

    def _advance(self, opened: OpenWindow) -> None:
        """Read a window's next page."""
        page: Page | None = None
        parts: Sequence[Window] | None = None
        error: BaseException | None = None
        try:
            if opened.steps is None:
                opened.steps = self._read(opened.window, opened)
            page = next(opened.steps, None)
        except WindowTooLargeError as large:
            parts, error = large.parts, large
        except BaseException as raised:  # noqa: BLE001 - raised when it is the window's turn
            error = raised
        with self._lock:
            opened.busy = False
            self._has_begun |= error is None or parts is not None
            # Once its pages have been given out, a window cannot give way to its parts.
            if parts is not None and not opened.begun:
                self._replace(opened, parts)
            elif page is not None:
                opened.begun = True
                opened.pages.append(page)
                self._bytes += _size(page)
            else:
                opened.ended = True
                opened.error = error
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

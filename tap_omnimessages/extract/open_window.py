"""The state of a window that is being read ahead: its pages, and the requests it expects.

`OpenWindow.expect` and `send` take the lock; the caller of the other methods holds it. No request
is sent under the lock. `prefetch` has the threads.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Sequence

    from tap_omnimessages.extract.source import Page
    from tap_omnimessages.extract.windows import Window

Response = TypeVar("Response")


class State(Enum):
    """The state of a window.

    The order is NEW, STARTING, then IDLE and READING in turn, and ENDED or FAILED. A window without
    a page goes from STARTING to ENDED or FAILED.
    """

    NEW = auto()
    """No worker has begun to read the window."""
    STARTING = auto()
    """A worker reads the first page. Parts may replace the window until the page comes."""
    IDLE = auto()
    """Pages have come, and no worker reads the next one."""
    READING = auto()
    """A worker reads the next page."""
    ENDED = auto()
    """All pages have come."""
    FAILED = auto()
    """An error ended the window."""


@dataclass
class ExpectedRequest:
    """A request that its window will probably need: new, sent (`started`) or answered (`done`)."""

    key: int
    fetch: Callable[[int], Any]
    started: bool = False
    done: bool = False
    response: Any = None
    error: BaseException | None = None

    def run(self) -> None:
        """Send the request; keep the response, or the error."""
        try:
            self.response = self.fetch(self.key)
        except BaseException as error:  # noqa: BLE001 - raised where the response is needed
            self.error = error

    def result(self) -> Any:  # noqa: ANN401
        """Return the response, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.response


@dataclass(eq=False)
class OpenWindow:
    """A window that one worker at a time reads, page by page; the `RequestPlanner` of its requests.

    Attributes:
        window: The window.
        lock: The lock that guards the attributes below.
        state: The state of the window.
        error: The error that ended the window; None unless the state is FAILED.
        steps: The iterator of the window's pages; None until a worker begins.
        pages: The pages that have come and are not consumed yet.
        requests: The requests that the window will probably need, in order.
    """

    window: Window
    lock: threading.Lock
    state: State = State.NEW
    error: BaseException | None = None
    steps: Iterator[Page] | None = None
    pages: deque[Page] = field(default_factory=deque)
    requests: deque[ExpectedRequest] = field(default_factory=deque)

    def expect(self, keys: Sequence[int], fetch: Callable[[int], Any]) -> None:
        """Queue the expected requests; see `RequestPlanner.expect`. Keep those that are queued."""
        with self.lock:
            known = {request.key: request for request in self.requests}
            self.requests = deque(known.get(key) or ExpectedRequest(key, fetch) for key in keys)

    def send(self, key: int, fetch: Callable[[int], Response]) -> Response:
        """Return the response to a request, sent ahead or now; see `RequestPlanner.send`."""
        with self.lock:
            request = self.requests.popleft() if self.requests else None
            if request is None or request.key != key or not request.done:
                # Not the expected request, so the expectations for later ones are wrong, too.
                self.requests.clear()
                request = None
        return fetch(key) if request is None else request.result()

    @property
    def has_news(self) -> bool:
        """Whether a page can be consumed, or no other page will come."""
        return bool(self.pages) or self.state in {State.ENDED, State.FAILED}

    @property
    def can_advance(self) -> bool:
        """Whether a worker can read the next page without waiting for another one."""
        is_free = self.state in {State.NEW, State.IDLE}
        return is_free and not (self.requests and not self.requests[0].done)

    def begin_page(self) -> None:
        """Record that a worker begins to read the next page."""
        self.state = State.STARTING if self.state is State.NEW else State.READING

    def add_page(self, page: Page) -> None:
        """Record a page that has come."""
        self.pages.append(page)
        self.state = State.IDLE

    def end(self, error: BaseException | None) -> None:
        """Record that no other page will come, and the error that is the reason, if any."""
        self.state = State.ENDED if error is None else State.FAILED
        self.requests.clear()
        self.error = error

    def next_request(self, most: int) -> ExpectedRequest | None:
        """Return the first of the next `most` expected requests that no worker has sent."""
        return next(
            (request for request in islice(self.requests, most) if not request.started), None
        )

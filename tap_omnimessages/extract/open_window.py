"""A window that is being read: its state, its pages so far, and the requests it expects."""

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
    """Where a window stands.

    NEW -> STARTING -> IDLE <-> READING -> ENDED or FAILED; STARTING may also end or fail.
    """

    NEW = auto()
    """No worker has begun."""
    STARTING = auto()
    """A worker reads the first page; until it comes, the window may be replaced by its parts."""
    IDLE = auto()
    """Pages have come, and no worker reads the next."""
    READING = auto()
    """A worker reads the next page."""
    ENDED = auto()
    """No other page will come."""
    FAILED = auto()
    """An error has ended the window."""


@dataclass
class ExpectedRequest:
    """A request that is expected to come: waiting, sent (`started`), or answered (`done`)."""

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
        except BaseException as error:  # noqa: BLE001 - raised where the response is wanted
            self.error = error

    def result(self) -> Any:  # noqa: ANN401
        """Return the response, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.response


@dataclass(eq=False)
class OpenWindow:
    """A window on its way, advanced page by page by one worker at a time.

    Attributes:
        window: The window.
        lock: Held while the attributes below are read or changed.
        state: Where the window stands.
        error: What ended it, where the state is FAILED.
        steps: Its pages; None until a worker has begun.
        pages: The pages that have been read and not been passed on.
        requests: The requests that are expected next.
    """

    window: Window
    lock: threading.Lock
    state: State = State.NEW
    error: BaseException | None = None
    steps: Iterator[Page] | None = None
    pages: deque[Page] = field(default_factory=deque)
    requests: deque[ExpectedRequest] = field(default_factory=deque)

    def expect(self, keys: Sequence[int], fetch: Callable[[int], Any]) -> None:
        """Queue requests, as `RequestPlanner.expect` says."""
        with self.lock:
            known = {request.key: request for request in self.requests}
            self.requests = deque(known.get(key) or ExpectedRequest(key, fetch) for key in keys)

    def send(self, key: int, fetch: Callable[[int], Response]) -> Response:
        """Return the response to a request, as `RequestPlanner.send` says."""
        with self.lock:
            request = self.requests.popleft() if self.requests else None
            if request is None or request.key != key or not request.done:
                # The window needs another request than it expected.
                self.requests.clear()
                request = None
        return fetch(key) if request is None else request.result()

    @property
    def has_news(self) -> bool:
        """Whether a page can be passed on, or none will come."""
        return bool(self.pages) or self.state in {State.ENDED, State.FAILED}

    @property
    def can_advance(self) -> bool:
        """Whether a worker can read the next page without waiting for another worker."""
        is_free = self.state in {State.NEW, State.IDLE}
        return is_free and not (self.requests and not self.requests[0].done)

    def begin_page(self) -> None:
        """Record that a worker reads the next page."""
        self.state = State.STARTING if self.state is State.NEW else State.READING

    def add_page(self, page: Page) -> None:
        """Record a page that has been read."""
        self.pages.append(page)
        self.state = State.IDLE

    def end(self, error: BaseException | None) -> None:
        """Record that no other page will come."""
        self.state = State.ENDED if error is None else State.FAILED
        self.error = error

    def next_request(self, most: int) -> ExpectedRequest | None:
        """Return the first of the next `most` expected requests that no worker has sent."""
        return next(
            (request for request in islice(self.requests, most) if not request.started), None
        )

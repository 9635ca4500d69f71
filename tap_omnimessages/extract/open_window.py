"""A window that is being read: its pages so far, and the requests that are expected next."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Sequence

    from tap_omnimessages.extract.source import Page
    from tap_omnimessages.extract.windows import Window

Answer = TypeVar("Answer")


@dataclass
class ExpectedRequest:
    """A request that is expected to come: waiting, under way (`started`), or answered (`done`)."""

    key: int
    ask: Callable[[int], Any]
    started: bool = False
    done: bool = False
    answer: Any = None
    error: BaseException | None = None

    def run(self) -> None:
        """Send it; what comes is kept, be it an error."""
        try:
            self.answer = self.ask(self.key)
        except BaseException as error:  # noqa: BLE001 - raised where the answer is wanted
            self.error = error

    def result(self) -> Any:  # noqa: ANN401
        """Give the answer, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.answer


@dataclass(eq=False)
class OpenWindow:
    """A window on its way, advanced page by page by one worker at a time.

    Attributes:
        window: The window.
        lock: Held while what follows is read or changed.
        steps: Gives its pages; None before a worker has begun.
        busy: Whether a worker is about to take the next page.
        begun: Whether a page has come.
        ended: Whether no other page will come.
        error: What ended it before its time.
        pages: What has been read and not been given.
        requests: What is expected to be asked for next.
    """

    window: Window
    lock: threading.Lock
    steps: Iterator[Page] | None = None
    busy: bool = False
    begun: bool = False
    ended: bool = False
    error: BaseException | None = None
    pages: deque[Page] = field(default_factory=deque)
    requests: deque[ExpectedRequest] = field(default_factory=deque)

    def expect(self, keys: Sequence[int], ask: Callable[[int], Any]) -> None:
        """Queue requests, as `RequestPlanner.expect` says."""
        with self.lock:
            known = {request.key: request for request in self.requests}
            self.requests = deque(known.get(key) or ExpectedRequest(key, ask) for key in keys)

    def send(self, key: int, ask: Callable[[int], Answer]) -> Answer:
        """Give the answer of a request, as `RequestPlanner.send` says."""
        with self.lock:
            request = self.requests.popleft() if self.requests else None
            if request is None or request.key != key or not request.done:
                # What comes differs from what was expected.
                self.requests.clear()
                request = None
        return ask(key) if request is None else request.result()

    @property
    def has_news(self) -> bool:
        """Whether a page is there to be given, or none will come."""
        return bool(self.pages) or self.ended

    @property
    def can_go_on(self) -> bool:
        """Whether a worker can take the next page without waiting for another worker."""
        return not (self.busy or self.ended or (self.requests and not self.requests[0].done))

    def next_request(self, most: int) -> ExpectedRequest | None:
        """Give the first expected request, among so many, that no worker has begun."""
        return next(
            (request for request in islice(self.requests, most) if not request.started), None
        )

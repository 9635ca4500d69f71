"""Send the requests of a check: few, few times each, and refusals are answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tap_omnimessages.errors import ApiError, RefusedError
from tap_omnimessages.lenient_json import decode_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_omnimessages.http.client import HttpClient, Request
    from tap_omnimessages.http.response_log import ResponseLog

T = TypeVar("T")

# An API may respond to what it does not know with a server error, so the tries are few.
_TRIES = 3


class ProbeLimitError(ApiError):
    """A check has sent as many requests as it may."""


@dataclass(frozen=True)
class Reply(Generic[T]):
    """A usable response.

    Attributes:
        page: The parsed response.
        body: The fields of the body.
        seconds: How long it took.
    """

    page: T
    body: dict[str, Any]
    seconds: float


class Prober(Generic[T]):
    """Sends the requests of a check to one API.

    Attributes:
        client: The client.
        log: What it has recorded.
        is_brief: Whether a request is given up after a few tries; otherwise as in a run.
    """

    def __init__(
        self,
        client: HttpClient,
        log: ResponseLog,
        parse: Callable[[bytes], T],
        most_requests: int,
    ) -> None:
        """Start without a request.

        Args:
            client: Sends the requests.
            log: Belongs to the client.
            parse: Parses a body, as `HttpClient.call` takes it.
            most_requests: How many requests may be sent, retries included.
        """
        self.client = client
        self.log = log
        self.is_brief = False
        self._parse = parse
        self._most_requests = most_requests

    @property
    def requests(self) -> int:
        """How many requests have been sent."""
        return self.client.request_stats.requests

    def first(self, request: Request) -> Reply[T]:
        """Send the first request, with the retries of a run.

        Raises:
            ApiError: As `HttpClient.call`.
        """
        return self._reply(request, {})

    def ask(
        self, request: Request, *, accepts_no_rows: bool = False, is_trial: bool = False
    ) -> Reply[T]:
        """Send another request.

        Args:
            request: The request.
            accepts_no_rows: As `HttpClient.call` takes it.
            is_trial: Whether a few tries are enough, because nobody knows if the API understands.

        Raises:
            RefusedError: The API refuses the request.
            ProbeLimitError: There have been enough requests.
            ApiError: There is no usable response after a few tries.
        """
        if self.requests >= self._most_requests:
            msg = "there have been enough requests"
            raise ProbeLimitError(msg)
        tries = _TRIES if is_trial or self.is_brief else None
        options = {"tries": tries, "believes_refusals": True, "accepts_no_rows": accepts_no_rows}
        return self._reply(request, options)

    def refuses(self, request: Request) -> bool:
        """Return whether the API refuses a request.

        Raises:
            ApiError: As `ask`, apart from the refusal.
        """
        try:
            self.ask(request)
        except RefusedError:
            return True
        return False

    def _reply(self, request: Request, options: dict[str, Any]) -> Reply[T]:
        def parse(body: bytes) -> tuple[T, bytes]:
            return self._parse(body), body

        page, body = self.client.call(request, parse, **options)
        fields = decode_row(body)
        seconds = self.log.seconds[-1] if self.log.seconds else 0.0
        return Reply(page, fields if isinstance(fields, dict) else {}, seconds)

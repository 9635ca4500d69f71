"""The odd behaviours of both APIs: tables of small functions, by the names in `ODDITIES`."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from omnimessages_sandbox.apis.responses import ApiResponse, RefusedError, Window
from omnimessages_sandbox.switches.oddities import split_oddity
from omnimessages_sandbox.times import DAY
from omnimessages_sandbox.world.lives import Json, dumps, loads

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    Respond = Callable[[], ApiResponse]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where an API keeps the rows of a page.

    Attributes:
        path: The names that lead to the list.
        refusal: The refusal of a page behind a cap.
        end: Changes a body so that it announces no other page.
    """

    path: tuple[str, ...]
    refusal: RefusedError
    end: Callable[[dict[str, Any]], None]

    def with_rows(self, body: bytes, keep: Callable[[list[Json]], list[Json]]) -> dict[str, Any]:
        """Decode a body and replace its list of rows."""
        decoded: dict[str, Any] = loads(body)
        part: Any = decoded
        for name in self.path[:-1]:
            part = part.get(name) or {}
        part[self.path[-1]] = keep(part.get(self.path[-1]) or [])
        return decoded


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The request for a page, as the client wrote it.

    Attributes:
        window: The bounds.
        place: The offset or the cursor.
        limit: The limit.
        is_first: Whether the place is the first page.
    """

    window: Hashable
    place: str
    limit: int
    is_first: bool


@dataclass(slots=True)
class OddApi:
    """What an API does differently; the default value changes nothing.

    Attributes:
        value: The value of the switch, for instance `cap:20`.
        envelope: Where the API keeps the rows of a page.
        requests: The number of requests so far.
        memory: What the behaviour remembers of earlier requests.
    """

    value: str
    envelope: Envelope
    requests: int = 0
    memory: dict[Hashable, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the behaviour."""
        return split_oddity(self.value)[0]

    @property
    def number(self) -> int:
        """The number behind the name; 0 if there is none."""
        return split_oddity(self.value)[1]

    def window(self, window: Window, now_us: int) -> Window:
        """Return the window that the API reads for the requested one."""
        change = _WINDOWS.get(self.name)
        return change(window, now_us, self.number) if change else window

    def rows(self, rows: list[T], id_of: Callable[[T], str]) -> list[T]:
        """Return the rows of a window that any page shows."""
        change = _ROWS.get(self.name)
        return change(rows, id_of, self.number) if change else rows

    def start(self, start: int, count: int, limit: int) -> int:
        """Return the index of a page's first row.

        Args:
            start: The requested index.
            count: The number of rows of the window.
            limit: The applied limit.

        Raises:
            RefusedError: The API refuses what lies behind its cap.
        """
        if not start or start < count or count < self.number:
            return start
        if self.name == "cap_refuses":
            raise self.envelope.refusal
        return max(count - limit, 0) if self.name == "cap_repeats" else start

    def answer(self, request: PageRequest, respond: Respond) -> ApiResponse:
        """Return the response to a request; `respond` makes the usual one."""
        change = _ANSWERS.get(self.name)
        if change is None:
            return respond()
        self.requests += 1
        return change(self, request, respond)

    @property
    def is_nth(self) -> bool:
        """Whether this is an Nth request."""
        return self.requests % self.number == 0


def _whole_days(window: Window, _: int, __: int) -> Window:
    return Window(_midnight(window.from_us), _midnight(window.to_us, 1), window.bounds)


_WINDOWS: dict[str, Callable[[Window, int, int], Window]] = {
    "newest_days": lambda window, now, days: Window(now - days * DAY, now, window.bounds),
    "window_ignored": lambda window, _, __: Window(0, None, window.bounds),
    "whole_days": _whole_days,
    "whole_days_cap": _whole_days,
    "dates_only": lambda window, _, __: Window(
        _midnight(window.from_us), _midnight(window.to_us), window.bounds
    ),
}


def _midnight(us: int | None, days_later: int = 0) -> int | None:
    return None if us is None else us - us % DAY + days_later * DAY


def _capped(rows: list[T], _: Callable[[T], str], number: int) -> list[T]:
    return rows[:number]


def _half(rows: list[T], id_of: Callable[[T], str], _: int) -> list[T]:
    return [row for row in rows if zlib.crc32(id_of(row).encode()) % 2]


_ROWS: dict[str, Callable[[list[Any], Callable[[Any], str], int], list[Any]]] = {
    "cap": _capped,
    "cap_repeats": _capped,
    "cap_refuses": _capped,
    "whole_days_cap": _capped,
    "half_hidden": _half,
}


def _limit_above(odd: OddApi, request: PageRequest, respond: Respond) -> ApiResponse:
    response = respond()
    if request.limit <= odd.number:
        return response
    body = _emptied(odd, response)
    if odd.name == "limit_above_total_0":
        body["data"]["total"] = 0
    return ApiResponse(200, dumps(body))


def _emptied(odd: OddApi, response: ApiResponse) -> dict[str, Any]:
    body = odd.envelope.with_rows(response.body, lambda _: [])
    odd.envelope.end(body)
    return body


def _cache_without_window(odd: OddApi, request: PageRequest, respond: Respond) -> ApiResponse:
    key = (request.place, request.limit)
    if key not in odd.memory:
        odd.memory[key] = respond()
    cached: ApiResponse = odd.memory[key]
    return cached


def _empty_page_once(odd: OddApi, request: PageRequest, respond: Respond) -> ApiResponse:
    response = respond()
    if request.is_first or not response.rows or request.window in odd.memory:
        return response
    odd.memory[request.window] = True
    return ApiResponse(200, dumps(_emptied(odd, response)))


def _empty_beside(**trouble: Json) -> Callable[[OddApi, PageRequest, Respond], ApiResponse]:
    def answer(odd: OddApi, _: PageRequest, respond: Respond) -> ApiResponse:
        response = respond()
        if not odd.is_nth:
            return response
        return ApiResponse(200, dumps({**_emptied(odd, response), **trouble}))

    return answer


def _half_beside(**trouble: Json) -> Callable[[OddApi, PageRequest, Respond], ApiResponse]:
    def answer(odd: OddApi, _: PageRequest, respond: Respond) -> ApiResponse:
        response = respond()
        if not odd.is_nth:
            return response
        body = odd.envelope.with_rows(response.body, lambda rows: rows[: len(rows) // 2])
        return ApiResponse(200, dumps({**body, **trouble}), response.rows // 2)

    return answer


def _null_rows(odd: OddApi, _: PageRequest, respond: Respond) -> ApiResponse:
    response = respond()
    body = odd.envelope.with_rows(response.body, lambda rows: [None, *rows] if rows else rows)
    return ApiResponse(200, dumps(body), response.rows)


def _null_messages(odd: OddApi, _: PageRequest, respond: Respond) -> ApiResponse:
    def with_nulls(rows: list[Json]) -> list[Json]:
        return [{**row, "messages": [None, *(row.get("messages") or [])]} for row in rows]

    response = respond()
    body = odd.envelope.with_rows(response.body, with_nulls)
    return ApiResponse(200, dumps(body), response.rows)


def _no_rows(status: int, body: bytes) -> Callable[[OddApi, PageRequest, Respond], ApiResponse]:
    def answer(_: OddApi, __: PageRequest, respond: Respond) -> ApiResponse:
        response = respond()
        return response if response.rows else ApiResponse(status, body)

    return answer


_ANSWERS: dict[str, Callable[[OddApi, PageRequest, Respond], ApiResponse]] = {
    "limit_above": _limit_above,
    "limit_above_total_0": _limit_above,
    "cache_without_window": _cache_without_window,
    "trouble_message": _empty_beside(message="upstream request failed"),
    "trouble_error": _empty_beside(error="shard unavailable"),
    "trouble_errors": _empty_beside(errors=["a shard did not answer"]),
    "trouble_status": _empty_beside(statusCode=429),
    "half_partial": _half_beside(success="partial"),
    "half_timed_out": _half_beside(timed_out=True),
    "empty_page_once": _empty_page_once,
    "null_rows": _null_rows,
    "null_messages": _null_messages,
    "no_rows_204": _no_rows(204, b""),
    "no_rows_404": _no_rows(404, dumps({"success": False, "message": "No messages in this time"})),
    "no_rows_data_list": _no_rows(200, dumps({"success": True, "data": []})),
    "no_rows_data_null": _no_rows(200, dumps({"success": True, "data": None})),
    "no_rows_object": _no_rows(200, b"{}"),
}

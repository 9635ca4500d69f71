"""The accounts that the benchmark reads, and the responses for them.

Every body comes from the sandbox's own code, called in process. A history ten times as long would
take the sandbox minutes and gigabytes, so the long account repeats one block of time: a request
for an earlier block gets the body of the last block, with shifted times and ids.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from benchmarks.clients import BLOCK, END
from omnimessages_sandbox import GeneratedWorld
from omnimessages_sandbox.apis.antbuddy.api import AntBuddyApi
from omnimessages_sandbox.apis.etelecom.api import EtelecomApi
from omnimessages_sandbox.switches.variants import DEFAULTS
from omnimessages_sandbox.times import SECOND, iso, parse_time

if TYPE_CHECKING:
    from collections.abc import Callable

_BLOCK_US = BLOCK // timedelta(microseconds=1)
_END_US = parse_time(END)


@dataclass(frozen=True)
class Account:
    """An account, described by how busy it is.

    Attributes:
        sessions_per_day: AntBuddy's sessions on an average day, each of about five messages.
        notifications_per_day: eTelecom's notifications on an average day.
        blocks: The length of its history in blocks of 210 days, up to `END`.
    """

    sessions_per_day: float
    notifications_per_day: float
    blocks: int = 1

    @property
    def start(self) -> datetime:
        """The time when the account begins, UTC."""
        return END - self.blocks * BLOCK

    @cached_property
    def source(self) -> _Block:
        """The account's last block, which produces the responses."""
        return _block(self.sessions_per_day, self.notifications_per_day)


# 20,000 sessions with 100,000 messages, and 100,000 notifications.
_LARGE = (95.2, 476.0)

ACCOUNTS = {
    "large": Account(*_LARGE),
    "long": Account(*_LARGE, blocks=10),
    # A fifth of it, in about 280 pages.
    "medium": Account(_LARGE[0] / 5, _LARGE[1] / 5),
    "small": Account(_LARGE[0] / 50, _LARGE[1] / 50),
    "small-long": Account(_LARGE[0] / 50, _LARGE[1] / 50, blocks=10),
}


class Answered(NamedTuple):
    """A response.

    Attributes:
        status: The HTTP status.
        body: The JSON.
        rows: How many sessions or notifications it holds.
    """

    status: int
    body: bytes
    rows: int


class _Block:
    """One block of time of a sandbox's world, with every response so far."""

    def __init__(self, sessions_per_day: float, notifications_per_day: float) -> None:
        world = GeneratedWorld(1, iso(_END_US - _BLOCK_US), sessions_per_day, notifications_per_day)
        self._antbuddy = AntBuddyApi(world)
        self._etelecom = EtelecomApi(world)
        self._answers: dict[str, Answered] = {}

    def sessions(self, query: dict[str, str]) -> Answered:
        """Respond to `GET /messages`."""
        return self._remember(query, lambda: self._antbuddy.answer(query, DEFAULTS, _END_US))

    def notifications(self, request: dict[str, Any]) -> Answered:
        """Respond to `POST .Zalo/ListMessages`."""
        body = json.dumps(request).encode()
        return self._remember(request, lambda: self._etelecom.answer(body, DEFAULTS, _END_US))

    def _remember(self, request: dict[str, Any], answer: Callable[[], Any]) -> Answered:
        key = json.dumps(request, sort_keys=True)
        if key not in self._answers:
            given = answer()
            self._answers[key] = Answered(given.status, given.body, given.rows or 0)
        return self._answers[key]


_block = cache(_Block)


def answer(account: Account, target: str, body: bytes) -> Answered:
    """Respond to a request to one of the two APIs.

    Args:
        account: The account.
        target: The path and the query, without the account's name.
        body: The request's body; empty for AntBuddy.
    """
    if not body:
        query = dict(parse_qsl(urlsplit(target).query))
        times = [parse_time(query[name]) for name in ("created_from", "created_to")]
        block = _block_of(times, account)
        query["created_from"], query["created_to"] = (
            iso(us + block * _BLOCK_US, 3) for us in times
        )
        return _moved(account.source.sessions(query), block)
    request = json.loads(body)
    limits = request["filter"]
    times = [parse_time(limits[name]) for name in ("date_from", "date_to")]
    block = _block_of(times, account)
    limits["date_from"], limits["date_to"] = (iso(us + block * _BLOCK_US) for us in times)
    # The cursor is opaque and stays the last block's.
    return _moved(account.source.notifications(request), block)


def _block_of(times: list[int], account: Account) -> int:
    """Return how many blocks before the last one a window lies; windows overlap a little."""
    middle = sum(times) // 2
    return min(max((_END_US - middle) // _BLOCK_US, 0), account.blocks - 1)


def _moved(answered: Answered, block: int) -> Answered:
    if not block:
        return answered
    return answered._replace(body=_MOVABLE.sub(_mover(block), answered.body))


_MOVABLE = re.compile(
    rb'(?P<name>"(?:_id|sessionId|id)":")..'
    rb'|"(?P<day>\d{4}-\d\d-\d\d)T'
    rb'|(?P<field>"(?:createdAt|doneAt)":)(?P<ms>\d{13})'
)


@cache
def _mover(block: int) -> Callable[[re.Match[bytes]], bytes]:
    """Return the function that shifts the times and ids of the last block to another block."""
    # Both kinds of id begin with their time, so no id of the last block begins like this.
    prefix = b"2%d" % block
    days: dict[bytes, bytes] = {}
    milliseconds = block * _BLOCK_US * 1000 // SECOND

    def move(found: re.Match[bytes]) -> bytes:
        name, day, field, ms = found.groups()
        if day is not None:
            if day not in days:
                moved = datetime.fromisoformat(day.decode()) - block * BLOCK
                days[day] = f'"{moved:%Y-%m-%d}T'.encode()
            return days[day]
        if name is not None:
            return bytes(name + prefix)
        return bytes(field + b"%d" % (int(ms) - milliseconds))

    return move

"""Join the states of a backfill's chunks into the state that steady runs continue from.

`python -m orchestrate.seed ACCOUNT` does so. A state says what has been read of each stream, from
where to where. The joined one says so of all chunks; therefore they may not have a gap.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from orchestrate.accounts import read_fleet
from orchestrate.command import state_id
from orchestrate.errors import FleetError, run_to_end
from orchestrate.states import MeltanoStates

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from orchestrate.accounts import Account, Fleet
    from orchestrate.states import State, States

_KEY = "replication_key"
_ACCOUNT = "account"
_HIGH = "replication_key_value"
_LOW = "extracted_from"
_BOOKMARKS = "bookmarks"


@dataclass(frozen=True)
class _Span:
    """What has been read of a stream.

    Attributes:
        low: Its beginning, UTC.
        high: Its end, UTC; the bookmark.
        entry: The stream's part of the state.
        chunk: The chunk's name.
    """

    low: datetime
    high: datetime
    entry: Mapping[str, Any]
    chunk: str

    def contains(self, other: _Span) -> bool:
        """Whether another span adds nothing to this one."""
        return self.low <= other.low and other.high <= self.high

    def union(self, other: _Span) -> _Span:
        """Return a span over both; what else a bookmark holds is the later one's."""
        last, first = max(self, other, key=_end), min(self, other, key=_begin)
        earlier = self if last is other else other
        bounds = {_HIGH: last.entry[_HIGH], _LOW: first.entry[_LOW]}
        entry = {**earlier.entry, **last.entry, **bounds}
        return _Span(first.low, last.high, entry, last.chunk)


def join(
    account: Account, chunks: Mapping[str, State], steady: State | None = None
) -> State | None:
    """Join states.

    Args:
        account: The account.
        chunks: The state of each chunk, by name.
        steady: The present steady state, if there is one.

    Returns:
        The joined state; None if it is the present one already. What it holds beside the bookmarks
        is carried along.

    Raises:
        FleetError: A stream is missing in a chunk, a stream has a gap, the steady state is newer
            than a chunk and overlaps it, or states contradict each other.
    """
    if not chunks:
        msg = f"Account {account.name} has no chunk with a state: run its backfill first."
        raise FleetError(msg)
    spans = {name: _read_spans(account, name, state) for name, state in chunks.items()}
    _require_streams(account, spans)
    old = _read_spans(account, "the steady state", steady or {})
    bookmarks: dict[str, Any] = dict((steady or {}).get(_BOOKMARKS) or {})
    newer: list[_Span] = []
    for stream in sorted(set().union(*spans.values())):
        of_stream = [found[stream] for found in spans.values()]
        present = old.get(stream)
        if present:
            added = [span for span in of_stream if not present.contains(span)]
            if not added and present.high > max(span.high for span in of_stream):
                newer.append(present)
            _refuse_overlap(account, stream, present, added)
            of_stream = [present, *added]
        bookmarks[stream] = dict(_join_touching(account, stream, of_stream).entry)
    state = {**_carry(account, [*chunks.values(), steady or {}]), _BOOKMARKS: bookmarks}
    if state != steady:
        return state
    if newer:
        msg = (
            f"Account {account.name}: the steady state is newer than all chunks and overlaps them: "
            f"it covers {newer[0].entry[_LOW]} to {newer[0].entry[_HIGH]}. Nothing is seeded, and "
            f"nothing has to be."
        )
        raise FleetError(msg)
    return None


def seed(fleet: Fleet, account: Account, states: States) -> str:
    """Write the joined state of an account's chunks as its steady state.

    Args:
        fleet: The fleet.
        account: The account.
        states: Where states are kept.

    Returns:
        What was done, in one sentence.

    Raises:
        FleetError: The chunks cannot be joined, or a run has changed the steady state meanwhile.
    """
    steady_id = state_id(fleet, account)
    steady = states.get(steady_id)
    chunks = {
        name.removeprefix(f"{steady_id}:"): states.get(name)
        for name in states.names(f"{steady_id}:")
    }
    joined = join(account, {name: state for name, state in chunks.items() if state}, steady)
    if joined is None:
        return f"Account {account.name} is seeded already."
    if states.get(steady_id) != steady:
        msg = (
            f"The steady state of {account.name} was changed while its chunks were read: wait "
            f"until no run of the account is in progress, and seed again."
        )
        raise FleetError(msg)
    states.set(steady_id, joined)
    ends = ", ".join(
        f"{stream} to {entry[_HIGH]}" for stream, entry in sorted(joined[_BOOKMARKS].items())
    )
    return f"Account {account.name} is seeded from {len(chunks)} chunks: {ends}."


def _read_spans(account: Account, name: str, state: State) -> dict[str, _Span]:
    bookmarks = state.get(_BOOKMARKS) or {}
    return {
        stream: _read_span(account, name, stream, entry)
        for stream, entry in bookmarks.items()
        if isinstance(entry, dict) and entry.get(_HIGH)
    }


def _read_span(account: Account, name: str, stream: str, entry: Mapping[str, Any]) -> _Span:
    try:
        return _Span(_moment(entry[_LOW]), _moment(entry[_HIGH]), entry, name)
    except (KeyError, TypeError, ValueError):
        msg = (
            f"Account {account.name}, {name}: the bookmark of {stream} does not say from where to "
            f"where it has been read: load the chunk again with --full-refresh."
        )
        raise FleetError(msg) from None


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _require_streams(account: Account, spans: Mapping[str, Mapping[str, _Span]]) -> None:
    expected = set().union(*spans.values())
    for name, found in spans.items():
        for stream in sorted(expected - found.keys()):
            msg = (
                f"Account {account.name}, chunk {name}: {stream} is missing, which other chunks "
                f"have: load the chunk again."
            )
            raise FleetError(msg)
    for secret in account.secrets:
        provider = secret.removesuffix("api_key")
        if not any(stream.startswith(provider) for stream in expected):
            msg = (
                f"Account {account.name} has an {secret}, but no chunk has a stream of it: load "
                f"the chunks again with the key."
            )
            raise FleetError(msg)


def _join_touching(account: Account, stream: str, spans: Iterable[_Span]) -> _Span:
    first, *others = sorted(spans, key=_begin)
    joined = first
    for span in others:
        _require_alike(account, stream, joined, span)
        if span.low > joined.high:
            msg = (
                f"Account {account.name}: {stream} has a gap from {joined.entry[_HIGH]} to "
                f"{span.entry[_LOW]}, behind chunk {joined.chunk}: load that range, and seed again."
            )
            raise FleetError(msg)
        joined = joined.union(span)
    return joined


def _refuse_overlap(account: Account, stream: str, steady: _Span, spans: Iterable[_Span]) -> None:
    for span in spans:
        if span.low < steady.low < span.high < steady.high:
            msg = (
                f"Account {account.name}: the steady state of {stream} is newer than chunk "
                f"{span.chunk} and overlaps it: it covers {steady.entry[_LOW]} to "
                f"{steady.entry[_HIGH]}. Nothing is seeded: end the backfill where the steady "
                f"state begins."
            )
            raise FleetError(msg)


def _require_alike(account: Account, stream: str, one: _Span, other: _Span) -> None:
    accounts = {span.entry[_ACCOUNT] for span in (one, other) if span.entry.get(_ACCOUNT)}
    if len(accounts) > 1:
        msg = (
            f"Account {account.name}: {stream} was read with another API key in {other.chunk} than "
            f"in {one.chunk}, so it may be another account's: load the one that is wrong again "
            f"with --full-refresh."
        )
        raise FleetError(msg)
    if one.entry.get(_KEY) != other.entry.get(_KEY):
        msg = (
            f"Account {account.name}: {stream} has another replication key in {other.chunk} than "
            f"in {one.chunk}: load the older one again with --full-refresh."
        )
        raise FleetError(msg)


def _carry(account: Account, states: Iterable[State]) -> State:
    """Return what the states hold beside the bookmarks, which has to be the same in all."""
    carried: State = {}
    for state in states:
        for name, value in state.items():
            if name != _BOOKMARKS and carried.setdefault(name, value) != value:
                msg = (
                    f"Account {account.name}: the states differ in {name}, so they are not of one "
                    f"account: load the chunks with the same key, each with --full-refresh."
                )
                raise FleetError(msg)
    return carried


def _begin(span: _Span) -> tuple[datetime, datetime]:
    return span.low, span.high


def _end(span: _Span) -> datetime:
    return span.high


def main(arguments: Sequence[str] | None = None) -> None:
    """Seed an account.

    Raises:
        FleetError: The accounts file or the account is wrong, or the chunks cannot be joined.
    """
    parser = argparse.ArgumentParser(prog="python -m orchestrate.seed", description=__doc__)
    parser.add_argument("account")
    options = parser.parse_args(arguments)
    fleet = read_fleet()
    print(seed(fleet, fleet.account(options.account), MeltanoStates(fleet)))


if __name__ == "__main__":
    sys.exit(run_to_end(main))

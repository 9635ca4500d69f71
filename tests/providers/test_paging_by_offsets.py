"""Paging by offsets through invented servers: a scan is complete, or doubts itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tap_omnimessages.extract.completeness import WindowScan
from tap_omnimessages.extract.prefetch import SequentialPlanner
from tap_omnimessages.providers.antbuddy.pagination import SessionPaging
from tap_omnimessages.providers.antbuddy.responses import SessionsResponse
from tap_omnimessages.providers.antbuddy.server_traits import ServerTraits
from tests.changing_rows import (
    CHANGES,
    SIZES,
    Change,
    Guarded,
    Row,
    Server,
    quick,
    read_complete,
    rows_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from random import Random

    from tap_omnimessages.extract.source import Page, RequestPlanner
    from tap_omnimessages.extract.windows import Window


@dataclass
class SessionServer(Server):
    """AntBuddy's paging, as its page may be read."""

    unit: str = "sessions"
    offset_means: str = "rows"
    total: str = "sessions"

    def ask(self, offset: int, limit: int, window: Window | None = None) -> SessionsResponse:
        rows = self.inside(window)
        # The tap takes fewer messages than ten for no page that a limit has cut.
        limit = min(limit, self.cap if self.unit == "sessions" else max(self.cap, 10))
        start = {"rows": offset, "page_index": offset * limit, "ignored": 0}[self.offset_means]
        parts = [(row, part) for row in rows for part in range(row.parts)]
        if self.unit == "messages":
            shown = parts[start : start + limit]
        else:
            names = {row.name for row in rows[start : start + limit]}
            shown = [(row, part) for row, part in parts if row.name in names]
        page: dict[str, dict[str, Any]] = {}
        for row, part in shown:
            session = page.setdefault(
                row.name,
                {"sessionId": row.name, "createdAt": row.time.isoformat(), "messages": []},
            )
            session["messages"].append({"_id": f"{row.name}.{part}"})
        told = {
            "sessions": len(rows),
            "messages": len(parts),
            "page": len(page),
            "account": 10_000,
            "missing": None,
            "capped": min(len(rows), 10),
        }[self.total]
        answer = SessionsResponse(
            [json.dumps(session).encode() for session in page.values()], told, listed=True
        )
        self.change()
        return answer


def _parts_of(pages: list[Page]) -> set[str]:
    rows = [json.loads(text) for page in pages for text in page]
    return {row["sessionId"] for row in rows} | {
        message["_id"] for row in rows for message in row["messages"]
    }


def _expected(rows: list[Row], touched: set[str]) -> set[str]:
    stayed = [row for row in rows if row.name not in touched]
    return {row.name for row in stayed} | {
        f"{row.name}.{part}" for row in stayed for part in range(row.parts)
    }


_MODES: dict[str, Any] = {
    "cap": st.sampled_from([1000, 1000, 7, 5, 3]),
    "unit": st.sampled_from(["sessions", "messages"]),
    "offset_means": st.sampled_from(["rows", "rows", "page_index", "ignored"]),
    "total": st.sampled_from(["sessions", "messages", "page", "account", "missing", "capped"]),
}


@st.composite
def _session_worlds(draw: st.DrawFn) -> tuple[dict[str, Any], list[tuple[list[int], list[Change]]]]:
    """Draw what a server does, and the windows that a run reads from it."""
    mode = {name: draw(strategy) for name, strategy in _MODES.items()}
    windows = draw(st.lists(st.tuples(SIZES, CHANGES), min_size=1, max_size=3))
    return mode, windows


class Early:
    """Sends expected requests early and in any order, as free workers would."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._answers: dict[int, Any] = {}

    def expect(self, keys: Sequence[int], fetch: Callable[[int], Any]) -> None:
        chosen = [key for key in keys[:4] if key not in self._answers and self._dice.random() < 0.5]
        self._dice.shuffle(chosen)
        self._answers |= {key: fetch(key) for key in chosen}

    def send(self, key: int, fetch: Callable[[int], Any]) -> Any:
        return self._answers.pop(key) if key in self._answers else fetch(key)


def _read_sessions(
    mode: dict[str, Any],
    windows: list[tuple[list[int], list[Change]]],
    page_size: int,
    make_requests: Callable[[], RequestPlanner] = SequentialPlanner,
    traits: ServerTraits | None = None,
) -> Iterator[tuple[WindowScan, set[str]]]:
    """Read windows one after another, as a run does; yield each scan and what it lacks."""
    traits = traits or ServerTraits()
    for number, (sizes, changes) in enumerate(windows):
        server = SessionServer(rows_of(sizes, f"w{number}s"), changes, **mode)
        before = list(server.rows)
        scan = WindowScan()
        pages = list(SessionPaging(page_size, traits).read(server.ask, scan, make_requests()))
        yield scan, _expected(before, server.touched) - _parts_of(pages)


def _read_complete(
    paging: SessionPaging, server: SessionServer, last_minute: int
) -> list[Page] | None:
    def read_once(part: Window, scan: WindowScan) -> Iterator[Page]:
        return paging.read(
            lambda offset, limit: server.ask(offset, limit, part), scan, SequentialPlanner()
        )

    return read_complete(read_once, last_minute)


@quick
@given(_session_worlds(), st.sampled_from([4, 7, 10, 20]))
def test_a_scan_of_sessions_without_doubt_lacks_nothing_that_stayed(
    world: tuple[dict[str, Any], list[tuple[list[int], list[Change]]]], page_size: int
) -> None:
    for scan, missing in _read_sessions(*world, page_size):
        assert scan.doubt or not missing


@quick
@given(_session_worlds(), st.sampled_from([4, 7, 10]), st.randoms(use_true_random=False))
def test_pages_that_are_read_side_by_side_lack_nothing_that_stayed(
    world: tuple[dict[str, Any], list[tuple[list[int], list[Change]]]],
    page_size: int,
    dice: Random,
) -> None:
    for scan, missing in _read_sessions(*world, page_size, lambda: Early(dice)):
        assert scan.doubt or not missing


class _GuardedTraits(Guarded, ServerTraits):
    pass


@quick
@given(_session_worlds(), st.sampled_from([2, 4, 10]))
def test_what_is_learned_of_sessions_changes_under_a_lock_only(
    world: tuple[dict[str, Any], list[tuple[list[int], list[Change]]]], page_size: int
) -> None:
    traits = _GuardedTraits()
    for scan, _ in _read_sessions(*world, page_size, traits=traits):
        traits.learn_total(scan)


@quick
@given(SIZES, st.sampled_from([3, 7, 20]), st.sampled_from(["sessions", "messages"]))
def test_quiet_sessions_are_read_whole_whatever_the_unit(
    sizes: list[int], page_size: int, unit: str
) -> None:
    mode = {"unit": unit, "total": "missing"}
    for _, missing in _read_sessions(mode, [(sizes, [])], page_size):
        assert not missing


@quick
@given(
    st.fixed_dictionaries(_MODES),
    SIZES,
    st.lists(
        st.builds(
            Change, st.integers(1, 6), st.sampled_from(["insert", "delete"]), st.integers(0, 30)
        ),
        max_size=1,
    ),
    st.sampled_from([10, 20]),
)
@example(
    {"cap": 1000, "unit": "messages", "offset_means": "ignored", "total": "sessions"},
    [1, 1, 2, 6, 2],
    [Change(4, "delete", 0)],
    10,
)
def test_a_window_of_sessions_is_confirmed_only_when_nothing_is_missing(
    mode: dict[str, Any], sizes: list[int], changes: list[Change], page_size: int
) -> None:
    traits = ServerTraits()
    server = SessionServer(rows_of(sizes), changes, **mode)
    before = list(server.rows)
    paging = SessionPaging(page_size, traits)
    pages = _read_complete(paging, server, len(sizes))
    if pages is not None:
        assert _parts_of(pages) >= _expected(before, server.touched)


@quick
@given(SIZES, st.sampled_from([1000, 7, 3]), st.sampled_from(["sessions", "missing"]))
def test_a_quiet_window_of_sessions_is_always_confirmed(
    sizes: list[int], cap: int, total: str
) -> None:
    server = SessionServer(rows_of(sizes), cap=cap, total=total)
    paging = SessionPaging(7, ServerTraits())
    pages = _read_complete(paging, server, len(sizes))
    assert pages is not None
    assert _parts_of(pages) == _expected(server.rows, set())


@pytest.mark.parametrize("page_size", [10, 20])
def test_a_session_that_the_last_page_cuts_is_not_confirmed_without_its_end(page_size: int) -> None:
    sizes = [4, 6, 1, 1, 1, 2, 6] if page_size == 10 else [4, 16, 1, 1, 1, 12, 6]
    server = SessionServer(rows_of(sizes), unit="messages", offset_means="page_index")
    paging = SessionPaging(page_size, ServerTraits())
    pages = _read_complete(paging, server, len(sizes))
    assert pages is None or _parts_of(pages) == _expected(server.rows, set())


def test_an_inserted_session_does_not_pass_for_a_proof_that_messages_are_counted() -> None:
    """Rows that shift by one can look as if the page began at a message's number."""
    traits = ServerTraits()
    server = SessionServer(rows_of([2] + [1] * 11), [Change(1, "insert", 0)], cap=7)
    list(SessionPaging(20, traits).read(server.ask, WindowScan(), SequentialPlanner()))
    assert not traits.offset_counts_messages


def test_a_session_that_fills_the_page_alone_does_not_prove_that_no_other_is_there() -> None:
    changes = [Change(1, "delete", 0)]
    mode = {"unit": "messages", "total": "page"}
    for scan, missing in _read_sessions(mode, [([10, 1], changes)], 10):
        assert scan.doubt or not missing

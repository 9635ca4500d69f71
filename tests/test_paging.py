"""Paging against invented servers: a reading is whole, or it says that it may not be."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tap_omnimessages.antbuddy.answers import SessionsAnswer
from tap_omnimessages.antbuddy.facts import PagingFacts
from tap_omnimessages.antbuddy.paging import SessionPaging
from tap_omnimessages.completeness import CompleteReader, Reading
from tap_omnimessages.errors import IncompleteWindowError
from tap_omnimessages.etelecom.answers import NotificationsAnswer
from tap_omnimessages.etelecom.facts import CursorFacts
from tap_omnimessages.etelecom.paging import CursorPaging
from tap_omnimessages.readahead import InTurn
from tap_omnimessages.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from random import Random

    from tap_omnimessages.source import Page, Requests

START = datetime(2026, 3, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
_WHOLE = Window(START - MINUTE, START + timedelta(days=1))
# More requests than any of these worlds needs: a reading that passes them asks for ever.
MOST_REQUESTS = 2000

# The same examples in every run, so that a change of the code is what makes a test fail.
quick = settings(
    derandomize=True,
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)


@dataclass
class Row:
    """A session or a notification: who it is, when it is, and what hangs on it."""

    name: str
    minute: int
    parts: int = 1

    @property
    def time(self) -> datetime:
        return START + self.minute * MINUTE


@dataclass(frozen=True)
class Change:
    """Something that happens to the rows after a request."""

    after: int
    kind: str
    where: int


@dataclass
class Server:
    """What both servers share: rows that change between requests."""

    rows: list[Row]
    changes: list[Change] = field(default_factory=list)
    cap: int = 1000
    requests: int = 0
    touched: set[str] = field(default_factory=set)

    def change(self) -> None:
        self.requests += 1
        assert self.requests < MOST_REQUESTS, "the tap asks for ever"
        for change in self.changes:
            if change.after == self.requests:
                self._apply(change)

    def _apply(self, change: Change) -> None:
        where = change.where % (len(self.rows) + 1)
        if change.kind == "insert":
            beside = self.rows[min(where, len(self.rows) - 1)].minute if self.rows else 0
            name = f"new{self.requests}"
            self.touched.add(name)
            self.rows.insert(where, Row(name, beside))
        elif where < len(self.rows):
            row = self.rows.pop(where)
            self.touched.add(row.name)
            if change.kind == "move":
                self.rows.insert(0, row)

    def inside(self, window: Window | None) -> list[Row]:
        if window is None:
            return self.rows
        return [row for row in self.rows if window.start <= row.time <= window.end]


@dataclass
class SessionServer(Server):
    """AntBuddy's paging, as its page may be read."""

    unit: str = "sessions"
    offset_means: str = "rows"
    total: str = "sessions"

    def ask(self, offset: int, limit: int, window: Window | None = None) -> SessionsAnswer:
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
        answer = SessionsAnswer(
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


def _rows(sizes: list[int], prefix: str = "s") -> list[Row]:
    return [Row(f"{prefix}{index}", index, size) for index, size in enumerate(sizes)]


_SIZES = st.lists(st.integers(1, 6), max_size=25)
_CHANGES = st.lists(
    st.builds(
        Change, st.integers(1, 8), st.sampled_from(["insert", "delete", "move"]), st.integers(0, 30)
    ),
    max_size=4,
)
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
    windows = draw(st.lists(st.tuples(_SIZES, _CHANGES), min_size=1, max_size=3))
    return mode, windows


class Early:
    """Sends expected requests early and in any order, as free workers would."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._answers: dict[int, Any] = {}

    def expect(self, keys: Sequence[int], ask: Callable[[int], Any]) -> None:
        chosen = [key for key in keys[:4] if key not in self._answers and self._dice.random() < 0.5]
        self._dice.shuffle(chosen)
        self._answers |= {key: ask(key) for key in chosen}

    def send(self, key: int, ask: Callable[[int], Any]) -> Any:
        return self._answers.pop(key) if key in self._answers else ask(key)


def _read_sessions(
    mode: dict[str, Any],
    windows: list[tuple[list[int], list[Change]]],
    page_size: int,
    make_requests: Callable[[], Requests] = InTurn,
) -> Iterator[tuple[Reading, set[str]]]:
    """Read windows one after another, as a run does; give each reading and what it lacks."""
    facts = PagingFacts()
    for number, (sizes, changes) in enumerate(windows):
        server = SessionServer(_rows(sizes, f"w{number}s"), changes, **mode)
        before = list(server.rows)
        reading = Reading()
        pages = list(SessionPaging(page_size, facts).read(server.ask, reading, make_requests()))
        yield reading, _expected(before, server.touched) - _parts_of(pages)


def _ask(server: SessionServer, page_size: int, offset: int) -> SessionsAnswer:
    return server.ask(offset, page_size)


@quick
@given(_session_worlds(), st.sampled_from([4, 7, 10, 20]))
def test_a_reading_of_sessions_without_doubt_lacks_nothing_that_stayed(
    world: tuple[dict[str, Any], list[tuple[list[int], list[Change]]]], page_size: int
) -> None:
    for reading, missing in _read_sessions(*world, page_size):
        assert reading.doubt or not missing


@quick
@given(_session_worlds(), st.sampled_from([4, 7, 10]), st.randoms(use_true_random=False))
def test_pages_that_are_read_side_by_side_lack_nothing_that_stayed(
    world: tuple[dict[str, Any], list[tuple[list[int], list[Change]]]],
    page_size: int,
    dice: Random,
) -> None:
    for reading, missing in _read_sessions(*world, page_size, lambda: Early(dice)):
        assert reading.doubt or not missing


@quick
@given(_SIZES, st.sampled_from([3, 7, 20]), st.sampled_from(["sessions", "messages"]))
def test_quiet_sessions_are_read_whole_whatever_the_unit(
    sizes: list[int], page_size: int, unit: str
) -> None:
    mode = {"unit": unit, "total": "missing"}
    for _, missing in _read_sessions(mode, [(sizes, [])], page_size):
        assert not missing


def _read_complete(
    read_once: Callable[[Window, Reading], Iterator[Page]], last_minute: int
) -> list[Page] | None:
    """Read a window with confirmation; None where the tap says that it cannot be shown whole."""
    window = Window(START - MINUTE, START + (last_minute + 1) * MINUTE)
    pages: list[Page] = []
    reader = CompleteReader(read_once, timedelta(seconds=2), "a test", lambda _: None)
    try:
        pages.extend(reader.read(window))
    except IncompleteWindowError:
        return None
    return pages


@quick
@given(
    st.fixed_dictionaries(_MODES),
    _SIZES,
    st.lists(
        st.builds(
            Change, st.integers(1, 6), st.sampled_from(["insert", "delete"]), st.integers(0, 30)
        ),
        max_size=1,
    ),
    st.sampled_from([10, 20]),
)
def test_a_window_of_sessions_is_confirmed_only_when_nothing_is_missing(
    mode: dict[str, Any], sizes: list[int], changes: list[Change], page_size: int
) -> None:
    facts = PagingFacts()
    server = SessionServer(_rows(sizes), changes, **mode)
    before = list(server.rows)
    paging = SessionPaging(page_size, facts)

    def read_once(part: Window, reading: Reading) -> Iterator[Page]:
        return paging.read(lambda offset, limit: server.ask(offset, limit, part), reading, InTurn())

    pages = _read_complete(read_once, len(sizes))
    if pages is not None:
        assert _parts_of(pages) >= _expected(before, server.touched)


@quick
@given(_SIZES, st.sampled_from([1000, 7, 3]), st.sampled_from(["sessions", "missing"]))
def test_a_quiet_window_of_sessions_is_always_confirmed(
    sizes: list[int], cap: int, total: str
) -> None:
    server = SessionServer(_rows(sizes), cap=cap, total=total)
    paging = SessionPaging(7, PagingFacts())

    def read_once(part: Window, reading: Reading) -> Iterator[Page]:
        return paging.read(lambda offset, limit: server.ask(offset, limit, part), reading, InTurn())

    pages = _read_complete(read_once, len(sizes))
    assert pages is not None
    assert _parts_of(pages) == _expected(server.rows, set())


@dataclass
class CursorServer(Server):
    """eTelecom's paging, as its page may be read."""

    gives: str = "until_empty"
    cursor: str = "keyset"
    echo: str = "applied"
    descending: bool = False

    def ask(self, window: Window, cursor: str, limit: int) -> NotificationsAnswer:
        rows = self.inside(window)
        # A keyset needs an order that rows keep; a position does not.
        if self.cursor == "keyset":
            rows = sorted(rows, key=self._key, reverse=self.descending)
        applied = min(limit, self.cap)
        start = self._position(rows, cursor)
        shown = rows[start : start + applied]
        following = self._cursor_behind(rows, start + len(shown)) if shown else ""
        last = start + len(shown) >= len(rows)
        told = following
        if (self.gives == "empty_on_last" and last) or self.gives in {"missing", "in_after"}:
            told = ""
        elif self.gives == "repeating" and shown:
            told = self._cursor_behind(rows, min(applied, len(rows)))
        answer = NotificationsAnswer(
            [
                json.dumps({"id": row.name, "updated_at": row.time.isoformat()}).encode()
                for row in shown
            ],
            next=told,
            after=following if self.gives == "in_after" else cursor,
            limit={"applied": applied, "asked": limit, "missing": None}[self.echo],
            listed=True,
        )
        self.change()
        return answer

    @staticmethod
    def _key(row: Row) -> tuple[int, str]:
        return row.minute, row.name

    def _position(self, rows: list[Row], cursor: str) -> int:
        if not cursor:
            return 0
        if self.cursor == "offset":
            return int(cursor)
        minute, _, name = cursor.partition("/")
        place = (int(minute), name)
        behind = [
            self._key(row) < place if self.descending else self._key(row) > place for row in rows
        ]
        return behind.index(True) if True in behind else len(rows)

    def _cursor_behind(self, rows: list[Row], position: int) -> str:
        if self.cursor == "offset":
            return str(position)
        row = rows[position - 1]
        return f"{row.minute}/{row.name}"


_CURSOR_MODES: dict[str, Any] = {
    "cap": st.sampled_from([1000, 1000, 7, 5, 3]),
    "gives": st.sampled_from(["until_empty", "empty_on_last", "missing", "repeating", "in_after"]),
    "echo": st.sampled_from(["applied", "asked", "missing"]),
    "descending": st.booleans(),
}
_COUNTS = st.integers(0, 25)


def _paging(page_size: int, facts: CursorFacts) -> CursorPaging:
    return CursorPaging(page_size, "updated_at", facts, {})


def _ids_of(pages: list[Page]) -> set[str]:
    return {json.loads(text)["id"] for page in pages for text in page}


def _read_notifications(
    mode: dict[str, Any], windows: list[tuple[int, list[Change]]], page_size: int
) -> Iterator[tuple[Reading, set[str]]]:
    facts = CursorFacts()
    for number, (count, changes) in enumerate(windows):
        server = CursorServer(_rows([1] * count, f"w{number}n"), changes, **mode)
        stayed = {row.name for row in server.rows}
        reading = Reading()
        pages = list(_paging(page_size, facts).read(_WHOLE, server.ask, reading))
        yield reading, stayed - server.touched - _ids_of(pages)


@quick
@given(
    st.fixed_dictionaries(_CURSOR_MODES),
    st.lists(st.tuples(_COUNTS, _CHANGES), min_size=1, max_size=3),
    st.sampled_from([4, 7, 10, 20]),
)
def test_a_reading_of_notifications_without_doubt_lacks_nothing_that_stayed(
    mode: dict[str, Any], windows: list[tuple[int, list[Change]]], page_size: int
) -> None:
    for reading, missing in _read_notifications(mode, windows, page_size):
        assert reading.doubt or not missing


@quick
@given(
    st.fixed_dictionaries(_CURSOR_MODES),
    st.lists(st.tuples(_COUNTS, _CHANGES), min_size=1, max_size=3),
    st.sampled_from([4, 7, 10, 20]),
)
def test_a_cursor_that_counts_rows_loses_none_when_they_shift(
    mode: dict[str, Any], windows: list[tuple[int, list[Change]]], page_size: int
) -> None:
    for reading, missing in _read_notifications({**mode, "cursor": "offset"}, windows, page_size):
        assert reading.doubt or not missing


@quick
@given(
    st.fixed_dictionaries(_CURSOR_MODES),
    _COUNTS,
    _CHANGES,
    st.sampled_from([4, 7, 20]),
)
def test_a_window_of_notifications_is_confirmed_only_when_nothing_is_missing(
    mode: dict[str, Any], count: int, changes: list[Change], page_size: int
) -> None:
    server = CursorServer(_rows([1] * count), changes[:1], **mode)
    stayed = {row.name for row in server.rows}
    paging = _paging(page_size, CursorFacts())

    def read_once(part: Window, reading: Reading) -> Iterator[Page]:
        return paging.read(part, server.ask, reading)

    pages = _read_complete(read_once, count)
    if pages is not None:
        assert _ids_of(pages) >= stayed - server.touched
    if mode["gives"] in {"until_empty", "empty_on_last", "in_after"} and not changes:
        assert pages is not None


@pytest.mark.parametrize("rows", [0, 1, 2, 19])
def test_one_page_of_notifications_needs_no_second_reading(rows: int) -> None:
    server = CursorServer(_rows([1] * rows))
    reading = Reading()
    pages = list(_paging(20, CursorFacts()).read(_WHOLE, server.ask, reading))
    assert reading.doubt is None
    assert len(_ids_of(pages)) == rows
    assert server.requests <= 2


@pytest.mark.parametrize("page_size", [10, 20])
def test_a_session_that_the_last_page_cuts_is_not_confirmed_without_its_end(page_size: int) -> None:
    sizes = [4, 6, 1, 1, 1, 2, 6] if page_size == 10 else [4, 16, 1, 1, 1, 12, 6]
    server = SessionServer(_rows(sizes), unit="messages", offset_means="page_index")
    paging = SessionPaging(page_size, PagingFacts())

    def read_once(part: Window, reading: Reading) -> Iterator[Page]:
        return paging.read(lambda offset, limit: server.ask(offset, limit, part), reading, InTurn())

    pages = _read_complete(read_once, len(sizes))
    assert pages is None or _parts_of(pages) == _expected(server.rows, set())


def test_an_inserted_session_does_not_pass_for_a_proof_that_messages_are_counted() -> None:
    """Rows that shift by one can look as if the page began at a message's number."""
    facts = PagingFacts()
    server = SessionServer(_rows([2] + [1] * 11), [Change(1, "insert", 0)], cap=7)
    list(SessionPaging(20, facts).read(server.ask, Reading(), InTurn()))
    assert not facts.offset_counts_messages


def test_a_session_that_fills_the_page_alone_does_not_prove_that_no_other_is_there() -> None:
    changes = [Change(1, "delete", 0)]
    mode = {"unit": "messages", "total": "page"}
    for reading, missing in _read_sessions(mode, [([10, 1], changes)], 10):
        assert reading.doubt or not missing


def test_a_row_that_appears_during_the_trial_of_cursors_does_not_make_them_keys() -> None:
    """The trial leaves out a row of the first page; an inserted one fills its place."""
    facts = CursorFacts()
    rows = [Row("late", 100), *_rows([1] * 19)]
    server = CursorServer(rows, [Change(2, "insert", 1)], cursor="offset")
    list(_paging(7, facts).read(_WHOLE, server.ask, Reading()))
    assert not facts.cursors_are_keys

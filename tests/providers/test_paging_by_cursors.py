"""Paging by cursors through invented servers: a scan is complete, or doubts itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_omnimessages.extract.completeness import WindowScan
from tap_omnimessages.extract.seen_rows import SeenRows
from tap_omnimessages.providers.etelecom.pagination import CursorPaging
from tap_omnimessages.providers.etelecom.responses import NotificationsResponse
from tap_omnimessages.providers.etelecom.server_traits import ServerTraits
from tests.changing_rows import (
    CHANGES,
    WHOLE,
    Change,
    Guarded,
    Row,
    Server,
    quick,
    read_complete,
    rows_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_omnimessages.extract.source import Page
    from tap_omnimessages.extract.windows import Window


@dataclass
class CursorServer(Server):
    """eTelecom's paging, as its page may be read."""

    gives: str = "until_empty"
    cursor: str = "keyset"
    echo: str = "applied"
    descending: bool = False

    def ask(self, window: Window, cursor: str, limit: int) -> NotificationsResponse:
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
        answer = NotificationsResponse(
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


def _paging(page_size: int, traits: ServerTraits) -> CursorPaging:
    return CursorPaging(page_size, "updated_at", traits, SeenRows())


def _ids_of(pages: list[Page]) -> set[str]:
    return {json.loads(text)["id"] for page in pages for text in page}


def _read_notifications(
    mode: dict[str, Any],
    windows: list[tuple[int, list[Change]]],
    page_size: int,
    traits: ServerTraits | None = None,
) -> Iterator[tuple[WindowScan, set[str]]]:
    traits = traits or ServerTraits()
    for number, (count, changes) in enumerate(windows):
        server = CursorServer(rows_of([1] * count, f"w{number}n"), changes, **mode)
        stayed = {row.name for row in server.rows}
        scan = WindowScan()
        pages = list(_paging(page_size, traits).read(WHOLE, server.ask, scan))
        yield scan, stayed - server.touched - _ids_of(pages)


_any_windows = given(
    st.fixed_dictionaries(_CURSOR_MODES),
    st.lists(st.tuples(_COUNTS, CHANGES), min_size=1, max_size=3),
    st.sampled_from([4, 7, 10, 20]),
)


@quick
@_any_windows
def test_a_scan_of_notifications_without_doubt_lacks_nothing_that_stayed(
    mode: dict[str, Any], windows: list[tuple[int, list[Change]]], page_size: int
) -> None:
    for scan, missing in _read_notifications(mode, windows, page_size):
        assert scan.doubt or not missing


@quick
@_any_windows
def test_a_cursor_that_counts_rows_loses_none_when_they_shift(
    mode: dict[str, Any], windows: list[tuple[int, list[Change]]], page_size: int
) -> None:
    for scan, missing in _read_notifications({**mode, "cursor": "offset"}, windows, page_size):
        assert scan.doubt or not missing


class _GuardedTraits(Guarded, ServerTraits):
    pass


@quick
@given(
    st.fixed_dictionaries(_CURSOR_MODES),
    st.lists(st.tuples(_COUNTS, CHANGES), min_size=1, max_size=3),
    st.sampled_from([4, 7]),
)
def test_what_is_learned_of_cursors_changes_under_a_lock_only(
    mode: dict[str, Any], windows: list[tuple[int, list[Change]]], page_size: int
) -> None:
    list(_read_notifications(mode, windows, page_size, _GuardedTraits()))


@quick
@given(
    st.fixed_dictionaries(_CURSOR_MODES),
    _COUNTS,
    CHANGES,
    st.sampled_from([4, 7, 20]),
)
def test_a_window_of_notifications_is_confirmed_only_when_nothing_is_missing(
    mode: dict[str, Any], count: int, changes: list[Change], page_size: int
) -> None:
    server = CursorServer(rows_of([1] * count), changes[:1], **mode)
    stayed = {row.name for row in server.rows}
    paging = _paging(page_size, ServerTraits())

    def read_once(part: Window, scan: WindowScan) -> Iterator[Page]:
        return paging.read(part, server.ask, scan)

    pages = read_complete(read_once, count)
    if pages is not None:
        assert _ids_of(pages) >= stayed - server.touched
    if mode["gives"] in {"until_empty", "empty_on_last", "in_after"} and not changes:
        assert pages is not None


@pytest.mark.parametrize("rows", [0, 1, 2, 19])
def test_one_page_of_notifications_needs_no_second_reading(rows: int) -> None:
    server = CursorServer(rows_of([1] * rows))
    scan = WindowScan()
    pages = list(_paging(20, ServerTraits()).read(WHOLE, server.ask, scan))
    assert scan.doubt is None
    assert len(_ids_of(pages)) == rows
    # The page, its end (requested twice the first time), and what lies behind the last row.
    assert server.requests <= 4


def test_a_row_that_appears_during_the_trial_of_cursors_does_not_make_them_keys() -> None:
    """The trial leaves out a row of the first page; an inserted one fills its place."""
    traits = ServerTraits()
    rows = [Row("late", 100), *rows_of([1] * 19)]
    server = CursorServer(rows, [Change(2, "insert", 1)], cursor="offset")
    list(_paging(7, traits).read(WHOLE, server.ask, WindowScan()))
    assert not traits.cursors_are_keys

"""Seen rows: a row is yielded again only if it has changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tap_omnimessages.extract.seen_rows import SeenRows

_ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)))


@given(_ROWS)
def test_a_row_is_news_if_it_is_new_or_has_changed(
    rows: list[tuple[int, int]],
) -> None:
    seen = SeenRows()
    last: dict[int, int] = {}
    for key, fingerprint in rows:
        assert seen.is_news(key, fingerprint) == (last.get(key) != fingerprint)
        last[key] = fingerprint
    assert len(seen) == len(last)


@given(_ROWS, st.integers(1, 3))
def test_a_limit_bounds_the_memory_and_holds_no_row_back(
    rows: list[tuple[int, int]], limit: int
) -> None:
    seen = SeenRows(limit)
    last: dict[int, int] = {}
    for key, fingerprint in rows:
        assert seen.is_news(key, fingerprint) or last[key] == fingerprint
        last[key] = fingerprint
        assert len(seen) <= limit

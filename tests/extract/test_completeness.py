"""A window counts as complete only when a judge, or a second reading, says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tap_omnimessages.errors import IncompleteWindowError
from tap_omnimessages.extract.completeness import CompleteReader, Verdict, WindowScan
from tap_omnimessages.extract.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

_WINDOW = Window(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))


def test_a_scan_that_nobody_has_judged_ends_in_an_error_instead_of_counting_as_complete() -> None:
    def forget_to_judge(_: Window, scan: WindowScan) -> Iterator[list[int]]:
        scan.identities.add(1)
        yield [1]

    confirmed: list[WindowScan] = []
    reader = CompleteReader(forget_to_judge, timedelta(seconds=2), "An API", confirmed.append)
    pages = reader.read(_WINDOW)
    assert next(pages) == [1]
    with pytest.raises(IncompleteWindowError, match="nobody judged"):
        next(pages)
    assert not confirmed


def test_a_part_that_nobody_has_judged_confirms_nothing() -> None:
    def judge_the_whole_only(part: Window, scan: WindowScan) -> Iterator[list[int]]:
        scan.identities.add(1)
        if part == _WINDOW:
            scan.verdict = Verdict("its end is open")
        yield [1]

    confirmed: list[WindowScan] = []
    reader = CompleteReader(judge_the_whole_only, timedelta(seconds=2), "An API", confirmed.append)
    with pytest.raises(IncompleteWindowError, match="nobody judged"):
        list(reader.read(_WINDOW))
    assert not confirmed

"""The benchmark compares runs that extract the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.clients import Workload
from benchmarks.report import Line, ratio, table
from benchmarks.same_rows import compare
from benchmarks.serving import Server

if TYPE_CHECKING:
    from pathlib import Path


# It starts four processes, which takes long on a busy machine.
@pytest.mark.timeout(300)
def test_the_floor_and_the_tap_give_the_same_rows(tmp_path: Path) -> None:
    with Server() as server:
        assert compare(Workload("small", concurrency=4), server, tmp_path) > 4000
        assert server.take_counts().requests == 0  # each run takes its own


def test_a_ratio_compares_runs_of_the_same_round() -> None:
    assert ratio([2.0, 20.0, 3.0], [1.0, 10.0, 1.0]) == 2.0


def test_the_table_marks_missed_targets() -> None:
    lines = [Line("wall", value=1.6, limit=1.5), Line("rate", value=5, limit=4, at_least=True)]
    assert [line.met for line in lines] == [False, True]
    wall, rate = table(lines).splitlines()[2:]
    assert "MISSED" in wall
    assert "ok" in rate

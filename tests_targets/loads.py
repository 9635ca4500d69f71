"""Load the account twice: first everything, then what has happened since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support import STREAMS, settings_of
from tests_targets.account import FIRST_RUN, SECOND_RUN, canonical, sandbox_at, shown_at
from tests_targets.runs import run_pipeline, tap_output

if TYPE_CHECKING:
    from pathlib import Path

    from tests_targets.account import Row, Tables
    from tests_targets.destinations import Destination


@dataclass(frozen=True)
class Load:
    """The contents of the tables after a run.

    Attributes:
        now: The account's time at the run.
        tables: The rows of each stream's table, in the order in which they were written if the
            table has an order.
        types: The type of each column, by stream.
        state: The last state that the loader printed.
        lossy: Whether the loader stores empty texts as null.
    """

    now: str
    tables: Tables
    types: dict[str, dict[str, str]]
    state: dict[str, Any]
    lossy: bool

    def expected(self, stream: str) -> dict[str, Row]:
        """Return the rows that the account shows at the time of the run, by key."""
        shown = shown_at(self.now)[stream]
        return {key: as_kept(row, lossy=self.lossy) for key, row in shown.items()}


def as_kept(row: Row, *, lossy: bool) -> Row:
    """Return a row as a loader stores it: with null for empty texts if the loader is lossy."""
    return {name: None if lossy and value == "" else value for name, value in row.items()}


def load_twice(destination: Destination, folder: Path) -> tuple[Load, Load]:
    """Load everything, move the account on by some days, and resume from the loader's state.

    Args:
        destination: The loader and its destination.
        folder: The folder for files.

    Returns:
        What the tables held after each run.
    """
    first = _load(destination, folder, FIRST_RUN, None)
    return first, _load(destination, folder, SECOND_RUN, first.state)


def _load(destination: Destination, folder: Path, now: str, state: dict[str, Any] | None) -> Load:
    with sandbox_at(now) as sandbox:
        printed = run_pipeline(
            settings_of(sandbox), state, destination.command, folder, destination.env
        )
    found = destination.read(STREAMS)
    return Load(
        now,
        {stream: [canonical(stream, row) for row in found[stream].rows] for stream in STREAMS},
        {stream: found[stream].types for stream in STREAMS},
        printed,
        destination.drops_empty_texts,
    )


def messages_at(now: str, folder: Path, **changes: Any) -> list[str]:
    """Return the lines that the tap writes in a full run.

    Args:
        now: The account's time.
        folder: The folder for files.
        changes: Settings that differ from the usual ones.
    """
    with sandbox_at(now) as sandbox:
        return tap_output(settings_of(sandbox, **changes), folder)

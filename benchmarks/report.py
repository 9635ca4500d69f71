"""The table that the benchmark prints."""

from __future__ import annotations

import os
import platform
import statistics
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEADINGS = ("", "floor", "tap", "value", "target", "")


@dataclass(frozen=True)
class Line:
    """One line of the table.

    Attributes:
        what: What was measured.
        floor: The floor's median, with its unit.
        tap: The tap's median, with its unit.
        value: The figure that has the target, mostly the ratio of the two.
        limit: The target; None if there is none.
        at_least: Whether the target is a lower bound.
        unit: The unit of `value` and `limit`.
    """

    what: str
    floor: str = ""
    tap: str = ""
    value: float | None = None
    limit: float | None = None
    at_least: bool = False
    unit: str = "x"

    @property
    def met(self) -> bool | None:
        """Whether the target was met; None without one."""
        if self.value is None or self.limit is None:
            return None
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def cells(self) -> tuple[str, ...]:
        """Return the line as the cells of a table."""
        bound = "at least" if self.at_least else "at most"
        return (
            self.what,
            self.floor,
            self.tap,
            "" if self.value is None else f"{_number(self.value, self.unit)}",
            "" if self.limit is None else f"{bound} {_number(self.limit, self.unit)}",
            {None: "", True: "ok", False: "MISSED"}[self.met],
        )


def _number(value: float, unit: str) -> str:
    digits = 2 if unit == "x" else 1 if unit == "%" else 0
    return f"{value:,.{digits}f} {unit}".replace(" x", "x").strip()


def table(lines: Sequence[Line]) -> str:
    """Return lines as a Markdown table with aligned columns."""
    rows = [_HEADINGS, *(line.cells() for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    texts = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([texts[0], rule, *texts[1:]])


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def ratio(of: Sequence[float], to: Sequence[float]) -> float:
    """Return the median of the rounds' ratios.

    The two runs of a round follow one another, so a machine that is busy for a while slows both. A
    ratio of two medians would compare the machine's good minutes with its bad ones.
    """
    return median([one / other for one, other in zip(of, to, strict=True)])


def machine() -> str:
    """Describe this machine and its load."""
    load = os.getloadavg()[0]
    cores = os.cpu_count() or 1
    busy = f" (busy: other work disturbs the figures; load {load:.1f})" if load > cores / 2 else ""
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {cores} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}{busy}"
    )

"""The chunks of a backfill: which ranges of time the runs of one account read.

`python -m orchestrate.plan ACCOUNT` prints the chunks' names, one a line.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from orchestrate.accounts import read_fleet
from orchestrate.errors import FleetError, run_to_end

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrate.accounts import Account

_MONTHS = {"year": 12, "month": 1}


@dataclass(frozen=True, order=True)
class Chunk:
    """A range of whole days (UTC).

    Attributes:
        start: The first day.
        end: The day after the last one.
    """

    start: date
    end: date

    @property
    def name(self) -> str:
        """The chunk's name, such as `2026-01-01_2026-02-01`, from which it can be read again."""
        return f"{self.start}_{self.end}"

    @classmethod
    def from_name(cls, name: str) -> Chunk:
        """Read a chunk from its name.

        Raises:
            FleetError: The text is not the name of a chunk.
        """
        try:
            start, end = map(date.fromisoformat, name.split("_"))
        except ValueError:
            start = end = date.min
        if start >= end:
            msg = f"{name!r} is no chunk: write two dates, such as 2026-01-01_2026-02-01."
            raise FleetError(msg)
        return cls(start, end)


def split(start: date, end: date, width: str) -> list[Chunk]:
    """Split a range into chunks that touch each other, in the order of time.

    Args:
        start: The first day.
        end: The day after the last one; later than `start`.
        width: `all` for one chunk, `year` or `month` for those of the calendar.
    """
    bounds = [start]
    months = _MONTHS.get(width)
    while months:
        last = bounds[-1]
        index = (last.year * 12 + last.month - 1) // months * months + months
        border = date(index // 12, index % 12 + 1, 1)
        if border >= end:
            break
        bounds.append(border)
    return [Chunk(*pair) for pair in zip(bounds, [*bounds[1:], end], strict=True)]


def plan(
    account: Account,
    start: str | None = None,
    end: str | None = None,
    width: str | None = None,
) -> list[Chunk]:
    """Plan the backfill of an account.

    Args:
        account: The account.
        start: The first day, such as 2026-01-31; by default where its history begins.
        end: The day after the last one; by default today (UTC).
        width: `all`, `year` or `month`; by default what the account says.

    Returns:
        The chunks, in the order of time; at least one.

    Raises:
        FleetError: A date is none, the range is empty, or it ends in the future.
    """
    today = datetime.now(UTC).date()
    first = _day("from", start) if start else account.start
    last = _day("to", end) if end else today
    if first >= last:
        msg = f"The backfill of {account.name} ends ({last}) before it begins ({first})."
        raise FleetError(msg)
    if last > today:
        msg = (
            f"The backfill of {account.name} ends in the future ({last}): end it today ({today}) "
            f"or earlier."
        )
        raise FleetError(msg)
    return split(first, last, width or account.chunk)


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        msg = f"{name} is not a date: write it as 2026-01-31."
        raise FleetError(msg) from None


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the chunks of an account's backfill.

    Raises:
        FleetError: The accounts file, the account or a date is wrong.
    """
    parser = argparse.ArgumentParser(prog="python -m orchestrate.plan", description=__doc__)
    parser.add_argument("account")
    parser.add_argument("--from", dest="start", metavar="DATE", help="default: the account's start")
    parser.add_argument("--to", dest="end", metavar="DATE", help="default: today (UTC)")
    parser.add_argument("--chunk", choices=["all", *_MONTHS], help="default: the account's own")
    options = parser.parse_args(arguments)
    account = read_fleet().account(options.account)
    for chunk in plan(account, options.start, options.end, options.chunk):
        print(chunk.name)


if __name__ == "__main__":
    sys.exit(run_to_end(main))

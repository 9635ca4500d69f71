"""The tables of docs/targets.md, read as data."""

from __future__ import annotations

from demo.steps import ROOT

_TEXT = (ROOT / "docs" / "targets.md").read_text(encoding="utf-8")


def table_under(heading: str) -> list[dict[str, str]]:
    """Return the first table under a heading, each row as a dictionary.

    Args:
        heading: The whole line of the heading.
    """
    section = _TEXT.split(f"{heading}\n", 1)[1].split("\n#", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(head, row, strict=True)) for row in rows]


def types_in(warehouse: str) -> dict[str, str]:
    """Return the column types of a warehouse, by what a column holds.

    Args:
        warehouse: The heading of its column in the table.
    """
    return {row["column holds"]: row[warehouse] for row in table_under("## Types")}

"""Print into docs/guarantees.md when a window is doubted: the rules of the code, in their order.

`make definition` runs it; a test compares the page with the code.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_omnimessages.providers.antbuddy.rules import RULES as ANTBUDDY_RULES
from tap_omnimessages.providers.etelecom.evidence import RULES as ETELECOM_RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_omnimessages.extract.completeness import Rule

PAGE = Path(__file__).parents[1] / "docs" / "guarantees.md"
_SECTIONS: dict[str, Iterable[Rule[Any]]] = {
    "### When an AntBuddy window is doubted": ANTBUDDY_RULES,
    "### When an eTelecom window is doubted": ETELECOM_RULES,
}


def rendered(page: str) -> str:
    """Return the page with the table of each section written anew.

    Raises:
        ValueError: The page lacks a section or its table.
    """
    for heading, rules in _SECTIONS.items():
        rows = "".join(f"| {n} | {rule.condition} |\n" for n, rule in enumerate(rules, 1))
        table = f"| rule | a window is doubted when |\n| --- | --- |\n{rows}"
        pattern = rf"(?<={re.escape(heading)}\n\n)(\|.*\n)+"
        page, count = re.subn(pattern, lambda _, table=table: table, page)  # type: ignore[misc]
        if count != 1:
            msg = f"docs/guarantees.md has no table under '{heading}'."
            raise ValueError(msg)
    return page


def main() -> None:
    """Write the tables."""
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

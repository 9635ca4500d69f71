"""The errors of a fleet; each text is one sentence for the person who runs it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class FleetError(Exception):
    """Something that a person has to correct; the text says what, where, and what to do."""


class LoadError(FleetError):
    """A load failed; the text is the tap's own sentence, or the loader's."""


def run_to_end(main: Callable[[], None]) -> int:
    """Run a command, and print the sentence if it fails.

    Args:
        main: The command.

    Returns:
        The exit status: 0, or 1 after an error.
    """
    try:
        main()
    except FleetError as error:
        print(error, file=sys.stderr)
        return 1
    return 0

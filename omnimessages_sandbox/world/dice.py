"""Repeatable chance: everything the sandbox draws comes from a name."""

from __future__ import annotations

import random


def dice(*name: object) -> random.Random:
    """Make a random generator that always draws the same for the same name.

    Args:
        name: The parts of the name, for instance the seed, `"sessions"` and the day.
    """
    return random.Random("/".join(map(str, name)))  # noqa: S311

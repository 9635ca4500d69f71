"""Random generators seeded by a name, so that every draw can be repeated."""

from __future__ import annotations

import random


def dice(*name: object) -> random.Random:
    """Return a random generator; the same name always draws the same values.

    Args:
        name: The parts of the name, for instance the seed, `"sessions"` and the day.
    """
    return random.Random("/".join(map(str, name)))  # noqa: S311

"""How much the tests try: the short profile for each change, the full one before a release.

`--hypothesis-profile` chooses, and `make test PROFILE=full` passes the choice on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

SHORT, FULL = "short", "full"
# The part that the short profile tries: one of five.
_PART = 5
# Hypothesis's own number of examples. The short profile goes below it only where the full one does.
_USUAL = 100


def register() -> None:
    """Register both profiles with Hypothesis and load the short one.

    Both keep the settings of Hypothesis: those for CI servers differ from those elsewhere.
    """
    for name in (SHORT, FULL):
        settings.register_profile(name, settings.default)
    settings.load_profile(SHORT)


def is_full() -> bool:
    """Return whether the full profile is chosen."""
    return settings.get_current_profile_name() == FULL


def examples(full: int) -> int:
    """Return how many examples a property test tries.

    Args:
        full: The number in the full profile.
    """
    return full if is_full() else max(full // _PART, min(full, _USUAL))


def slow(*values: Any) -> list[Any]:
    """Mark the values of one parameter as slow.

    Args:
        values: What the short profile leaves to the full one.
    """
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]


def thinned(parameters: list[ParameterSet]) -> list[Any]:
    """Mark four of five parameters as slow, so that the short profile tries the fifth.

    Args:
        parameters: What `pytest.mark.parametrize` takes.
    """
    # The position moves by one in each five: lists are often five by five.
    return [
        parameter
        if index % _PART == index // _PART % _PART
        else pytest.param(
            *parameter.values, id=parameter.id, marks=[*parameter.marks, pytest.mark.slow]
        )
        for index, parameter in enumerate(parameters)
    ]

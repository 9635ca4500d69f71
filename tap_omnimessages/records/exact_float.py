"""Decimals with more digits than a double holds, in a form that expressions can compute with."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


class ExactFloat(float):
    """A double that remembers the decimal it came from.

    `json.dumps` and arithmetic, which stream maps use, refuse a `Decimal`.

    Attributes:
        exact: The decimal.
    """

    exact: Decimal

    def __new__(cls, exact: Decimal) -> ExactFloat:  # noqa: PYI034 - no class inherits from it
        """Create the double nearest to a decimal."""
        value = super().__new__(cls, exact)
        value.exact = exact
        return value


def make_computable(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON value with each `Decimal` as an `ExactFloat`."""
    if isinstance(value, dict):
        return {name: make_computable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [make_computable(inner) for inner in value]
    return ExactFloat(value) if isinstance(value, Decimal) else value

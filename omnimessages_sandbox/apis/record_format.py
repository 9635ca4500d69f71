"""Changes that the record formats of both APIs share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

Change = Callable[[dict[str, Any]], None]
"""A change of a record, made in place."""


def number_ids(record: dict[str, Any], names: Iterable[str]) -> None:
    """Turn ids that consist of digits into JSON numbers."""
    for name in names:
        value = record.get(name)
        if isinstance(value, str) and value.isdigit() and not value.startswith("0"):
            record[name] = msgspec.Raw(value.encode())

"""What the formats of both APIs' records share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from omnimessages_sandbox.switches.variants import DEFAULTS, ApiVariants

Change = Callable[[dict[str, Any]], None]


def is_documented(variants: ApiVariants, switches: Iterable[str]) -> bool:
    """Tell whether switches stand as the API pages document them."""
    return all(
        getattr(variants, name) == getattr(DEFAULTS, name)
        and type(getattr(variants, name)) is type(getattr(DEFAULTS, name))
        for name in switches
    )


def number_ids(record: dict[str, Any], names: Iterable[str]) -> None:
    """Write ids that consist of digits as numbers."""
    for name in names:
        value = record.get(name)
        if isinstance(value, str) and value.isdigit() and not value.startswith("0"):
            record[name] = msgspec.Raw(value.encode())

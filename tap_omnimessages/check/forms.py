"""In which forms an API writes its values, without the values."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tap_omnimessages.timestamps import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# A name that is made of other characters, or is longer, may be data itself.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_LONG_DIGITS = re.compile(r"[0-9]{5}")
_FRACTION = re.compile(r"\.([0-9]+)")
_MISSING = "missing"
_MOST_NAMES = 20


def form_of(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return the form of a value: `null`, `true/false`, `number`, `digits`, `text`, `list`, …."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true/false"
    if isinstance(value, int | float | Decimal):
        return "number"
    if isinstance(value, str):
        if not value:
            return "empty text"
        return "digits" if value.isascii() and value.isdigit() else "text"
    return "list" if isinstance(value, list) else "object"


def time_form_of(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return the form of a time: `epoch_ms`, `epoch_s`, `iso Z`, `iso +07:00`, `null`, …."""
    try:
        moment = parse_time(value)
    except ValueError:
        return "no time"
    if moment is None:
        return form_of(value) if value in (None, "") else f"zero {form_of(value)}"
    if not isinstance(value, str) or value.isdigit():
        digits = len(str(value).partition(".")[0])
        return {10: "epoch_s", 13: "epoch_ms", 16: "epoch_us"}.get(digits, "number")
    zone = re.search(r"(Z|[+-][0-9:]+)$", value[10:])
    return f"iso {zone[0]}" if zone else "iso without zone"


def fraction_digits(values: Iterable[Any]) -> int | None:
    """Return the most digits of a second's fraction in times as texts; None without a text."""
    texts = [value for value in values if isinstance(value, str) and "T" in value]
    found = [len(match[1]) if (match := _FRACTION.search(text)) else 0 for text in texts]
    return max(found) if found else None


def forms(rows: Iterable[Mapping[str, Any]], name: str, *, is_time: bool = False) -> list[str]:
    """Return in which forms the values of a field come, in alphabetical order."""
    describe = time_form_of if is_time else form_of
    return sorted({describe(row[name]) if name in row else _MISSING for row in rows})


def field_forms(
    rows: Iterable[Mapping[str, Any]], times: Iterable[str], names: Iterable[str]
) -> dict[str, list[str]]:
    """Return the forms of each field by its name."""
    rows, times = list(rows), set(times)
    return {name: forms(rows, name, is_time=name in times) for name in names} if rows else {}


def unknown_names(rows: Iterable[Mapping[str, Any]], known: Iterable[str]) -> list[str]:
    """Return the names of fields that are not known; `…` for names that may be data themselves."""
    found = {name for row in rows for name in row} - set(known)
    return sorted({safe_name(name) for name in found})[:_MOST_NAMES]


def safe_name(name: str) -> str:
    """Return a name of an API, or `…` where it may be data itself."""
    is_name = _NAME.fullmatch(name) and not _LONG_DIGITS.search(name)
    return name if is_name else "…"

"""Convert JSON values to the types of columns.

Each function accepts any JSON value but null, and raises ValueError if the value does not fit. The
text of the error never contains the value, which may be private.
Codes such as E15 are explained in docs/api-notes.md.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

INT64 = 2**63
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,19}")
_TYPE_NAMES = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    Decimal: "a number",
    str: "a text",
    list: "a list",
}
_BOOLEANS = {0: False, 1: True, "0": False, "1": True, "false": False, "true": True}


def to_text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Convert a text or a number to a text.

    An id may come as either (E15, A18: whether ids are numbers or texts).

    Raises:
        ValueError: The value is a boolean, a list or an object.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float | Decimal):
        return str(int(value)) if value == int(value) else str(value)
    msg = f"{_json_type(value)} is not a text"
    raise ValueError(msg)


def to_integer(value: Any) -> int:  # noqa: ANN401
    """Convert a whole number, or a text of up to 19 digits, to an integer of 64 bits.

    Raises:
        ValueError: The value is not a whole number, or does not fit in 64 bits.
    """
    if isinstance(value, str):
        if not _WHOLE_NUMBER.fullmatch(value):
            msg = "the text is not a whole number"
            raise ValueError(msg)
        value = int(value)
    elif isinstance(value, float | Decimal) and value == int(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        msg = f"{_json_type(value)} is not a whole number"
        raise ValueError(msg)  # noqa: TRY004 - one exception for every value that does not fit
    if not -INT64 <= value < INT64:
        msg = "the number does not fit in 64 bits"
        raise ValueError(msg)
    return value


def to_boolean(value: Any) -> bool:  # noqa: ANN401
    """Convert a boolean, 0 or 1, or a text of these, to a boolean.

    Raises:
        ValueError: The value is anything else.
    """
    if isinstance(value, bool):
        return value
    key = value.lower() if isinstance(value, str) else value
    if isinstance(key, str | int | float) and key in _BOOLEANS:
        return _BOOLEANS[key]
    msg = f"{_json_type(value)} is not a boolean"
    raise ValueError(msg)


def to_object(value: Any) -> dict[str, Any]:  # noqa: ANN401
    """Convert a value to an object: wrap a list or a single value as `{"value": …}`."""
    # Some targets fail on a JSON column that holds other values than objects.
    return value if isinstance(value, dict) else {"value": value}


def to_strings(value: Any) -> list[str]:  # noqa: ANN401
    """Convert a list, or a single value, to a list of texts.

    Raises:
        ValueError: An item is null, a boolean, a list or an object.
    """
    items = value if isinstance(value, list) else [value]
    if None in items:
        msg = "the list holds a null"
        raise ValueError(msg)
    return [to_text(item) for item in items]


def _json_type(value: Any) -> str:  # noqa: ANN401
    return _TYPE_NAMES.get(type(value), "an object")

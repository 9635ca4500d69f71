"""Convert JSON values to a column's type."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tap_omnimessages.records.columns import JsonObject, Kind
from tap_omnimessages.timestamps import normalize_time

if TYPE_CHECKING:
    from collections.abc import Callable

_INT64 = 2**63
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,19}")
_BOOLEANS = {0: False, 1: True, "0": False, "1": True, "false": False, "true": True}


def to_text(value: Any) -> str:  # noqa: ANN401 - any JSON value may come
    """Convert a scalar to text: ids come as numbers or as strings (E15, A18).

    Raises:
        ValueError: The value is a boolean, a list or an object.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    msg = f"{_json_type(value)} is not a text"
    raise ValueError(msg)


def _to_integer(value: Any) -> int:  # noqa: ANN401
    if isinstance(value, str):
        if not _WHOLE_NUMBER.fullmatch(value):
            msg = "the text is not a whole number"
            raise ValueError(msg)
        value = int(value)
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        msg = f"{_json_type(value)} is not a whole number"
        raise ValueError(msg)  # noqa: TRY004 - one exception for everything that does not fit
    if not -_INT64 <= value < _INT64:
        msg = "the number passes 64 bits"
        raise ValueError(msg)
    return value


def _to_boolean(value: Any) -> bool:  # noqa: ANN401
    if isinstance(value, bool):
        return value
    key = value.lower() if isinstance(value, str) else value
    if isinstance(key, str | int | float) and key in _BOOLEANS:
        return _BOOLEANS[key]
    msg = f"{_json_type(value)} is not a boolean"
    raise ValueError(msg)


def _to_object(value: Any) -> JsonObject:  # noqa: ANN401
    # A scalar or a list would break JSON columns that expect an object.
    return value if isinstance(value, dict) else {"value": value}


def _to_strings(value: Any) -> list[str]:  # noqa: ANN401
    items = value if isinstance(value, list) else [value]
    if None in items:
        msg = "the list holds a null"
        raise ValueError(msg)
    return [to_text(item) for item in items]


def _json_type(value: Any) -> str:  # noqa: ANN401
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "a list"}
    return names.get(type(value), "an object")


CONVERTERS: dict[Kind, Callable[[Any], Any]] = {
    Kind.ID: to_text,
    Kind.STRING: to_text,
    Kind.INTEGER: _to_integer,
    Kind.BOOLEAN: _to_boolean,
    Kind.TIMESTAMP: normalize_time,
    Kind.OBJECT: _to_object,
    Kind.STRINGS: _to_strings,
}

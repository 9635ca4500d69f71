"""A stream's columns, declared once: its JSON schema and its record shaping come from them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from tap_omnimessages.timestamps import normalize_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

JsonObject = dict[str, Any]

EXTRA_FIELDS = "extra_fields"
_EXTRA_FIELDS_SCHEMA = {
    "type": ["object", "null"],
    "description": (
        "What the API sent and no other column can hold, under its API name: fields unknown to "
        "this version, and values that do not fit their column's type. Null when there is none."
    ),
}

_INT64 = 2**63
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,19}")


class Kind(Enum):
    """The type of a column, and the JSON schema that says so."""

    ID = "id"
    STRING = "string"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    OBJECT = "object"
    STRINGS = "strings"


_SCHEMAS: dict[Kind, JsonObject] = {
    Kind.ID: {"type": ["string", "null"]},
    Kind.STRING: {"type": ["string", "null"]},
    Kind.INTEGER: {"type": ["integer", "null"]},
    Kind.BOOLEAN: {"type": ["boolean", "null"]},
    Kind.TIMESTAMP: {"type": ["string", "null"], "format": "date-time"},
    Kind.OBJECT: {"type": ["object", "null"]},
    # Not nullable: BigQuery refuses a null inside an array.
    Kind.STRINGS: {"type": ["array", "null"], "items": {"type": "string"}},
}

# Names that no rule makes: SQL's reserved words, and Mongo's underscores.
_RENAMED = {"from": "from_id", "to": "to_id", "_id": "id", "__v": "revision"}


def column_name(field: str) -> str:
    """Make a column's name from a field's: `templateZaloOA` → `template_zalo_oa`.

    Targets fold case, so a name in mixed case would need quoting in every query.
    """
    if field in _RENAMED:
        return _RENAMED[field]
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", field)
    return spaced.lower()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a stream.

    Attributes:
        field: The field's name in the API; for a derived column, its own name.
        kind: Its type.
        description: What it means; the API field is added by `schema_of`.
        derived: Whether the tap computes it, so that no API field holds it.
    """

    field: str
    kind: Kind
    description: str
    derived: bool = False

    @property
    def name(self) -> str:
        """The column's name in the warehouse."""
        return column_name(self.field)


def schema_of(columns: Iterable[Column], primary_keys: Sequence[str]) -> JsonObject:
    """Make a stream's JSON schema from its columns; primary keys are never null."""
    properties: JsonObject = {}
    for column in columns:
        schema = dict(_SCHEMAS[column.kind])
        if column.name in primary_keys:
            schema["type"] = [name for name in schema["type"] if name != "null"]
        origin = "Derived by the tap." if column.derived else f"API field `{column.field}`."
        properties[column.name] = {**schema, "description": f"{column.description} {origin}"}
    properties[EXTRA_FIELDS] = _EXTRA_FIELDS_SCHEMA
    return {"type": "object", "properties": properties, "required": list(primary_keys)}


def shaper_of(
    columns: Iterable[Column], report: Callable[[str, str], None]
) -> Callable[[Mapping[str, Any]], JsonObject]:
    """Make the function that turns an API object into a record of these columns.

    Args:
        columns: The stream's columns; derived ones are null until the caller fills them.
        report: Called with an API field's name and the reason whenever a value goes into
            `extra_fields`. The value itself is never passed on: it may be private.

    Returns:
        A function from an API object to a record with every column. It raises nothing: what
        does not fit is kept in `extra_fields`.
    """
    own = list(columns)
    known = {column.field for column in own if not column.derived}

    def shape(source: Mapping[str, Any]) -> JsonObject:
        record: JsonObject = {}
        extra: JsonObject = {}
        for column in own:
            value = None if column.derived else source.get(column.field)
            try:
                record[column.name] = None if value is None else CONVERTERS[column.kind](value)
            except ValueError as error:
                record[column.name] = None
                report(column.field, str(error))
                extra[column.field] = value
        for field in source:
            if field not in known:
                report(field, "the field is unknown to this version")
                extra[field] = source[field]
        record[EXTRA_FIELDS] = extra or None
        return record

    return shape


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


_BOOLEANS = {0: False, 1: True, "0": False, "1": True, "false": False, "true": True}


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

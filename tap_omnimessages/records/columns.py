"""A stream's columns, declared once: its JSON schema and its record shaping come from them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

JsonObject = dict[str, Any]

EXTRA_FIELDS = "extra_fields"
_EXTRA_FIELDS_SCHEMA = {
    "type": ["object", "null"],
    "description": (
        "What the API sent and no other column can hold, under its API name: fields unknown to "
        "this version, and values that do not fit their column's type. Null when there is none."
    ),
}


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

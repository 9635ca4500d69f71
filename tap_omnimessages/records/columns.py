"""A stream's columns, declared once; its JSON schema and its records are made from them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_omnimessages.records.kinds import KINDS, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

JsonObject = dict[str, Any]

EXTRA_FIELDS = "extra_fields"
_EXTRA_FIELDS_SCHEMA = {
    "type": ["object", "null"],
    "description": (
        "Values that fit no column, by their API name: unknown fields, and values of the wrong "
        "type. Null if there are none."
    ),
}


# Exceptions to the rule: SQL's reserved words, and Mongo's underscores.
_RENAMED = {"from": "from_id", "to": "to_id", "_id": "id", "__v": "revision"}


def column_name(field: str) -> str:
    """Return the column's name for an API field: `templateZaloOA` becomes `template_zalo_oa`.

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
        field: The name of the API's field; a derived column's own name.
        kind: The kind of its values.
        description: What it means; `schema_of` adds the API's field.
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
    """Return a stream's JSON schema; primary keys are never null."""
    properties: JsonObject = {}
    for column in columns:
        schema = dict(KINDS[column.kind].schema)
        if column.name in primary_keys:
            schema["type"] = [name for name in schema["type"] if name != "null"]
        origin = "Derived by the tap." if column.derived else f"API field `{column.field}`."
        properties[column.name] = {**schema, "description": f"{column.description} {origin}"}
    properties[EXTRA_FIELDS] = _EXTRA_FIELDS_SCHEMA
    return {"type": "object", "properties": properties, "required": list(primary_keys)}

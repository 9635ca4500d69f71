"""A stream's columns, from which its JSON schema and its records are made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
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

# Names that the rule would leave reserved in SQL, or with an underscore in front.
_RENAMED = {"from": "from_id", "to": "to_id", "_id": "id", "__v": "revision"}


@cache
def column_name(field: str) -> str:
    """Return the column's name for an API field: `templateZaloOA` becomes `template_zalo_oa`.

    A name in mixed case, or with characters such as a hyphen, would need quotes in every query.
    """
    if field in _RENAMED:
        return _RENAMED[field]
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", field)
    return re.sub(r"\W", "_", spaced).lower()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a stream.

    Attributes:
        field: The API field, or the name of a derived column.
        kind: The kind of the values.
        description: What the column means. `schema_of` adds where the values come from.
        derived: Whether the tap computes the values, so that no API field holds them.
    """

    field: str
    kind: Kind
    description: str
    derived: bool = False

    @property
    def name(self) -> str:
        """The name of the column in records and in the schema."""
        return column_name(self.field)


def schema_of(columns: Iterable[Column], primary_keys: Sequence[str]) -> JsonObject:
    """Return a stream's JSON schema, in which only primary keys are never null."""
    properties: JsonObject = {}
    for column in columns:
        schema = dict(KINDS[column.kind].schema)
        if column.name in primary_keys:
            schema["type"] = [name for name in schema["type"] if name != "null"]
        origin = "Derived by the tap." if column.derived else f"API field `{column.field}`."
        properties[column.name] = {**schema, "description": f"{column.description} {origin}"}
    properties[EXTRA_FIELDS] = _EXTRA_FIELDS_SCHEMA
    return {"type": "object", "properties": properties, "required": list(primary_keys)}

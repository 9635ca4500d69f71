"""The kinds of columns: the JSON schema of each, and how values are decoded and converted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from tap_omnimessages.records.convert import (
    INT64,
    to_boolean,
    to_integer,
    to_object,
    to_strings,
    to_text,
)
from tap_omnimessages.timestamps import normalize_time

if TYPE_CHECKING:
    from collections.abc import Callable


class Kind(Enum):
    """The kind of a column. `KINDS` holds what each means."""

    ID = "id"
    STRING = "string"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    OBJECT = "object"
    STRINGS = "strings"


@dataclass(frozen=True, slots=True)
class KindSpec:
    """What a kind means.

    Attributes:
        schema: Its JSON schema.
        convert: Converts any JSON value but null to the kind, and raises ValueError if the value
            does not fit. The result may be None, as for a time that was never set.
        decoded: The type of values that need no conversion, for the JSON decoder to check. None if
            every value needs conversion.
    """

    schema: dict[str, Any]
    convert: Callable[[Any], Any]
    decoded: Any = None


KINDS: dict[Kind, KindSpec] = {
    Kind.ID: KindSpec({"type": ["string", "null"]}, to_text, str | None),
    Kind.STRING: KindSpec({"type": ["string", "null"]}, to_text, str | None),
    Kind.INTEGER: KindSpec(
        {"type": ["integer", "null"]},
        to_integer,
        Annotated[int, msgspec.Meta(ge=-INT64, le=INT64 - 1)] | None,
    ),
    Kind.BOOLEAN: KindSpec({"type": ["boolean", "null"]}, to_boolean, bool | None),
    Kind.TIMESTAMP: KindSpec({"type": ["string", "null"], "format": "date-time"}, normalize_time),
    Kind.OBJECT: KindSpec({"type": ["object", "null"]}, to_object, dict[str, Any] | None),
    Kind.STRINGS: KindSpec(
        # The items are not nullable: BigQuery refuses a null inside an array.
        {"type": ["array", "null"], "items": {"type": "string"}},
        to_strings,
        list[str] | None,
    ),
}

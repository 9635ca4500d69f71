"""The kinds of columns, each with its JSON schema and the way a value becomes one."""

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
    """The kind of a column; `KINDS` says what each means."""

    ID = "id"
    STRING = "string"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    OBJECT = "object"
    STRINGS = "strings"


@dataclass(frozen=True)
class KindSpec:
    """What a kind means.

    Attributes:
        schema: Its JSON schema.
        convert: Turns any JSON value but null into one of this kind; raises ValueError where
            the value does not fit.
        decoded: The type that the JSON decoder checks; such values need no conversion. None
            where the decoder takes any value.
        exact: The type whose values need no conversion although the decoder takes others, too.
    """

    schema: dict[str, Any]
    convert: Callable[[Any], Any]
    decoded: Any = None
    exact: type | None = None


KINDS: dict[Kind, KindSpec] = {
    Kind.ID: KindSpec({"type": ["string", "null"]}, to_text, exact=str),
    Kind.STRING: KindSpec({"type": ["string", "null"]}, to_text, decoded=str | None),
    Kind.INTEGER: KindSpec(
        {"type": ["integer", "null"]},
        to_integer,
        decoded=Annotated[int, msgspec.Meta(ge=-INT64, le=INT64 - 1)] | None,
    ),
    Kind.BOOLEAN: KindSpec({"type": ["boolean", "null"]}, to_boolean, decoded=bool | None),
    Kind.TIMESTAMP: KindSpec({"type": ["string", "null"], "format": "date-time"}, normalize_time),
    Kind.OBJECT: KindSpec({"type": ["object", "null"]}, to_object, exact=dict),
    Kind.STRINGS: KindSpec(
        # The items are not nullable: BigQuery refuses a null inside an array.
        {"type": ["array", "null"], "items": {"type": "string"}},
        to_strings,
        decoded=list[str] | None,
    ),
}

"""Reading the JSON text of a row straight into a record.

A row is decoded into a type made from the columns, so that the decoder itself checks most values.
A row that has anything else, such as a field unknown to this version, is shaped with care instead;
its new fields are then part of the type, since the rows behind it will most likely have them too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from tap_omnimessages.lenient_json import decode_row, repair_json
from tap_omnimessages.records.columns import EXTRA_FIELDS, Kind
from tap_omnimessages.records.convert import CONVERTERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tap_omnimessages.records.columns import Column, JsonObject

# An API that uses ids as names would have new ones in every row.
_MOST_NEW_FIELDS = 100
# What a field of a msgspec type may be called.
_PLAIN_NAME = re.compile(r'[^"\\\x00-\x1f]+')
_INT64 = 2**63

# Kinds whose values the decoder checks itself.
_CHECKED: dict[Kind, Any] = {
    Kind.STRING: str | None,
    Kind.INTEGER: Annotated[int, msgspec.Meta(ge=-_INT64, le=_INT64 - 1)] | None,
    Kind.BOOLEAN: bool | None,
    Kind.STRINGS: list[str] | None,
}
# Of the others, values of exactly this type need no conversion.
_AS_IT_IS: dict[Kind, type] = {Kind.ID: str, Kind.OBJECT: dict}

_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_NULL = msgspec.Raw(b"null")


class RowReader:
    """Reads the rows of one stream."""

    def __init__(
        self,
        columns: Sequence[Column],
        report: Callable[[str, str], None],
        nested: str | None = None,
    ) -> None:
        """Make a reader.

        Args:
            columns: The stream's columns; derived ones are null until the caller fills them.
            report: Told of fields that go into `extra_fields`, as `shaper_of` says.
            nested: The name of a field that holds other rows and is given beside the record.
        """
        self._columns = columns
        self._aside = nested
        self._shape = shaper_of(columns, report)
        self._known = {column.field for column in columns if not column.derived}
        self._new_fields: list[str] = []
        self._compile()

    def read(self, text: bytes | msgspec.Raw) -> JsonObject:
        """Read a row's JSON text.

        Returns:
            A record with every column; what does not fit is kept in `extra_fields`.
        """
        return self.read_with_nested(text)[0]

    def read_with_nested(self, text: bytes | msgspec.Raw) -> tuple[JsonObject, msgspec.Raw]:
        """Read a row's JSON text, and give the field `nested` undecoded beside the record."""
        try:
            row = self._decode(text)
            return self._make(row), row.nested
        except (msgspec.MsgspecError, ValueError):
            return self._read_carefully(text)

    def _read_carefully(self, text: bytes | msgspec.Raw) -> tuple[JsonObject, msgspec.Raw]:
        try:
            fields = _decode_fields(text)
        except (msgspec.MsgspecError, ValueError):
            try:
                fields = _decode_fields(repair_json(bytes(text)))
            except msgspec.MsgspecError:
                # No object: a record without a primary key, which its stream refuses.
                fields = {}
        nested = _NULL if self._aside is None else fields.pop(self._aside, _NULL)
        new = {
            name
            for name in fields.keys() - self._known - set(self._new_fields)
            if _PLAIN_NAME.fullmatch(name)
        }
        if new and len(self._new_fields) + len(new) <= _MOST_NEW_FIELDS:
            self._new_fields += sorted(new)
            self._compile()
        return self._shape({name: decode_row(raw) for name, raw in fields.items()}), nested

    def _compile(self) -> None:
        """Make the row's type, and one expression that makes the record, as `dataclasses` does.

        A loop over the columns costs several times as much, and this runs once for every record.
        """
        fields: list[tuple[str, Any, Any]] = []
        if self._aside is not None:
            fields.append(("nested", msgspec.Raw, msgspec.field(default=_NULL, name=self._aside)))
        items = []
        for index, column in enumerate(self._columns):
            if column.derived:
                items.append(f"{column.name!r}: None")
                continue
            kind = _CHECKED.get(column.kind, Any)
            fields.append((f"f{index}", kind, msgspec.field(default=None, name=column.field)))
            items.append(f"{column.name!r}: {_expression(column.kind, f'row.f{index}')}")
        new = []
        for index, name in enumerate(self._new_fields):
            fields.append((f"n{index}", Any, msgspec.field(default=msgspec.UNSET, name=name)))
            new.append(f"({name!r}, row.n{index})")
        extra = f"keep([{', '.join(new)}])" if new else "None"
        row_type = msgspec.defstruct(
            "Row",
            fields,
            namespace={"nested": _NULL} if self._aside is None else None,
            forbid_unknown_fields=True,
            gc=False,
        )
        self._decode: Callable[[bytes | msgspec.Raw], Any] = msgspec.json.Decoder(row_type).decode
        names = {f"convert_{kind.name}": convert for kind, convert in CONVERTERS.items()}
        # The text holds nothing but names, quoted by `repr`.
        self._make = eval(  # noqa: S307
            f"lambda row: {{{', '.join(items)}, {EXTRA_FIELDS!r}: {extra}}}",
            {**names, "keep": _keep},
        )


def _expression(kind: Kind, value: str) -> str:
    """Say in Python how a value becomes a column's."""
    if kind in _CHECKED:
        return value
    fits = f"{value} is None"
    if kind in _AS_IT_IS:
        fits = f"type({value}) is {_AS_IT_IS[kind].__name__} or {fits}"
    return f"{value} if {fits} else convert_{kind.name}({value})"


def _keep(pairs: list[tuple[str, Any]]) -> JsonObject | None:
    return {name: value for name, value in pairs if value is not msgspec.UNSET} or None


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

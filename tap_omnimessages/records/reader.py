"""Turn the JSON text of a row into a record.

A row is decoded into a struct made from the columns, so the decoder itself checks most values. A
row with anything else, such as an unknown field, is read field by field instead. Its unknown
fields then become part of the struct, because the rows behind it will most likely have them, too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import asdict

from tap_omnimessages.lenient_json import decode_row, repair_json
from tap_omnimessages.records.columns import EXTRA_FIELDS
from tap_omnimessages.records.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tap_omnimessages.records.columns import Column, JsonObject

# An API that uses ids as names would have new ones in every row.
_MOST_NEW_FIELDS = 100
# What a field of a msgspec struct may be called.
_PLAIN_NAME = re.compile(r'[^"\\\x00-\x1f]+')
# Attributes of the struct that are no columns; no column begins with an underscore.
_NESTED = "_nested"
_NEW = "_new"

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
            columns: The stream's columns, derived ones last. Derived columns are null until the
                caller fills them.
            report: Called for each field that goes to `extra_fields`, as `shaper_of` says.
            nested: The name of a field that holds other rows and is returned beside the record.
        """
        self._columns = [column for column in columns if not column.derived]
        self._derived = dict.fromkeys(column.name for column in columns if column.derived)
        self._nested = nested
        self._shape = shaper_of(columns, report)
        self._known = {column.field for column in self._columns}
        self._new_fields: list[str] = []
        self._conversions = _conversions_of(self._columns)
        self._compile()

    def read(self, text: bytes | msgspec.Raw) -> JsonObject:
        """Read a row.

        Args:
            text: The row's JSON text.

        Returns:
            A record with every column; values that fit no column go to `extra_fields`.
        """
        return self.read_with_nested(text)[0]

    def read_with_nested(self, text: bytes | msgspec.Raw) -> tuple[JsonObject, msgspec.Raw]:
        """Read a row, and return its nested field undecoded beside the record."""
        try:
            record = asdict(self._decode(text))
            nested = _NULL if self._nested is None else record.pop(_NESTED)
            new = self._take_new_fields(record) if self._new_fields else None
            for convert, exact, names in self._conversions:
                for name in names:
                    value = record[name]
                    if value is not None and type(value) is not exact:
                        record[name] = convert(value)
        except (msgspec.MsgspecError, ValueError):
            return self._read_field_by_field(text)
        record.update(self._derived)
        record[EXTRA_FIELDS] = new
        return record, nested

    def _take_new_fields(self, record: JsonObject) -> JsonObject | None:
        values = [(name, record.pop(f"{_NEW}{i}")) for i, name in enumerate(self._new_fields)]
        return {name: value for name, value in values if value is not msgspec.UNSET} or None

    def _read_field_by_field(self, text: bytes | msgspec.Raw) -> tuple[JsonObject, msgspec.Raw]:
        try:
            fields = _decode_fields(text)
        except (msgspec.MsgspecError, ValueError):
            try:
                fields = _decode_fields(repair_json(bytes(text)))
            except msgspec.MsgspecError:
                # Not an object: the record has no primary key, so its stream refuses it.
                fields = {}
        nested = _NULL if self._nested is None else fields.pop(self._nested, _NULL)
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
        """Make the struct that rows are decoded into; its attributes are named as the columns."""
        fields: list[tuple[str, Any, Any]] = []
        if self._nested is not None:
            fields.append((_NESTED, msgspec.Raw, msgspec.field(default=_NULL, name=self._nested)))
        for column in self._columns:
            decoded = KINDS[column.kind].decoded or Any
            fields.append((column.name, decoded, msgspec.field(default=None, name=column.field)))
        for index, name in enumerate(self._new_fields):
            field = msgspec.field(default=msgspec.UNSET, name=name)
            fields.append((f"{_NEW}{index}", Any, field))
        row_type = msgspec.defstruct("Row", fields, forbid_unknown_fields=True, gc=False)
        self._decode = msgspec.json.Decoder(row_type).decode


_Conversion = tuple["Callable[[Any], Any]", type | None, list[str]]


def _conversions_of(columns: Iterable[Column]) -> list[_Conversion]:
    """Return each conversion that decoded values may need, with the names of its columns."""
    names: dict[Any, list[str]] = {}
    for column in columns:
        if KINDS[column.kind].decoded is None:
            names.setdefault(column.kind, []).append(column.name)
    return [(KINDS[kind].convert, KINDS[kind].exact, own) for kind, own in names.items()]


def shaper_of(
    columns: Iterable[Column], report: Callable[[str, str], None]
) -> Callable[[Mapping[str, Any]], JsonObject]:
    """Return the function that turns a decoded row into a record, field by field.

    Args:
        columns: The stream's columns. Derived columns are null until the caller fills them.
        report: Called with an API field's name and the reason for each value that goes to
            `extra_fields`. The value itself is never passed on: it may be private.

    Returns:
        A function from a JSON object to a record with every column. It raises only what `report`
        raises: values that fit no column go to `extra_fields`.
    """
    own = list(columns)
    known = {column.field for column in own if not column.derived}

    def shape(source: Mapping[str, Any]) -> JsonObject:
        record: JsonObject = {}
        extra: JsonObject = {}
        for column in own:
            value = None if column.derived else source.get(column.field)
            try:
                record[column.name] = None if value is None else KINDS[column.kind].convert(value)
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

"""Turn the JSON text of a row into a record.

A row is decoded into a struct made from the columns, so the decoder itself checks most values. A
row with anything else, such as an unknown field or an id that is a number, is read field by field.
The struct then learns the field or the type, because later rows will most likely have it, too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import asdict

from tap_omnimessages.lenient_json import decode_fields, decode_row, parse_decimal
from tap_omnimessages.records.columns import EXTRA_FIELDS
from tap_omnimessages.records.kinds import KINDS
from tap_omnimessages.records.nul import NUL, remove_nul

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tap_omnimessages.records.columns import Column, JsonObject

# An API that uses ids as names would have new ones in every row.
_MOST_NEW_FIELDS = 100
# The names that msgspec allows for a field of a struct.
_PLAIN_NAME = re.compile(r'[^"\\\x00-\x1f]+')
# Attributes of the struct that are not columns. No column begins with an underscore.
_NESTED = "_nested"
_NEW = "_new"

_BACKSLASH = ord("\\")
_NULL = msgspec.Raw(b"null")


class RowReader:
    """Reads the rows of one stream.

    Attributes:
        nul_count: How many NUL characters have been removed.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        report: Callable[[str, str], None],
        nested: str | None = None,
        *,
        removes_nul: bool = False,
    ) -> None:
        """Make a reader.

        Args:
            columns: The stream's columns. Derived columns are null until the caller fills them.
            report: Called for each field that goes to `extra_fields`; see `shaper_of`.
            nested: The name of a field that holds other rows, to be returned beside the record.
            removes_nul: Whether NUL characters are removed from records; the nested field keeps
                them.
        """
        self.nul_count = 0
        self._removes_nul = removes_nul
        self._columns = [column for column in columns if not column.derived]
        self._nested = nested
        self._shape = shaper_of(columns, report)
        self._known = {column.field for column in self._columns}
        # By unknown field that a row had: the attribute of the struct.
        self._new_fields: dict[str, str] = {}
        self._converted = {
            column.name for column in self._columns if KINDS[column.kind].decoded is None
        }
        self._derived = dict.fromkeys(column.name for column in columns if column.derived)
        names = [column.name for column in columns]
        decoded_names = [column.name for column in self._columns]
        # Reordering costs time in each row, and is needed only if an API's column follows a
        # derived one.
        in_order = names == [*decoded_names, *self._derived]
        self._order = None if in_order else dict.fromkeys(names)
        self._compile()

    def read(self, text: bytes | msgspec.Raw) -> JsonObject:
        """Read a row.

        Args:
            text: The row's JSON text.

        Returns:
            A record with every column, in their order. Values that fit no column go to
            `extra_fields`.
        """
        return self.read_with_nested(text)[0]

    def read_with_nested(self, text: bytes | msgspec.Raw) -> tuple[JsonObject, msgspec.Raw]:
        """Read a row, and return its nested field undecoded beside the record."""
        if self._removes_nul and _may_hold_nul(text):
            return self._read_field_by_field(text)
        try:
            record = asdict(self._decode(text))
            nested = _NULL if self._nested is None else record.pop(_NESTED)
            new = self._pop_new_fields(record) if self._new_fields else None
            for name, convert in self._conversions:
                value = record[name]
                if value is not None:
                    record[name] = convert(value)
        except (msgspec.MsgspecError, ValueError):
            return self._read_field_by_field(text)
        record.update(self._derived)
        if self._order is not None:
            record = self._order | record
        record[EXTRA_FIELDS] = new
        return record, nested

    def decode(self, text: msgspec.Raw) -> Any:  # noqa: ANN401 - any JSON value
        """Decode a value; remove NUL characters if the reader does."""
        if not (self._removes_nul and _may_hold_nul(text)):
            return decode_row(text)
        cleaned, removed = remove_nul(bytes(text))
        self.nul_count += removed
        return decode_row(cleaned)

    def _clean_name(self, name: str) -> str:
        if not self._removes_nul or "\0" not in name:
            return name
        self.nul_count += name.count("\0")
        return name.replace("\0", "")

    def _pop_new_fields(self, record: JsonObject) -> JsonObject | None:
        new = {
            field: value
            for field, attribute in self._new_fields.items()
            if (value := record.pop(attribute)) is not msgspec.UNSET
        }
        return new or None

    def _read_field_by_field(self, text: bytes | msgspec.Raw) -> tuple[JsonObject, msgspec.Raw]:
        try:
            fields = decode_fields(text)
        except msgspec.MsgspecError:
            # Not an object: the record has no primary key, so its stream refuses it.
            fields = {}
        nested = _NULL if self._nested is None else fields.pop(self._nested, _NULL)
        row = {self._clean_name(name): self.decode(raw) for name, raw in fields.items()}
        record = self._shape(row)
        self._learn(row, record)
        return record, nested

    def _learn(self, row: JsonObject, record: JsonObject) -> None:
        """Make the struct accept the row's unknown fields, and the types that were converted."""
        unknown = row.keys() - self._known - self._new_fields.keys()
        new = sorted(field for field in unknown if _PLAIN_NAME.fullmatch(field))
        if len(self._new_fields) + len(new) > _MOST_NEW_FIELDS:
            new = []
        converted = {
            column.name
            for column in self._columns
            if record[column.name] is not None
            and type(record[column.name]) is not type(row[column.field])
        }
        if new or not converted <= self._converted:
            for field in new:
                self._new_fields[field] = f"{_NEW}{len(self._new_fields)}"
            self._converted |= converted
            self._compile()

    def _compile(self) -> None:
        """Make the struct that rows are decoded into; its attributes are named as the columns."""
        fields: list[tuple[str, Any, Any]] = []
        if self._nested is not None:
            fields.append((_NESTED, msgspec.Raw, msgspec.field(default=_NULL, name=self._nested)))
        for column in self._columns:
            decoded = Any if column.name in self._converted else KINDS[column.kind].decoded
            fields.append((column.name, decoded, msgspec.field(default=None, name=column.field)))
        for name, attribute in self._new_fields.items():
            fields.append((attribute, Any, msgspec.field(default=msgspec.UNSET, name=name)))
        row_type = msgspec.defstruct("Row", fields, forbid_unknown_fields=True, gc=False)
        self._decode = msgspec.json.Decoder(row_type, float_hook=parse_decimal).decode
        self._conversions = [
            (column.name, KINDS[column.kind].convert)
            for column in self._columns
            if column.name in self._converted
        ]


def _may_hold_nul(text: bytes | msgspec.Raw) -> bool:
    raw = text if type(text) is bytes else bytes(text)
    # Most rows hold no backslash at all, and looking for one byte costs far less.
    return _BACKSLASH in raw and NUL in raw


def shaper_of(
    columns: Iterable[Column], report: Callable[[str, str], None]
) -> Callable[[Mapping[str, Any]], JsonObject]:
    """Return the function that turns a decoded row into a record, field by field.

    Args:
        columns: The stream's columns. Derived columns are null until the caller fills them.
        report: Called for each value that goes to `extra_fields`, with the API field's name and the
            reason. The value itself is never passed on, because it may be private.

    Returns:
        A function from a JSON object to a record with every column. Values that fit no column go to
        `extra_fields`. The function raises only the errors that `report` raises.
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

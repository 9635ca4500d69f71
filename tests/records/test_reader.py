"""Rows of any JSON become records that fit the schema, and no value is lost."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator

from tap_omnimessages.lenient_json import decode_row
from tap_omnimessages.providers.antbuddy.streams import AntBuddySessions
from tap_omnimessages.providers.etelecom.streams import EtelecomZnsMessages
from tap_omnimessages.records.columns import EXTRA_FIELDS, Column, column_name, schema_of
from tap_omnimessages.records.kinds import Kind
from tap_omnimessages.records.reader import RowReader, shaper_of
from tap_omnimessages.timestamps import parse_time
from tests.any_json import STREAM_TYPES, given_columns, stream_objects
from tests.profiles import examples

if TYPE_CHECKING:
    from tap_omnimessages.singer.stream import IncrementalStream


def _is_faithful(kind: Kind, value: Any, shaped: Any) -> bool:  # noqa: PLR0911
    """Whether a column holds the value that the API sent, in the form of the column's kind."""
    if value is None:
        return shaped is None
    if kind is Kind.TIMESTAMP:
        moment = parse_time(value)
        return (shaped is None) == (moment is None) and (
            shaped is None
            or (
                re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", shaped) is not None
                and parse_time(shaped) == moment
            )
        )
    if kind in (Kind.ID, Kind.STRING):
        if isinstance(value, float):
            return float(shaped) == value
        return isinstance(value, str | int) and shaped == str(value)
    if kind is Kind.INTEGER:
        return type(shaped) is int and shaped == (int(value) if isinstance(value, str) else value)
    if kind is Kind.BOOLEAN:
        return type(shaped) is bool and str(value).lower().removesuffix(".0").lstrip("-") in (
            ("1", "true") if shaped else ("0", "false")
        )
    if kind is Kind.OBJECT:
        return bool(shaped == (value if isinstance(value, dict) else {"value": value}))
    items = value if isinstance(value, list) else [value]
    return all(_is_faithful(Kind.STRING, *pair) for pair in zip(items, shaped, strict=True))


@settings(derandomize=True, max_examples=examples(700), deadline=None)
@given(stream_objects())
def test_any_value_in_any_field_fits_the_schema_and_is_kept(
    drawn: tuple[type[IncrementalStream], dict[str, Any]],
) -> None:
    stream, source = drawn
    reported: dict[str, str] = {}
    record = shaper_of(stream.columns, reported.__setitem__)(source)
    columns = {column.field: column for column in given_columns(stream)}
    extra = record[EXTRA_FIELDS] or {}
    for field, value in source.items():
        if field in extra:
            assert extra[field] == value
            assert type(extra[field]) is type(value)
            assert field not in columns or record[columns[field].name] is None
        else:
            assert _is_faithful(columns[field].kind, value, record[columns[field].name]), field
    assert extra.keys() <= source.keys()
    assert reported.keys() == extra.keys()
    for column in columns.values():
        assert column.field in source or record[column.name] is None
    schema = schema_of(stream.columns, ())
    complete = record | {column.name: None for column in stream.columns if column.derived}
    Draft7Validator(schema, format_checker=Draft7Validator.FORMAT_CHECKER).validate(complete)
    assert complete.keys() == schema["properties"].keys()


@settings(derandomize=True, max_examples=examples(400), deadline=None)
@given(st.lists(stream_objects(), min_size=1, max_size=5))
def test_a_row_decoded_at_once_or_field_by_field_makes_the_same_record(
    drawn: list[tuple[type[IncrementalStream], dict[str, Any]]],
) -> None:
    stream = drawn[0][0]
    reported: dict[str, str] = {}
    reader = RowReader(stream.columns, reported.__setitem__)
    shape = shaper_of(stream.columns, lambda *_: None)
    # The first row comes again, because the struct has learned its new fields and types by then.
    for row in [*(source for _, source in drawn), drawn[0][1]]:
        text = json.dumps(row).encode()
        record, expected = reader.read(text), shape(decode_row(text))
        assert record == expected
        assert list(record) == list(expected)
        assert (record[EXTRA_FIELDS] or {}).keys() <= reported.keys()


@pytest.mark.parametrize("text", [b"5", b"[]", b'"a text"', b"null", b"{", b"\xff"])
def test_a_row_that_is_not_an_object_makes_a_record_of_nulls(text: bytes) -> None:
    reader = RowReader(AntBuddySessions.columns, lambda *_: None)
    assert not any(reader.read(text).values())


def _fail(text: object) -> None:
    raise AssertionError(text)


@pytest.mark.parametrize(
    "odd",
    [
        {"id": 7},
        {"template_id": "7"},
        {"is_charged": 1},
        {"template_data": ["a list"]},
        {"feedback": "a text"},
        {"mood": "unknown", "_new0": 1, "_nested": 2, EXTRA_FIELDS: 3},
    ],
)
def test_rows_after_one_with_a_new_field_or_type_are_decoded_at_once(
    odd: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = RowReader(EtelecomZnsMessages.columns, lambda *_: None)
    row = json.dumps({"id": "n1", "status": "Z"} | odd).encode()
    usual = reader.read(b'{"id": "n2", "template_id": 5, "template_data": {}}')
    first = reader.read(row)
    monkeypatch.setattr("tap_omnimessages.records.reader.decode_row", _fail)
    assert reader.read(row) == first
    assert reader.read(b'{"id": "n2", "template_id": 5, "template_data": {}}') == usual


def test_hundreds_of_new_fields_are_kept_though_the_struct_learns_only_some() -> None:
    reader = RowReader(AntBuddySessions.columns, lambda *_: None)
    for start in range(0, 300, 60):
        new = {f"field{index}": index for index in range(start, start + 60)}
        assert reader.read(json.dumps(new).encode())[EXTRA_FIELDS] == new


@pytest.mark.parametrize("row", [b'{"a": "1", "b": "2"}', b'{"a": 1, "b": [2]}', b'{"c": 3}'])
def test_a_record_keeps_the_order_of_the_columns_wherever_derived_ones_stand(row: bytes) -> None:
    columns = [
        Column("a", Kind.STRING, "An API field."),
        Column("both", Kind.STRING, "A derived column.", derived=True),
        Column("b", Kind.STRING, "An API field."),
    ]
    reader = RowReader(columns, lambda *_: None)
    for _ in range(2):
        assert list(reader.read(row)) == list(schema_of(columns, ())["properties"])


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("sessionId", "session_id"),
        ("templateZaloOA", "template_zalo_oa"),
        ("isOutboundMessage", "is_outbound_message"),
        ("errorMessage", "error_message"),
        ("OAId", "oa_id"),
        ("created_time", "created_time"),
        ("zl_user_id", "zl_user_id"),
        ("from", "from_id"),
        ("to", "to_id"),
        ("_id", "id"),
        ("__v", "revision"),
        ("phone-number", "phone_number"),
        ("opened by", "opened_by"),
    ],
)
def test_column_names_follow_one_rule(field: str, column: str) -> None:
    assert column_name(field) == column


@pytest.mark.parametrize("stream", STREAM_TYPES)
def test_every_column_is_described_and_needs_no_quoting(stream: type[IncrementalStream]) -> None:
    schema = schema_of(stream.columns, stream.primary_keys)
    Draft7Validator.check_schema(schema)
    Draft202012Validator.check_schema(schema)
    assert len(schema["properties"]) == len(stream.columns) + 1
    for column in stream.columns:
        property_ = schema["properties"][column.name]
        assert re.fullmatch(r"[a-z][a-z0-9_]*", column.name)
        assert len(property_["description"]) > 15
        named = "Derived by the tap." if column.derived else f"API field `{column.field}`."
        assert property_["description"].endswith(named)
        assert ("null" in property_["type"]) == (column.name not in stream.primary_keys)
    assert schema["required"] == list(stream.primary_keys)
    assert stream.replication_key in schema["properties"]

"""Any JSON in any field becomes a record that fits its schema, and nothing of it is lost."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator
from singer_sdk.singerlib import RecordMessage

from tap_omnimessages.antbuddy.answers import parse_answer as parse_sessions
from tap_omnimessages.antbuddy.streams import AntBuddyMessages, AntBuddySessions
from tap_omnimessages.bodies import decode_row
from tap_omnimessages.errors import TapError
from tap_omnimessages.etelecom.answers import parse_answer as parse_notifications
from tap_omnimessages.etelecom.streams import EtelecomZnsMessages
from tap_omnimessages.failures import Failure
from tap_omnimessages.fields import EXTRA_FIELDS, Kind, column_name, schema_of, shaper_of
from tap_omnimessages.rows import RowReader
from tap_omnimessages.sandbox import FixedWorld, Sandbox
from tap_omnimessages.timestamps import parse_time
from tap_omnimessages.writer import BufferedWriter
from tests.support import NOW, STREAMS, extract, message, notification, session, settings_of

if TYPE_CHECKING:
    from tap_omnimessages.fields import Column
    from tap_omnimessages.incremental import IncrementalStream
    from tests.support import Extraction

_STREAM_TYPES: tuple[type[IncrementalStream], ...] = (
    AntBuddySessions,
    AntBuddyMessages,
    EtelecomZnsMessages,
)
_SAMPLES = Path(__file__).parent / "samples"

# Not the three letters at which Python, though no target, ends a line.
_LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x85\u2028\u2029")
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(_LETTERS, max_size=12)
    | st.sampled_from(
        [
            "",
            "0",
            "1",
            "true",
            "False",
            "12",
            "-0",
            "1e3",
            "2026-03-01",
            "2026-03-01T00:00:00Z",
            "2026-03-01T00:00:00.123456789+07:00",
            "0001-01-01T00:00:00Z",
            "2026-W09",
            "9999-12-31T23:59:59-14:00",
            "1766462616946",
            1766462616,
            1766462616946,
            2**53 + 1,
            2**63,
            -(2**63),
            2**64,
            10**37,
            1.5,
            1e300,
            -0.0,
        ]
    )
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(_LETTERS, max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def _given_columns(stream: type[IncrementalStream]) -> list[Column]:
    return [column for column in stream.columns if not column.derived]


@st.composite
def _objects(draw: st.DrawFn) -> tuple[type[IncrementalStream], dict[str, Any]]:
    """Draw a stream and an object of it with any values, and with fields nobody knows."""
    stream = draw(st.sampled_from(_STREAM_TYPES))
    known = [column.field for column in _given_columns(stream)]
    fields = st.sampled_from(known) | st.text(min_size=1, max_size=8)
    return stream, draw(st.dictionaries(fields, _VALUES, max_size=8))


def _is_faithful(kind: Kind, value: Any, shaped: Any) -> bool:  # noqa: PLR0911
    """Tell whether a column holds what the API sent, in the form its type asks for."""
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


@settings(derandomize=True, max_examples=700, deadline=None)
@given(_objects())
def test_any_value_in_any_field_fits_the_schema_and_is_kept(
    drawn: tuple[type[IncrementalStream], dict[str, Any]],
) -> None:
    stream, source = drawn
    reported: dict[str, str] = {}
    record = shaper_of(stream.columns, reported.__setitem__)(source)
    columns = {column.field: column for column in _given_columns(stream)}
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


@settings(derandomize=True, max_examples=400, deadline=None)
@given(st.lists(_objects(), min_size=1, max_size=5))
def test_a_row_read_from_its_text_is_the_record_that_careful_shaping_makes(
    drawn: list[tuple[type[IncrementalStream], dict[str, Any]]],
) -> None:
    stream = drawn[0][0]
    reported: dict[str, str] = {}
    reader = RowReader(stream.columns, reported.__setitem__)
    shape = shaper_of(stream.columns, lambda *_: None)
    # Rows behind one with a new field are read with a type that knows it.
    for row in [*(source for _, source in drawn), drawn[0][1]]:
        text = json.dumps(row).encode()
        record, expected = reader.read(text), shape(decode_row(text))
        assert record == expected
        assert list(record) == list(expected)
        assert (record[EXTRA_FIELDS] or {}).keys() <= reported.keys()


@pytest.mark.parametrize("text", [b"5", b"[]", b'"a text"', b"null", b"{", b"\xff"])
def test_a_row_that_is_no_object_makes_a_record_of_nulls(text: bytes) -> None:
    reader = RowReader(AntBuddySessions.columns, lambda *_: None)
    assert not any(reader.read(text).values())


def _run(sessions: list[Any], notifications: list[Any]) -> Extraction:
    world = FixedWorld(sessions=sessions, notifications=notifications, raw=True)
    with Sandbox(world=world, now=NOW) as sandbox:
        return extract(settings_of(sandbox, max_retry_seconds=0))


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.data())
def test_any_value_served_by_an_api_comes_out_whole_or_is_refused_for_its_key(
    data: st.DataObject,
) -> None:
    at = "2026-03-05T10:00:00Z"
    # The times that choose a window stay: another one would only move the record out of it.
    fixed_times = {"createdAt", "created_at", "updated_at", "submit_time"}
    names = {
        stream: st.sampled_from(
            [column.field for column in _given_columns(stream) if column.field not in fixed_times]
        )
        for stream in _STREAM_TYPES
    }
    talk = message("m1", at) | data.draw(
        st.dictionaries(names[AntBuddyMessages], _VALUES, max_size=4)
    )
    head = session(1, at, talk) | data.draw(
        st.dictionaries(names[AntBuddySessions], _VALUES, max_size=4)
    )
    row = notification(1, at) | data.draw(
        st.dictionaries(names[EtelecomZnsMessages], _VALUES, max_size=4)
    )
    run = _run([head], [row])
    keys = (head["sessionId"], talk["_id"], row["id"])
    if run.error is None:
        for stream in STREAMS:
            (record,) = run.table(stream).values()
            Draft202012Validator(run.schemas[stream]).validate(record)
            assert record.keys() == run.schemas[stream]["properties"].keys()
    else:
        assert isinstance(run.error, TapError)
        assert any(
            key in (None, "")
            or not isinstance(key, str | int | float)
            or key is True
            or key is False
            for key in keys
        )
        assert "primary key" in str(run.error)


@pytest.mark.parametrize(
    ("stream", "sessions", "notifications", "field"),
    [
        ("antbuddy_sessions", [{"createdAt": 1772704800000, "messages": []}], [], "sessionId"),
        (
            "antbuddy_messages",
            [session(1, "2026-03-05T10:00:00Z", {"created_time": "2026-03-05T10:00:00Z"})],
            [],
            "_id",
        ),
        ("etelecom_zns_messages", [], [{"created_at": "2026-03-05T10:00:00Z", "id": ""}], "id"),
        (
            "antbuddy_messages",
            [{**session(1, "2026-03-05T10:00:00Z"), "messages": [[None]]}],
            [],
            "_id",
        ),
        ("antbuddy_messages", [session(1, "2026-03-05T10:00:00Z", {"_id": {}})], [], "_id"),
        ("etelecom_zns_messages", [], ["a text in the place of a row"], "id"),
    ],
)
def test_a_record_without_its_primary_key_stops_the_run_before_its_bookmark(
    stream: str, sessions: list[Any], notifications: list[Any], field: str
) -> None:
    run = _run(sessions, notifications)
    assert isinstance(run.error, TapError)
    assert field in str(run.error)
    assert "primary key" in str(run.error)
    assert "replication_key_value" not in run.bookmark(stream)
    assert not run.records(stream)


_LONG_IDS = [2**53 + 1, 2**63 + 1, 2**64 + 1, 36737553777762229507559071987705051666]


@pytest.mark.parametrize("number", _LONG_IDS)
def test_ids_that_come_as_numbers_stay_exact(number: int) -> None:
    at = "2026-03-05T10:00:00Z"
    talk = message("m1", at, messageId=number, **{"from": number, "to": number + 1})
    head = session(1, at, talk, sessionId=number, conversationId=number, leadId=number)
    run = _run([head], [notification(1, at, id=number, shop_id=number)])
    assert run.error is None
    assert set(run.table("antbuddy_sessions")) == {str(number)}
    assert run.table("antbuddy_sessions")[str(number)]["lead_id"] == str(number)
    (record,) = run.records("antbuddy_messages")
    assert record["session_id"] == record["message_id"] == record["from_id"] == str(number)
    assert record["to_id"] == str(number + 1)
    assert run.table("etelecom_zns_messages")[str(number)]["shop_id"] == str(number)
    assert not any(record[EXTRA_FIELDS] for stream in STREAMS for record in run.records(stream))


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
    ],
)
def test_a_column_is_named_by_one_rule(field: str, column: str) -> None:
    assert column_name(field) == column


@pytest.mark.parametrize("stream", _STREAM_TYPES)
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


_TALK: dict[str, Any] = {
    "id": "694a156d5e010d29e99bb538",
    "message_id": "e18856385fd006885fc7",
    "channel": "ZALO",
    "from_id": "3673755377776222950",
    "to_id": "7559071987705051666",
    "message": None,
    "msginfo": {
        "type": "text",
        "message": "Dạ, AntBuddy cảm ơn chị và sẽ liên hệ chị qua số ... ạ",
    },
    "location": {
        "type": "text",
        "message": "Dạ, AntBuddy cảm ơn chị và sẽ liên hệ chị qua số ... ạ",
    },
    "attachments": {"data": []},
    "shares": {"data": []},
    "template_zalo_oa": None,
    "error_message": "",
    "is_outbound_message": False,
    "is_responsed_by_bot": False,
    "created_time": "2025-12-23T04:07:08.718000Z",
    "created_by": "5d19c41a9cddc4682400df28",
    "done_at": "2025-12-23T04:11:50.398000Z",
    "done_by": "5d19c41a9cddc4682400df28",
    "pin": False,
    "pinned_at": "2025-12-23T04:11:50.415000Z",
    "revision": 0,
    "session_id": "694a1499de71f2c2088c1fc3",
    "conversation_id": "36737553777762229507559071987705051666",
    "page_id": "3673755377776222950",
    "lead_id": "1234",
    "text": "Dạ, AntBuddy cảm ơn chị và sẽ liên hệ chị qua số ... ạ",
    "direction": "outbound",
    "extra_fields": None,
}
_HEAD = {
    "session_id": "694a1499de71f2c2088c1fc3",
    "conversation_id": "36737553777762229507559071987705051666",
    "page_id": "3673755377776222950",
    "lead_id": "1234",
    "created_at": "2025-12-23T04:03:36.946000Z",
    "message_count": 5,
    "extra_fields": None,
}
_MOMENT = "2019-08-24T14:15:22.000000Z"
_TEXTS = (
    "campaign_id",
    "error_message",
    "id",
    "journey_id",
    "msg_id",
    "note",
    "oa_id",
    "phone",
    "shop_id",
    "tracking_id",
    "user_id",
)
_ROW = {
    **dict.fromkeys(_TEXTS, "string"),
    **dict.fromkeys(("error_code", "fee_main", "fee_token", "rate", "template_id", "timeout"), 0),
    **dict.fromkeys(
        ("created_at", "delivery_time", "sent_time", "submit_time", "updated_at"), _MOMENT
    ),
    **dict.fromkeys(("request_time", "zl_user_id", "response_data", "sending_mode"), None),
    "delivery_status": "unknown",
    "feedback": ["string"],
    "is_charged": True,
    "is_development": True,
    "status": "Z",
    "template_data": {"property1": "string", "property2": "string"},
    "type": "unknown",
    "extra_fields": None,
}


def test_the_documents_own_samples_come_out_with_every_field_in_its_column() -> None:
    sessions = json.loads((_SAMPLES / "antbuddy_messages.json").read_text(encoding="utf-8"))
    rows = json.loads((_SAMPLES / "etelecom_list_messages.json").read_text(encoding="utf-8"))
    world = FixedWorld(
        sessions=sessions["data"]["sessions"], notifications=rows["messages"], raw=True
    )
    with Sandbox(world=world, now=NOW) as sandbox:
        late = {"start_date": "2025-12-20T00:00:00Z"}
        early = {"start_date": "2019-08-20T00:00:00Z", "end_date": "2019-08-30T00:00:00Z"}
        run = extract({**settings_of(sandbox, **late), "etelecom_api_key": None})
        old = extract({**settings_of(sandbox, **early), "antbuddy_api_key": None})
    assert run.error is None
    assert old.error is None
    talk = run.records("antbuddy_messages")
    assert talk[-1] == _TALK
    assert [item["direction"] for item in talk] == [
        "inbound",
        "outbound",
        "inbound",
        "inbound",
        "outbound",
    ]
    assert [item["text"] for item in talk] == [
        item.get("message") or item["msginfo"]["message"]
        for item in sessions["data"]["sessions"][0]["messages"]
    ]
    assert run.records("antbuddy_sessions") == [_HEAD]
    assert old.records("etelecom_zns_messages") == [_ROW]


def test_records_have_the_columns_of_their_schema_in_its_order(sandbox: Sandbox) -> None:
    run = extract(settings_of(sandbox))
    for stream in STREAMS:
        orders = {tuple(record) for record in run.records(stream)}
        assert orders == {tuple(run.schemas[stream]["properties"])}
        validator = Draft202012Validator(run.schemas[stream])
        assert all(validator.is_valid(record) for record in run.records(stream))


def test_unknown_fields_are_kept_with_one_warning_each_that_tells_no_value(
    caplog: pytest.LogCaptureFixture,
) -> None:
    at = "2026-03-05T10:00:00Z"
    secret = "84000123456 an invented secret"
    talks = [message(f"m{index}", at, reactions=[secret]) for index in range(3)]
    rows = [notification(index, at, nickname=secret, rate=secret) for index in range(1, 4)]
    run = _run([session(1, at, *talks, mood=secret)], rows)
    assert run.error is None
    assert run.records("antbuddy_sessions")[0][EXTRA_FIELDS] == {"mood": secret}
    for record in run.records("antbuddy_messages"):
        assert record[EXTRA_FIELDS] == {"reactions": [secret]}
    for record in run.records("etelecom_zns_messages"):
        assert record[EXTRA_FIELDS] == {"nickname": secret, "rate": secret}
        assert record["rate"] is None
    told = [r.getMessage() for r in caplog.records if "extra_fields" in r.getMessage()]
    assert sorted(text.partition(" is kept")[0] for text in told) == [
        "antbuddy_messages: the field reactions",
        "antbuddy_sessions: the field mood",
        "etelecom_zns_messages: the field nickname",
        "etelecom_zns_messages: the field rate",
    ]
    assert "84000123456" not in caplog.text


_ODD_TEXTS: dict[str, tuple[bytes, str]] = {
    "half a surrogate pair": (rb'"a\ud83d b"', "a\ufffd b"),
    "the other half": (rb'"\ude00"', "\ufffd"),
    "halves the wrong way round": (rb'"\ude00\ud83d"', "\ufffd\ufffd"),
    "a whole pair": (rb'"\ud83d\ude00"', "\U0001f600"),
    "a backslash before a u": (rb'"\\ud83d"', "\\ud83d"),
    "bytes that are no text": (b'"a\xff\xfeb"', "a\ufffd\ufffdb"),
    "a text cut in a letter": (b'"xin ch\xc3"', "xin ch\ufffd"),
}


@pytest.mark.parametrize("odd", _ODD_TEXTS)
def test_an_odd_text_does_not_cost_the_page(odd: str) -> None:
    text, expected = _ODD_TEXTS[odd]
    rows = b'[{"sessionId": "s1", "id": "n1", "x": ' + text + b'}, {"sessionId": "s2", "id": "n2"}]'
    sessions = parse_sessions(b'{"success": true, "data": {"sessions": ' + rows + b', "total": 2}}')
    shown = parse_notifications(b'{"messages": ' + rows + b', "paging": {"next": ""}}')
    assert sessions.total == 2
    for listed in (sessions.sessions, shown.notifications):
        first, second = (decode_row(row) for row in listed)
        assert first["x"] == expected
        assert (second["sessionId"], second["id"]) == ("s2", "n2")


@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b"1" * 400, b"1" * 5000])
def test_a_number_beyond_all_machines_costs_neither_the_page_nor_itself(number: bytes) -> None:
    rows = b'[{"sessionId": "s1", "rate": ' + number + b'}, {"sessionId": "s2"}]'
    listed = parse_sessions(b'{"success": true, "data": {"sessions": ' + rows + b"}}").sessions
    first, second = (decode_row(row) for row in listed)
    assert second["sessionId"] == "s2"
    record = shaper_of(AntBuddySessions.columns, lambda *_: None)(first)
    assert record["session_id"] == "s1"
    line = RecordMessage(stream="antbuddy_sessions", record=record)
    written = json.loads(BufferedWriter().serialize_message(line), parse_int=str, parse_float=str)
    assert written["record"][EXTRA_FIELDS]["rate"] is not None


def test_a_body_nested_without_end_is_no_answer() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    for parse in (parse_sessions, parse_notifications):
        with pytest.raises(Failure):
            parse(b'{"success": true, "data": {"sessions": [' + deep + b']}, "messages": [')
        with pytest.raises(Failure):
            parse(b'{"data": {"sessions": [' + deep + b']}, "messages": [' + deep + b"]}")

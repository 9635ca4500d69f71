"""Bodies of answers: what is none, what is odd, and what may be shown of an API's own words."""

from __future__ import annotations

import json

import pytest
from singer_sdk.singerlib import RecordMessage

from tap_omnimessages.http.failures import RequestFailure
from tap_omnimessages.http.server_clock import http_date
from tap_omnimessages.lenient_json import decode_row
from tap_omnimessages.providers.antbuddy.responses import parse_response as parse_sessions
from tap_omnimessages.providers.antbuddy.streams import AntBuddySessions
from tap_omnimessages.providers.etelecom.responses import parse_response as parse_notifications
from tap_omnimessages.records.columns import EXTRA_FIELDS
from tap_omnimessages.records.reader import shaper_of
from tap_omnimessages.redaction import redact
from tap_omnimessages.singer.writer import BufferedWriter


@pytest.mark.parametrize(
    "body",
    [
        b'{"messages": [], "paging": {}, "code": "internal", "msg": "a shard is down"}',
        b'{"messages": null, "paging": {}, "code": "internal", "msg": "a shard is down"}',
        b'{"code": "internal", "msg": "a shard is down"}',
        b'{"result": "fine"}',
        b"[]",
        b"null",
        b'{"messages": {}}',
    ],
)
def test_an_error_of_etelecom_with_status_200_is_no_empty_page(body: bytes) -> None:
    with pytest.raises(RequestFailure):
        parse_notifications(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"data": {"sessions": []}, "code": 500, "message": "a database is down"}',
        b'{"success": true, "data": {"sessions": []}, "code": 500, "message": "timeout"}',
        b'{"success": false, "data": {"sessions": []}}',
        b'{"success": 0}',
        b'{"message": "a database is down"}',
        b"{}",
        b'{"success": true, "data": []}',
    ],
)
def test_an_error_of_antbuddy_with_status_200_is_no_empty_page(body: bytes) -> None:
    with pytest.raises(RequestFailure):
        parse_sessions(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"success": true, "data": {"sessions": [], "total": 0}}',
        b'{"success": 1, "data": {"sessions": []}, "message": "OK"}',
        b'{"success": true, "data": {"sessions": []}, "code": 200, "message": "success"}',
        b'{"success": true, "data": {"sessions": null}}',
        b'{"success": true}',
        b'{"data": {"sessions": []}}',
    ],
)
def test_an_empty_page_is_one_however_it_is_wrapped(body: bytes) -> None:
    assert parse_sessions(body).sessions == []


def test_no_part_of_a_key_or_number_survives_in_the_apis_words() -> None:
    key = "1129384756123456789:InventedSecretPart"
    secrets = [key, *key.split(":")]
    for api_message in (
        f"token {key} is not known",
        "x" * 150 + key,
        "InventedSecretPart",
        "84 000 000 123",
    ):
        shown = redact(api_message, secrets)
        assert "InventedSecret" not in shown
        assert "1129" not in shown
        assert "000 123" not in shown
        assert len(shown) <= 161


@pytest.mark.parametrize(
    ("key", "message", "shown"),
    [
        ("sandbox", "sandbox fault 503", "sandbox fault 503"),
        ("server", "The server is busy", "The server is busy"),
        ("a", "a queue is full", "a queue is full"),
        ("503", "error 503 of the gateway", "error 503 of the gateway"),
        ("Zalo", "Zalo is down", "Zalo is down"),
        ("topsecret", "invalid API key topsecret", "invalid API key [key]"),
        ("topsecret", 'token "topsecret" expired', 'token "[key]" expired'),
        ("topsecret", "bearer topsecretly", "bearer topsecretly"),
        ("ab+c/d==", "no ab%2Bc%2Fd%3D%3D here", "no [key] here"),
        ('q"uo8', r'{"seen": "q\"uo8"}', '{"seen": "[key]"}'),
        ("INVENTED-KEY-1", "xINVENTED-KEY-1x", "x[key]x"),
    ],
)
def test_a_key_is_masked_and_ordinary_words_stay(key: str, message: str, shown: str) -> None:
    assert redact(message, [key]) == shown


def test_a_date_beyond_all_calendars_is_none() -> None:
    assert http_date("1 Jan 99999999999999999999 00:00:00") is None


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
        with pytest.raises(RequestFailure):
            parse(b'{"success": true, "data": {"sessions": [' + deep + b']}, "messages": [')
        with pytest.raises(RequestFailure):
            parse(b'{"data": {"sessions": [' + deep + b']}, "messages": [' + deep + b"]}")

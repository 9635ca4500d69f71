"""Bodies that are nearly JSON: repaired where their meaning is plain, else an error at once."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_omnimessages.errors import ApiError
from tap_omnimessages.http.failures import RequestFailure, error_fields
from tap_omnimessages.json_repair import describe_fault, repair_json
from tap_omnimessages.lenient_json import decode_row
from tap_omnimessages.providers.antbuddy.responses import parse_response
from tap_omnimessages.providers.etelecom.streams import EtelecomZnsMessages
from tap_omnimessages.records.reader import RowReader
from tests import odd_servers
from tests.odd_servers import read_etelecom, serving, sessions_page
from tests.profiles import examples
from tests.support import message, notification, run_command, session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.faulty import FakeTime
    from tests.odd_servers import Response
    from tests.support import Extraction

_AT = "2026-03-03T10:00:00Z"
# The servers here show the same for any request, so a run reads one short window.
_DAY = {"start_date": "2026-03-03T00:00:00Z", "end_date": "2026-03-04T00:00:00Z"}
_PAGE = {"success": True, "data": {"sessions": [session(1, _AT)], "total": 1}}
_WHOLE = json.dumps(_PAGE).encode()
_TEXT = b'"an invented text"'

# What stands in the place of a text, and what becomes of it.
_TEXTS: dict[str, tuple[bytes, str]] = {
    "a raw line feed": (b'"one\ntwo"', "one\ntwo"),
    "a raw control character": (b'"one\x01\x1ftwo"', "one\x01\x1ftwo"),
    "an escape that JSON does not have": (rb'"one\qtwo"', r"one\qtwo"),
    "a path": (rb'"C:\data\users"', r"C:\data\users"),
    "an escaped apostrophe": (rb'"it\'s"', "it's"),
    "half an escape": (rb'"one\u12two"', r"one\u12two"),
    "a backslash before a line feed": (b'"one\\\ntwo"', "one\\\ntwo"),
    "what looks like a repair": (rb'"[1,] NaN \\q ,}"', r"[1,] NaN \q ,}"),
}


def read_antbuddy(respond: Callable[[dict[str, Any]], Response], **changes: Any) -> Extraction:
    return odd_servers.read_antbuddy(respond, **{**_DAY, **changes})


@pytest.mark.parametrize("text", _TEXTS)
def test_a_text_with_a_faulty_character_is_repaired(text: str) -> None:
    raw, expected = _TEXTS[text]
    run = read_antbuddy(lambda _: (200, _WHOLE.replace(_TEXT, raw)))
    assert run.error is None
    (record,) = run.records("antbuddy_messages")
    assert (record["message"], record["text"]) == (expected, expected)


_BODIES: dict[str, Callable[[bytes], bytes]] = {
    "a byte order mark": lambda body: b"\xef\xbb\xbf" + body,
    "UTF-16": lambda body: body.decode().encode("utf-16"),
    "a NUL behind": lambda body: body + b"\x00",
    "NULs and a line end behind": lambda body: body + b"\x00\x00\r\n",
    "a comma behind": lambda body: body + b",\n",
    "a comma in the list": lambda body: body.replace(b"]", b" , ]"),
    "a comma in each object": lambda body: body.replace(b"}", b",}"),
}


@pytest.mark.parametrize("body", _BODIES)
def test_a_body_with_a_plain_fault_is_read_whole(body: str) -> None:
    run = read_antbuddy(lambda _: (200, _BODIES[body](_WHOLE)))
    assert run.error is None
    assert run.tables() == read_antbuddy(lambda _: (200, _WHOLE)).tables()
    shown = {"messages": [notification(1, _AT)], "paging": {"next": ""}}
    bodies = [json.dumps({**shown, "messages": []}).encode(), json.dumps(shown).encode()]

    def respond(query: dict[str, Any]) -> tuple[int, bytes]:
        return 200, _BODIES[body](bodies[not query["paging"].get("after")])

    assert read_etelecom(respond, **_DAY).error is None


_NUMBERS = {
    "NaN": b"NaN",
    "-Infinity": b"-Infinity",
    "inf": b"inf",
    "0912": b"0912",
    "+5": b"+5",
    ".5": b".5",
    "5.": b"5.",
}


@pytest.mark.parametrize("number", _NUMBERS)
def test_a_number_that_json_does_not_have_stays_a_text(number: str) -> None:
    row = b'{"success": true, "data": {"sessions": [{"sessionId": "s1", "x": %b}]}}'
    (text,) = parse_response(row % _NUMBERS[number]).sessions
    assert decode_row(text) == {"sessionId": "s1", "x": number}
    assert decode_row(b'{"x": [%b, 1]}' % _NUMBERS[number]) == {"x": [number, 1]}


# What is broken beyond repair, and where.
_BROKEN: dict[str, tuple[bytes, bytes, str]] = {
    "other quotes": (b'"m1"', b"'m1'", "does not belong there"),
    "a missing comma": (b', "channel"', b' "channel"', "does not belong there"),
    "a doubled comma": (b', "channel"', b',, "channel"', "does not belong there"),
    "a quote too many": (_TEXT, b'"an "invented" text"', "does not belong there"),
    "a word": (_TEXT, b"undefined", "does not belong there"),
    "a NUL between two fields": (b', "channel"', b', \x00"channel"', "does not belong there"),
    "the end of a log": (b'"total": 1}}', b'"total": 1}} 84000000000', "does not belong there"),
    "no end": (b'"total": 1}}', b'"total": 1', "it ends too early"),
    "a text without an end": (b'"total": 1}}', b'"total": "84000000000', "it ends too early"),
    "no bottom": (_TEXT, b"[" * 5000 + b"]" * 5000, "it is nested too deeply"),
}


@pytest.mark.parametrize("broken", _BROKEN)
def test_json_that_cannot_be_repaired_ends_the_run_within_seconds(
    broken: str, clock: FakeTime
) -> None:
    old, new, fault = _BROKEN[broken]
    body = _WHOLE.replace(old, new)
    requests: list[dict[str, Any]] = []

    def respond(query: dict[str, Any]) -> tuple[int, bytes]:
        requests.append(query)
        return 200, body

    run = read_antbuddy(respond, max_retry_seconds=600)
    assert isinstance(run.error, ApiError)
    text = str(run.error)
    assert ": the API sends broken JSON: " in text
    assert "byte " in text
    assert fault in text
    assert "cut off" not in text
    assert "invented" not in text
    assert "84000000000" not in text
    assert len(requests) <= 3
    assert sum(clock.slept) < 5


def test_the_place_that_is_broken_is_named_though_others_before_it_were_repaired() -> None:
    body = b'\xef\xbb\xbf{"a": "\x01\x02", "b": NaN, "c": [1,], "d": \'x\'}'
    mark = 3
    place = body.index(b"'x'") + 1 - mark
    fault = f"byte {place} of {len(body) - mark} does not belong there"
    assert describe_fault(body) == fault


def test_a_body_that_is_cut_differently_each_time_is_requested_until_it_is_whole(
    clock: FakeTime,
) -> None:
    bodies = [_WHOLE[:length] for length in range(60, 100, 4)]

    def respond(_: dict[str, Any]) -> tuple[int, bytes]:
        return 200, bodies.pop() if bodies else _WHOLE

    run = read_antbuddy(respond, max_retry_seconds=600)
    assert run.error is None
    assert len(run.records("antbuddy_messages")) == 1
    assert len(clock.slept) >= 10


def test_words_that_are_no_json_may_pass_with_time(clock: FakeTime) -> None:
    bodies = [b"upstream connect error"] * 8

    def respond(_: dict[str, Any]) -> tuple[int, bytes]:
        return 200, bodies.pop() if bodies else _WHOLE

    assert read_antbuddy(respond, max_retry_seconds=600).error is None
    assert len(clock.slept) == 8


def test_trouble_beside_a_list_is_found_in_a_repaired_body() -> None:
    body = b'\xef\xbb\xbf{"success": true, "data": {"sessions": []}, "error": "a shard is down"}'
    with pytest.raises(RequestFailure, match="trouble in its field `error`"):
        parse_response(body)
    with pytest.raises(RequestFailure, match="reports an error"):
        parse_response(b'{"code": "internal", "msg": "down",}')


@pytest.mark.parametrize("status", [400, 401, 404, 500, 503])
def test_an_error_nested_without_end_is_still_one_sentence(status: int) -> None:
    deep = b'{"message": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert error_fields(deep) == ("", "")
    run = read_antbuddy(lambda _: (status, deep))
    assert isinstance(run.error, ApiError)
    assert f"HTTP {status}" in str(run.error)


@pytest.mark.parametrize("depth", range(600, 1001, 20))
def test_nesting_is_read_or_refused_and_never_overflows_the_stack(depth: int) -> None:
    body = _WHOLE.replace(_TEXT, b"[" * depth + b"]" * depth)
    run = read_antbuddy(lambda _: (200, body), max_concurrency=depth % 3 + 1)
    if run.error is None:
        (record,) = run.records("antbuddy_messages")
        assert json.dumps(record["extra_fields"]["message"]) == "[" * depth + "]" * depth
    else:
        assert "it is nested too deeply" in str(run.error)


def test_a_value_too_deep_for_stream_maps_ends_the_run_in_a_sentence(tmp_path: Path) -> None:
    deep = b'{"a":' * 600 + b"1" + b"}" * 600
    with serving(lambda _: (200, _WHOLE.replace(_TEXT, deep))) as url:
        own = {"antbuddy_api_key": "an-invented-key", "antbuddy_base_url": url}
        maps = {"stream_maps": {"antbuddy_messages": {"kind": "channel"}}}
        times = _DAY
        process = run_command(settings={**own, **maps, **times}, folder=tmp_path)
    assert process.returncode == 1
    assert "nested too deeply" in process.stderr
    assert "Unexpected" not in process.stderr


_DIGITS = [
    "0.1234567890123456789012345",
    "1234567890.123456789",
    "12345678901234567890.5",
    "1e-400",
]


@pytest.mark.parametrize("digits", _DIGITS)
def test_a_decimal_keeps_its_digits(digits: str, tmp_path: Path) -> None:
    fields = b'"msginfo": {"a": [%b]}, "mood": %b' % ((digits.encode(),) * 2)
    body = _WHOLE.replace(b'"message": ' + _TEXT, fields)
    with serving(lambda _: (200, body)) as url:
        own = {"antbuddy_api_key": "an-invented-key", "antbuddy_base_url": url}
        times = _DAY
        process = run_command(settings={**own, **times}, folder=tmp_path)
    assert process.returncode == 0
    lines = [json.loads(line, parse_float=Decimal) for line in process.stdout.splitlines()]
    (record,) = [
        line["record"]
        for line in lines
        if line["type"] == "RECORD" and line["stream"] == "antbuddy_messages"
    ]
    assert record["msginfo"] == {"a": [Decimal(digits)]}
    assert record["extra_fields"] == {"mood": Decimal(digits)}


def test_a_decimal_in_other_columns_is_exact_or_kept() -> None:
    values = b'"id": 12345678901234567.0, "template_id": 9007199254740993.0, '
    row = b"{%b}" % (values + b'"created_at": 1772440200.5')
    record = RowReader(EtelecomZnsMessages.columns, lambda *_: None).read(row)
    assert record["id"] == "12345678901234567"
    assert record["template_id"] == 9007199254740993
    assert record["created_at"] == "2026-03-02T08:30:00.500000Z"


@settings(derandomize=True, max_examples=examples(500), deadline=None)
@given(st.recursive(st.text() | st.integers() | st.none(), lambda i: st.lists(i, max_size=3)))
def test_valid_json_is_never_changed(value: Any) -> None:
    for text in (json.dumps({"x": value}), json.dumps([value], ensure_ascii=False, indent=1)):
        body = text.encode("utf-8", "surrogatepass")
        repaired = repair_json(body)
        if "\\ud" not in text and body.decode("utf-8", "replace").encode() == body:
            assert repaired == body


def test_a_page_of_the_api_says_the_same_before_and_after() -> None:
    page = sessions_page([session(1, _AT, message("m1", _AT))], {"offset": "0", "limit": "10"})
    body = json.dumps(page, ensure_ascii=False).encode()
    assert repair_json(body) == body

"""Odd values from an API: records lose nothing, or a missing primary key stops the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from omnimessages_sandbox import FixedWorld, Sandbox
from tap_omnimessages.errors import TapError
from tap_omnimessages.providers.antbuddy.streams import AntBuddyMessages, AntBuddySessions
from tap_omnimessages.providers.etelecom.streams import EtelecomZnsMessages
from tap_omnimessages.records.columns import EXTRA_FIELDS
from tests.any_json import STREAM_TYPES, VALUES, given_columns
from tests.profiles import examples
from tests.support import NOW, STREAMS, extract, message, notification, session, settings_of

if TYPE_CHECKING:
    from tests.support import Extraction


def run_on(sessions: list[Any], notifications: list[Any]) -> Extraction:
    world = FixedWorld(sessions=sessions, notifications=notifications, raw=True)
    with Sandbox(world=world, now=NOW) as sandbox:
        return extract(settings_of(sandbox, max_retry_seconds=0))


@settings(derandomize=True, max_examples=examples(40), deadline=None)
@given(st.data())
def test_a_row_with_any_value_becomes_a_complete_record_or_its_primary_key_is_refused(
    data: st.DataObject,
) -> None:
    at = "2026-03-05T10:00:00Z"
    # Other values of the times that select a window would only move the record out of the window.
    fixed_times = {"createdAt", "created_at", "updated_at", "submit_time"}
    names = {
        stream: st.sampled_from(
            [column.field for column in given_columns(stream) if column.field not in fixed_times]
        )
        for stream in STREAM_TYPES
    }
    talk = message("m1", at) | data.draw(
        st.dictionaries(names[AntBuddyMessages], VALUES, max_size=4)
    )
    head = session(1, at, talk) | data.draw(
        st.dictionaries(names[AntBuddySessions], VALUES, max_size=4)
    )
    row = notification(1, at) | data.draw(
        st.dictionaries(names[EtelecomZnsMessages], VALUES, max_size=4)
    )
    run = run_on([head], [row])
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
        ("etelecom_zns_messages", [], ["a text instead of a row"], "id"),
    ],
)
def test_a_missing_primary_key_stops_the_run_and_the_bookmark_stays(
    stream: str, sessions: list[Any], notifications: list[Any], field: str
) -> None:
    run = run_on(sessions, notifications)
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
    run = run_on([head], [notification(1, at, id=number, shop_id=number)])
    assert run.error is None
    assert set(run.table("antbuddy_sessions")) == {str(number)}
    assert run.table("antbuddy_sessions")[str(number)]["lead_id"] == str(number)
    (record,) = run.records("antbuddy_messages")
    assert record["session_id"] == record["message_id"] == record["from_id"] == str(number)
    assert record["to_id"] == str(number + 1)
    assert run.table("etelecom_zns_messages")[str(number)]["shop_id"] == str(number)
    assert not any(record[EXTRA_FIELDS] for stream in STREAMS for record in run.records(stream))


def test_records_have_the_columns_of_their_schema_in_its_order(sandbox: Sandbox) -> None:
    run = extract(settings_of(sandbox))
    for stream in STREAMS:
        orders = {tuple(record) for record in run.records(stream)}
        assert orders == {tuple(run.schemas[stream]["properties"])}
        validator = Draft202012Validator(run.schemas[stream])
        assert all(validator.is_valid(record) for record in run.records(stream))


def test_unknown_fields_are_kept_with_one_warning_each_without_the_value(
    caplog: pytest.LogCaptureFixture,
) -> None:
    at = "2026-03-05T10:00:00Z"
    secret = "84000123456 an invented secret"
    talks = [message(f"m{index}", at, reactions=[secret]) for index in range(3)]
    rows = [notification(index, at, nickname=secret, rate=secret) for index in range(1, 4)]
    run = run_on([session(1, at, *talks, mood=secret)], rows)
    assert run.error is None
    assert run.records("antbuddy_sessions")[0][EXTRA_FIELDS] == {"mood": secret}
    for record in run.records("antbuddy_messages"):
        assert record[EXTRA_FIELDS] == {"reactions": [secret]}
    for record in run.records("etelecom_zns_messages"):
        assert record[EXTRA_FIELDS] == {"nickname": secret, "rate": secret}
        assert record["rate"] is None
    warnings = [r.getMessage() for r in caplog.records if "extra_fields" in r.getMessage()]
    assert sorted(text.partition(" is kept")[0] for text in warnings) == [
        "antbuddy_messages: the field reactions",
        "antbuddy_sessions: the field mood",
        "etelecom_zns_messages: the field nickname",
        "etelecom_zns_messages: the field rate",
    ]
    assert "84000123456" not in caplog.text

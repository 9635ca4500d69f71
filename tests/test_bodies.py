"""Answers with status 200 that are none, and what may be shown of an API's own words."""

from __future__ import annotations

import pytest

from tap_omnimessages.antbuddy.answers import parse_answer as parse_sessions
from tap_omnimessages.etelecom.answers import parse_answer as parse_notifications
from tap_omnimessages.failures import Failure, clean_words, http_date


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
    with pytest.raises(Failure):
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
    with pytest.raises(Failure):
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
    for words in (
        f"token {key} is not known",
        "x" * 150 + key,
        "InventedSecretPart",
        "84 000 000 123",
    ):
        shown = clean_words(words, secrets)
        assert "InventedSecret" not in shown
        assert "1129" not in shown
        assert "000 123" not in shown
        assert len(shown) <= 161


def test_a_date_beyond_all_calendars_is_none() -> None:
    assert http_date("1 Jan 99999999999999999999 00:00:00") is None

"""Keys, phone numbers and message texts stay where they belong, whatever happens."""

from __future__ import annotations

import json
import logging
import os
import stat
import tempfile
from typing import TYPE_CHECKING, Any

import pytest

from omnimessages_sandbox import Faults, FixedWorld, Sandbox
from omnimessages_sandbox.apis.responses import ApiResponse
from tap_omnimessages.tap import TapOmniMessages
from tests.support import NOW, extract, message, notification, run_command, session, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Extraction

_AT = "2026-03-05T10:00:00Z"
_KEYS = {"antbuddy_api_key": "KANARI-KEY-antbuddy", "etelecom_api_key": "KANARI-KEY-etelecom"}
_PHONE = "84000777123"
_PHONES = (_PHONE, "0000777123", "84 000 777 123", "+84-000-777-123", "84.000.777.123")
_TEXT = "KANARI-TEXT xin chào"
# Whatever form a text takes on its way, one of these would show.
_TRACES = ("KANARI", "777123", "777 123", "777-123", "777.123")


def _told(text: str) -> list[str]:
    return [trace for trace in _TRACES if trace in text]


def _planted(**more: Any) -> FixedWorld:
    """Records with private values in every column, of the right type and of wrong ones."""
    talks = [
        message("m1", _AT, message=_TEXT, **{"from": _PHONE}),
        message("m2", _AT, message=None, msginfo={"type": "text", "message": _TEXT}),
        message("m3", _AT, created_time=_TEXT, doneAt=_PHONE, pin=_TEXT, __v=_TEXT),
        message("m4", _AT, message={"text": _TEXT}, channel=[_TEXT], isOutboundMessage=_TEXT),
        message("m5", _AT, **{_TEXT: _PHONE, "attachments": _TEXT, "errorMessage": _TEXT}),
        message(f"m6 {_TEXT}", _AT, location=[_PHONE]),
    ]
    heads = [
        session(1, _AT, *talks, messageCount=_TEXT, leadId=_PHONE),
        session(2, _AT, {**talks[0], "_id": "m7"}, sessionId=f"s2 {_TEXT}", nickname=_TEXT),
        session(3, _AT, {**talks[0], "_id": "m8"}, createdAt=_TEXT),
    ]
    rows = [
        notification(1, _AT, phone=_PHONE, note=_TEXT, template_data={"name": _TEXT}),
        notification(2, _AT, phone=int(_PHONE), rate=_TEXT, feedback=_TEXT, error_code=_PHONES),
        notification(3, _AT, phone=[_PHONE], fee_main=_PHONE + "x", submit_time=_TEXT),
        notification(4, _AT, id=f"n4 {_TEXT}", template_data=_TEXT, nickname=_PHONE),
    ]
    return FixedWorld(sessions=heads, notifications=[{**row, **more} for row in rows], raw=True)


@pytest.fixture
def planted(caplog: pytest.LogCaptureFixture) -> Iterator[Sandbox]:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("tap-omnimessages").setLevel(logging.DEBUG)
    with Sandbox(world=_planted(), now=NOW) as running:
        yield running
    logging.getLogger("tap-omnimessages").setLevel(logging.NOTSET)


def _settings(sandbox: Sandbox, **changes: Any) -> dict[str, Any]:
    return {**settings_of(sandbox, max_retry_seconds=0), **_KEYS, **changes}


def _beside_records(run: Extraction) -> str:
    return json.dumps([item for item in run.messages if item["type"] != "RECORD"])


def test_private_values_come_out_in_records_and_nowhere_else(
    planted: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    run = extract(_settings(planted))
    assert run.error is None
    assert "KANARI-TEXT" in json.dumps(run.records("antbuddy_messages"))
    assert _PHONE in json.dumps(run.records("etelecom_zns_messages"))
    assert "KANARI-KEY" not in json.dumps(run.messages)
    assert not _told(_beside_records(run))
    assert "is kept in extra_fields" in caplog.text
    # A field's name is what the API calls it, not what it holds.
    assert not _told(caplog.text.replace(f"the field {_TEXT} is kept", ""))


@pytest.mark.parametrize("fault", ["400", "401", "403_permission_denied", "404", "500", "html"])
def test_no_failure_tells_a_key(
    planted: Sandbox, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    planted.faults = Faults(permanent=fault)
    run = extract(_settings(planted))
    assert run.error is not None
    assert not _told(f"{run.error}{run.error!r}{caplog.text}{_beside_records(run)}")


_SPOKEN: list[tuple[int, Any]] = [
    (status, body)
    for status in (200, 400, 401, 403, 404, 422, 500)
    for body in (
        {"success": False, "message": "no such key KANARI-KEY"},
        {"code": "invalid_argument", "msg": "bad key 'KANARI-KEY'"},
        {"success": False, "message": f"cannot send to {_PHONE}, {_PHONES[2]}, {_PHONES[3]}"},
        {"code": _PHONE, "msg": f"phone:{_PHONES[1]} {_PHONES[4]}"},
        {"success": False, "error": {"message": _TEXT, "to": _PHONE}},
        {"success": False, "data": {"sessions": [{"messages": [_TEXT]}]}},
        {"messages": _TEXT, "paging": _PHONE},
        _TEXT,
        [_TEXT, _PHONE],
    )
]


@pytest.mark.parametrize(("status", "body"), _SPOKEN)
def test_an_error_body_that_repeats_private_values_is_not_repeated(
    planted: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    status: int,
    body: Any,
) -> None:
    answer = ApiResponse(status, json.dumps(body, ensure_ascii=False).encode())
    for api in (planted.antbuddy, planted.etelecom):
        monkeypatch.setattr(api, "answer", lambda *_: answer)
    for key in _KEYS:
        run = extract(_settings(planted, **{**dict.fromkeys(_KEYS), key: "KANARI-KEY"}))
        assert run.error is not None
        assert not _told(f"{run.error}{run.error!r}{caplog.text}{_beside_records(run)}")


def test_a_missing_primary_key_is_told_without_the_record(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = _planted(id=None)
    with Sandbox(world=world, now=NOW) as sandbox:
        run = extract(_settings(sandbox, antbuddy_api_key=None))
    assert "primary key" in str(run.error)
    assert not _told(f"{run.error}{caplog.text}{_beside_records(run)}")


def test_a_window_that_cannot_be_shown_whole_is_told_without_its_rows(
    planted: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [notification(index, _AT, phone=_PHONE, note=_TEXT) for index in range(30)]
    answer = ApiResponse(200, json.dumps({"messages": rows, "paging": {"next": _TEXT}}).encode())
    monkeypatch.setattr(planted.etelecom, "answer", lambda *_: answer)
    run = extract(_settings(planted, antbuddy_api_key=None, etelecom_page_size=30))
    assert "The bookmark stays before it" in str(run.error)
    assert not _told(f"{run.error}{caplog.text}{_beside_records(run)}")


@pytest.mark.parametrize(
    "wrong",
    [
        {"antbuddy_api_key": "KANARI-KEY with a blank"},
        {"antbuddy_api_key": "KANARI-KEY\n"},
        {"antbuddy_api_key": ["KANARI-KEY"]},
        {"etelecom_api_key": {"KANARI-KEY": 1}},
        {"antbuddy_base_url": "https://user:KANARI-KEY@api.invalid"},
        {"etelecom_base_url": "https://api.invalid/v1?key=KANARI-KEY"},
    ],
)
def test_settings_are_refused_without_the_value_of_a_key(
    planted: Sandbox, tmp_path: Path, wrong: dict[str, Any]
) -> None:
    ended = run_command(settings=_settings(planted, **wrong), folder=tmp_path)
    assert ended.returncode == 1
    assert not ended.stdout
    assert ended.stderr
    assert not _told(ended.stderr)


@pytest.mark.parametrize("fault", [None, "401", "500"])
def test_the_command_writes_nothing_private_to_stderr(
    planted: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str | None
) -> None:
    monkeypatch.setenv("TAP_OMNIMESSAGES_LOGLEVEL", "DEBUG")
    planted.faults = Faults(script=["ok"], permanent=fault)
    ended = run_command(settings=_settings(planted), folder=tmp_path)
    assert (ended.returncode == 0) == (fault is None)
    assert "Traceback" not in ended.stderr
    assert not _told(ended.stderr.replace(f"the field {_TEXT} is kept", ""))


@pytest.mark.parametrize("options", [(), ("--format=json",), ("--format=markdown",)])
def test_about_tells_the_settings_and_no_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, options: tuple[str, ...]
) -> None:
    for name, key in _KEYS.items():
        monkeypatch.setenv(f"TAP_OMNIMESSAGES_{name.upper()}", key)
    ended = run_command("--about", *options, settings=_KEYS, folder=tmp_path)
    assert ended.returncode == 0
    assert "antbuddy_api_key" in ended.stdout
    assert not _told(ended.stdout + ended.stderr)


def test_both_keys_are_declared_secret() -> None:
    properties = TapOmniMessages.config_jsonschema["properties"]
    assert {name for name, schema in properties.items() if schema.get("secret")} == set(_KEYS)


@pytest.mark.parametrize("provider", ["antbuddy", "etelecom"])
def test_a_redirect_to_another_host_gets_no_key(
    planted: Sandbox, caplog: pytest.LogCaptureFixture, provider: str
) -> None:
    with Sandbox(world=_planted(), now=NOW) as other:
        planted.faults = Faults(permanent="redirect", redirect_to=other.address)
        others = {name: None for name in _KEYS if not name.startswith(provider)}
        run = extract(_settings(planted, **others))
        assert "which the tap does not follow" in str(run.error)
        assert not other.requests
    assert len(planted.requests) == 1
    assert not _told(f"{run.error}{caplog.text}")


def test_a_netrc_file_does_not_replace_the_key(
    planted: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login someone password invented\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    assert extract(_settings(planted)).error is None
    sent = {
        (request.api, request.headers.get("authorization"), request.headers.get("apikey"))
        for request in planted.requests
    }
    assert sent == {
        ("antbuddy", None, _KEYS["antbuddy_api_key"]),
        ("etelecom", f"Bearer {_KEYS['etelecom_api_key']}", None),
    }


def test_each_key_goes_to_its_own_api_and_into_no_address(planted: Sandbox) -> None:
    assert extract(_settings(planted)).error is None
    for request in planted.requests:
        assert "KANARI-KEY" not in f"{request.path}{request.params}"


@pytest.mark.parametrize("fault", [None, "400", "500"])
def test_no_temporary_file_is_left_and_none_is_open_to_others(
    planted: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str | None
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    modes: list[int] = []
    make = tempfile.TemporaryFile

    def watch(*arguments: Any, **options: Any) -> Any:
        file = make(*arguments, **options)
        modes.append(stat.S_IMODE(os.fstat(file.fileno()).st_mode))
        return file

    monkeypatch.setattr("tempfile.TemporaryFile", watch)
    old = os.umask(0)
    try:
        planted.faults = Faults(script=["ok"], permanent=fault)
        run = extract(_settings(planted))
    finally:
        os.umask(old)
    assert (run.error is None) == (fault is None)
    assert modes
    assert all(mode & 0o077 == 0 for mode in modes)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text", ["{0.__class__}", "%(name)s", "${HOME}", "__import__('os').abort()", "{{ 7 * 7 }}"]
)
def test_settings_and_state_are_taken_as_they_are_written(planted: Sandbox, text: str) -> None:
    key = text.replace(" ", "")
    state = {"bookmarks": {"antbuddy_messages": {"note": text}}}
    run = extract(_settings(planted, antbuddy_api_key=key, user_agent=text), state=state)
    assert run.error is None
    asked = next(request for request in planted.requests if request.api == "antbuddy")
    assert asked.headers["apikey"] == key
    assert asked.headers["user-agent"] == text

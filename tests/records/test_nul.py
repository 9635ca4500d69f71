"""NUL characters, which most databases cannot store, are removed wherever they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnimessages_sandbox import Sandbox
from tap_omnimessages.records.nul import remove_nul
from tests.odd_servers import read_antbuddy
from tests.profiles import examples
from tests.support import NOW, STREAMS, extract, fixed, message, notification, session, settings_of

if TYPE_CHECKING:
    from tests.support import Extraction

_AT = "2026-03-03T10:00:00Z"
_NUL = "one\x00two"
_DEEP = {_NUL: [_NUL, {"inner": _NUL}], "plain": "\\u0000"}
_DEEP_WITHOUT = {"onetwo": ["onetwo", {"inner": "onetwo"}], "plain": "\\u0000"}
_ROWS: dict[str, Any] = {
    "sessions": [
        session(
            1,
            _AT,
            message(_NUL, _AT, message=_NUL, msginfo=_DEEP, attachments=[_NUL], doneBy=_NUL),
            leadId=_NUL,
            mood=_DEEP,
        )
    ],
    "notifications": [
        notification(1, _AT, phone=_NUL, template_data=_DEEP, feedback=[_NUL], **{_NUL: _NUL})
    ],
}


def _run(**changes: Any) -> Extraction:
    with Sandbox(world=fixed(**_ROWS), now=NOW) as sandbox:
        return extract(settings_of(sandbox, **changes))


def test_no_nul_character_leaves_the_tap_and_a_warning_counts_them(
    caplog: pytest.LogCaptureFixture,
) -> None:
    run = _run()
    assert run.error is None
    assert "\\x00" not in repr(run.messages)
    (own,) = run.records("antbuddy_messages")
    assert own["id"] == own["message"] == own["text"] == own["done_by"] == "onetwo"
    assert own["lead_id"] == "onetwo"
    assert own["msginfo"] == _DEEP_WITHOUT
    assert own["attachments"] == {"value": ["onetwo"]}
    (whole,) = run.records("antbuddy_sessions")
    assert whole["extra_fields"] == {"mood": _DEEP_WITHOUT}
    (sent,) = run.records("etelecom_zns_messages")
    assert sent["phone"] == "onetwo"
    assert sent["template_data"] == _DEEP_WITHOUT
    assert sent["feedback"] == ["onetwo"]
    assert sent["extra_fields"] == {"onetwo": "onetwo"}
    counts = {"antbuddy_messages": 7, "antbuddy_sessions": 4, "etelecom_zns_messages": 7}
    for stream, count in counts.items():
        assert f"{stream}: {count} NUL characters were removed, " in caplog.text


def test_nul_characters_stay_where_the_user_wants_them(caplog: pytest.LogCaptureFixture) -> None:
    run = _run(remove_nul_characters=False)
    assert run.error is None
    (own,) = run.records("antbuddy_messages")
    assert own["id"] == own["message"] == _NUL
    assert own["msginfo"] == _DEEP
    assert "NUL" not in caplog.text


def test_a_raw_nul_character_and_messages_in_another_form_are_cleaned_too() -> None:
    whole = session(1, _AT, messages={_NUL: _NUL})
    body = json.dumps({"success": True, "data": {"sessions": [whole], "total": 1}}).encode()
    run = read_antbuddy(lambda _: (200, body.replace(rb"\u0000", b"\x00")))
    (record,) = run.records("antbuddy_sessions")
    assert record["extra_fields"] == {"messages": {"onetwo": "onetwo"}}


@pytest.mark.parametrize("stream", STREAMS)
def test_rows_without_the_character_are_the_same_either_way(stream: str, sandbox: Sandbox) -> None:
    kept = extract(settings_of(sandbox, remove_nul_characters=False))
    assert extract(settings_of(sandbox)).table(stream) == kept.table(stream)


_VALUES = st.recursive(
    st.text(st.sampled_from("\x00\\u0\"'né"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just("k\\u0000"), inner),
    max_leaves=5,
)


@settings(derandomize=True, max_examples=examples(500), deadline=None)
@given(_VALUES, st.booleans())
def test_exactly_the_nul_characters_are_removed(value: Any, ascii_only: bool) -> None:  # noqa: FBT001
    text = json.dumps(value, ensure_ascii=ascii_only)
    cleaned, removed = remove_nul(text.encode())
    expected = json.dumps(_without(value))
    assert json.dumps(json.loads(cleaned)) == expected
    assert (removed > 0) == (expected != json.dumps(value))


def _without(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [_without(inner) for inner in value]
    return {_without(name): _without(inner) for name, inner in value.items()}

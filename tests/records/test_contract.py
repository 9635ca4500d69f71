"""The schema contract: unknown fields and values of the wrong type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from omnimessages_sandbox import Sandbox
from tap_omnimessages.errors import SchemaContractError
from tap_omnimessages.records.columns import EXTRA_FIELDS
from tests.support import (
    NOW,
    STREAMS,
    extract,
    fixed,
    message,
    notification,
    run_command,
    session,
    settings_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Extraction

_SECRET = "84000123456 an invented secret"
_EARLY, _LATE = "2026-03-03T10:00:00Z", "2026-03-20T10:00:00Z"
_WINDOWS = {"antbuddy_window_days": 7, "etelecom_window_days": 7}
# By stream: rows, and the field of the later row that is unknown or has a value of the wrong type.
_ODD: dict[str, tuple[dict[str, Any], str]] = {
    "antbuddy_sessions": (
        {"sessions": [session(1, _EARLY), session(2, _LATE, mood=_SECRET)]},
        "mood",
    ),
    "antbuddy_messages": (
        {
            "sessions": [
                session(1, _EARLY),
                session(2, _LATE, message("m2", _LATE, pin=_SECRET)),
            ]
        },
        "pin",
    ),
    "etelecom_zns_messages": (
        {"notifications": [notification(1, _EARLY), notification(2, _LATE, rate=_SECRET)]},
        "rate",
    ),
}


def _run(stream: str, contract: str, **options: Any) -> Extraction:
    with Sandbox(world=fixed(**_ODD[stream][0]), now=NOW) as sandbox:
        return extract(settings_of(sandbox, schema_contract=contract, **_WINDOWS), **options)


@pytest.mark.parametrize("stream", STREAMS)
def test_freeze_stops_before_the_odd_record_with_one_sentence(stream: str) -> None:
    run = _run(stream, "freeze")
    assert isinstance(run.error, SchemaContractError)
    text = str(run.error)
    assert text.startswith(f"{stream}: ")
    assert f"the field {_ODD[stream][1]} " in text
    assert "schema_contract is freeze" in text
    assert _SECRET not in text
    assert len(run.records(stream)) == 1
    assert _EARLY < run.bookmark(stream)["replication_key_value"] < _LATE


@pytest.mark.parametrize("stream", STREAMS)
def test_a_run_with_evolve_resumes_from_the_state_of_a_frozen_run(stream: str) -> None:
    frozen, whole = _run(stream, "freeze"), _run(stream, "evolve")
    rest = _run(stream, "evolve", state=frozen.state)
    assert rest.error is None
    assert frozen.table(stream) | rest.table(stream) == whole.table(stream)


@pytest.mark.parametrize("stream", STREAMS)
def test_discard_drops_only_the_odd_value_and_warns_once(
    stream: str, caplog: pytest.LogCaptureFixture
) -> None:
    whole = _run(stream, "evolve").table(stream)
    caplog.clear()
    run = _run(stream, "discard")
    assert run.error is None
    field = _ODD[stream][1]
    assert any(record[EXTRA_FIELDS] == {field: _SECRET} for record in whole.values())
    assert run.table(stream) == {
        key: {**record, EXTRA_FIELDS: None} for key, record in whole.items()
    }
    assert _SECRET not in str(run.messages)
    warnings = [r.getMessage() for r in caplog.records if f"the field {field} " in r.getMessage()]
    assert len(warnings) == 1
    assert "is discarded (" in warnings[0]


@pytest.mark.parametrize("contract", ["freeze", "discard"])
def test_records_that_fit_the_schema_are_the_same_under_every_contract(
    sandbox: Sandbox, contract: str
) -> None:
    run = extract(settings_of(sandbox, schema_contract=contract))
    assert run.error is None
    assert run.tables() == extract(settings_of(sandbox)).tables()


def test_an_unknown_contract_is_reported_as_a_wrong_setting(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    process = run_command(settings=settings_of(sandbox, schema_contract="frozen"), folder=tmp_path)
    assert process.returncode == 1
    assert "schema_contract" in process.stderr
    assert "evolve" in process.stderr
    assert "Traceback" not in process.stderr

"""A value whose column nobody selected, or that a stream map hides, leaves on no other way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from omnimessages_sandbox import Sandbox
from tap_omnimessages.errors import SchemaContractError
from tests.support import (
    KEYS,
    NOW,
    STREAMS,
    catalog_of,
    extract,
    fixed,
    message,
    notification,
    session,
    settings_of,
)

if TYPE_CHECKING:
    from tests.support import Extraction

_AT = "2026-03-03T10:00:00Z"
_SECRET = "an invented secret"
_ODD = {"inner": [_SECRET]}

# By stream: a column, its field, and rows in which the field holds what the column cannot.
_CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "antbuddy_sessions": ("lead_id", "leadId", {"sessions": [session(1, _AT, leadId=_ODD)]}),
    "antbuddy_messages": (
        "message",
        "message",
        {"sessions": [session(1, _AT, message("m1", _AT, message=_ODD))]},
    ),
    "etelecom_zns_messages": (
        "phone",
        "phone",
        {"notifications": [notification(1, _AT, phone=_ODD)]},
    ),
}


def _without(stream: str, *columns: str) -> dict[str, Any]:
    """Give a catalog in which nobody selected these columns."""
    catalog = catalog_of()
    for entry in catalog["streams"]:
        if entry["tap_stream_id"] == stream:
            for part in entry["metadata"]:
                if part["breadcrumb"] and part["breadcrumb"][1] in columns:
                    part["metadata"]["selected"] = False
    return catalog


def _run(rows: dict[str, Any], catalog: dict[str, Any] | None = None, **changes: Any) -> Extraction:
    with Sandbox(world=fixed(**rows), now=NOW) as sandbox:
        return extract(settings_of(sandbox, **changes), catalog=catalog)


def _lines_about(field: str, caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if f"the field {field} " in r.getMessage()]


@pytest.mark.parametrize("contract", ["evolve", "freeze", "discard"])
@pytest.mark.parametrize("stream", STREAMS)
def test_a_value_of_a_column_that_nobody_selected_is_dropped_and_not_reported(
    stream: str, contract: str, caplog: pytest.LogCaptureFixture
) -> None:
    column, field, rows = _CASES[stream]
    run = _run(rows, _without(stream, column), schema_contract=contract)
    if stream == "antbuddy_sessions" and contract != "discard":
        # The messages inherit the field, and there its column is selected.
        assert (run.error is None) == (contract == "evolve")
    else:
        assert run.error is None
        assert not [line for line in _lines_about(field, caplog) if line.startswith(stream)]
    for record in run.records(stream):
        assert column not in record
        assert record["extra_fields"] is None
    assert _SECRET not in str([run.records(stream), *caplog.messages])


def _map(stream: str, definition: dict[str, Any] | None) -> dict[str, Any]:
    return {"stream_maps": {stream: definition}}


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize(
    "definition",
    [
        {"{column}": "__NULL__"},
        {"{column}": None},
        {"{column}": "'hidden'"},
        {"{column}": "'hidden' if self else None"},
        {"__else__": None, "extra_fields": "extra_fields", "{key}": "{key}"},
        {"extra_fields": None},
    ],
)
def test_a_value_of_a_column_that_a_stream_map_hides_is_dropped(
    stream: str, definition: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    column, field, rows = _CASES[stream]
    names = {"column": column, "key": KEYS[stream]}
    definition = {
        name.format(**names): value and value.format(**names) for name, value in definition.items()
    }
    for name in (stream, stream[:-1] + "?"):
        caplog.clear()
        run = _run(rows, **_map(name, definition))
        assert run.error is None
        assert _SECRET not in str([run.records(stream), *caplog.messages])
        for line in _lines_about(field, caplog):
            if line.startswith(stream):
                assert "is dropped, because" in line


@pytest.mark.parametrize("stream", STREAMS)
def test_a_second_map_that_hides_a_column_hides_it_everywhere(stream: str) -> None:
    column, _, rows = _CASES[stream]
    run = _run(rows, **_map("copy", {"__source__": stream, column: "'hidden'"}))
    assert run.error is None
    assert _SECRET not in str([run.records(stream), run.records("copy")])
    assert len(run.records("copy")) == 1


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"flattening_enabled": True, "flattening_max_depth": 1},
        {"stream_maps": {"*": {"kind": "'invented'"}}},
        {"stream_maps": {"*": {"extra_fields": "extra_fields"}}},
    ],
)
def test_a_value_is_kept_in_extra_fields_where_nothing_hides_its_column(
    stream: str, changes: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    _, field, rows = _CASES[stream]
    run = _run(rows, **changes)
    assert run.error is None
    (record,) = run.records(stream)
    assert _SECRET in str(record["extra_fields"])
    assert any("is kept in extra_fields" in line for line in _lines_about(field, caplog))


@pytest.mark.parametrize("stream", STREAMS)
def test_it_is_not_said_to_be_kept_where_extra_fields_does_not_leave(
    stream: str, caplog: pytest.LogCaptureFixture
) -> None:
    _, field, rows = _CASES[stream]
    run = _run(rows, _without(stream, "extra_fields"))
    assert run.error is None
    lines = [line for line in _lines_about(field, caplog) if line.startswith(stream)]
    assert len(lines) == 1
    assert "is dropped, because extra_fields is not selected" in lines[0]


def test_freeze_still_stops_where_a_map_hashes_the_column() -> None:
    column, _, rows = _CASES["etelecom_zns_messages"]
    maps = _map("etelecom_zns_messages", {column: "'hidden'"})
    run = _run(rows, schema_contract="freeze", **maps)
    assert isinstance(run.error, SchemaContractError)
    assert "extra_fields" not in str(run.error)


@pytest.mark.parametrize(
    "changes",
    [
        {"catalog": "deselected"},
        {"catalog": "column"},
        {"stream_maps": {"antbuddy_messages": None}},
        {"stream_maps": {"antbuddy_messages": {"message": "'hidden'"}}},
    ],
)
def test_messages_that_come_in_another_form_leave_no_way_with_the_sessions(
    changes: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    catalogs = {
        "deselected": catalog_of(antbuddy_messages={"selected": False}),
        "column": _without("antbuddy_messages", "message"),
    }
    catalog = catalogs.get(changes.pop("catalog", ""))
    rows = {"sessions": [session(1, _AT, messages={"m1": {"message": _SECRET}})]}
    run = _run(rows, catalog, **changes)
    assert len(run.records("antbuddy_sessions")) == 1
    assert _SECRET not in str([run.messages, *caplog.messages, run.error])


def test_ids_of_a_session_that_nobody_selected_leave_no_way_with_its_messages() -> None:
    rows = {"sessions": [session(1, _AT, pageId=_ODD)]}
    run = _run(rows, _without("antbuddy_messages", "page_id"), schema_contract="evolve")
    (record,) = run.records("antbuddy_messages")
    assert record["extra_fields"] is None

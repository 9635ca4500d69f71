"""ACTIVATE_VERSION messages, for targets that drop what a full table no longer holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support import STREAMS, catalog_of, extract, settings_of

if TYPE_CHECKING:
    from omnimessages_sandbox import Sandbox


@pytest.mark.parametrize("changes", [{}, {"flattening_enabled": True, "flattening_max_depth": 1}])
def test_a_full_table_run_tells_its_version_before_its_first_record(
    changes: dict[str, Any], sandbox: Sandbox
) -> None:
    catalog = catalog_of(**{stream: {"replication-method": "FULL_TABLE"} for stream in STREAMS})
    settings = settings_of(
        sandbox, emit_activate_version_messages=True, antbuddy_window_days=4, **changes
    )
    run = extract(settings, catalog=catalog)
    for stream in STREAMS:
        own = [item for item in run.messages if item.get("stream") == stream]
        assert [item["type"] for item in own[:3]] == ["SCHEMA", "ACTIVATE_VERSION", "RECORD"]
        assert len({item["version"] for item in own[1:]}) == 1


def test_an_incremental_run_activates_no_version_and_deletes_nothing(sandbox: Sandbox) -> None:
    run = extract(settings_of(sandbox, emit_activate_version_messages=True))
    assert {item["type"] for item in run.messages} == {"SCHEMA", "RECORD", "STATE"}
    assert not any("version" in item for item in run.messages)

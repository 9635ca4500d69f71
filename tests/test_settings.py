"""Settings that are left out, empty or unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_omnimessages.tap import TapOmniMessages
from tests.support import STREAMS, catalog_of, extract, keys_of, settings_of, truth

if TYPE_CHECKING:
    import pytest

    from tap_omnimessages.sandbox import Sandbox


def test_a_setting_that_is_null_takes_its_default(sandbox: Sandbox) -> None:
    properties = TapOmniMessages.config_jsonschema["properties"]
    defaults = {
        name: schema["default"] for name, schema in properties.items() if "default" in schema
    }
    tap = TapOmniMessages(config={**settings_of(sandbox), **dict.fromkeys(defaults)})
    assert {name: tap.config[name] for name in defaults} == defaults


def test_a_setting_of_no_such_name_is_told_and_nothing_else_changes(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    run = extract(settings_of(sandbox, antbudy_api_key="an invented key", flattening_enabled=False))
    assert keys_of(run) == truth(sandbox)
    told = [r.getMessage() for r in caplog.records if "no such setting" in r.getMessage()]
    assert told == ["The tap has no such setting: antbudy_api_key."]
    assert "an invented key" not in caplog.text


def test_a_run_without_any_stream_says_that_nothing_is_read(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    catalog = catalog_of(**{stream: {"selected": False} for stream in STREAMS})
    run = extract(settings_of(sandbox), catalog=catalog)
    assert run.error is None
    assert not run.schemas
    assert "No stream is selected" in caplog.text
    caplog.clear()
    extract(settings_of(sandbox))
    assert "No stream is selected" not in caplog.text

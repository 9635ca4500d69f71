"""The SDK's private hooks that the tap leans on, and what they must go on doing."""

from __future__ import annotations

import inspect
import logging
from typing import TYPE_CHECKING

import pytest
from singer_sdk import Stream, Tap
from singer_sdk.exceptions import ConfigValidationError

from tap_omnimessages.singer.sdk_stream import WindowedStream
from tap_omnimessages.singer.tap import WindowedTap
from tap_omnimessages.tap import TapOmniMessages
from tests.support import extract, settings_of, signals_kept

if TYPE_CHECKING:
    from omnimessages_sandbox import Sandbox


@pytest.mark.parametrize(
    ("base", "own"),
    [(Stream, WindowedStream), (Tap, WindowedTap)],
)
def test_every_private_hook_still_exists_with_its_parameters(base: type, own: type) -> None:
    private = [n for n in vars(own) if n.startswith("_") and not n.startswith(("__", "_abc"))]
    assert private
    for name in private:
        theirs, ours = inspect.getattr_static(base, name), vars(own)[name]
        if inspect.isfunction(theirs):
            assert list(inspect.signature(theirs).parameters) == list(
                inspect.signature(ours).parameters
            )


def test_records_never_move_the_bookmark_and_leave_no_marks_in_the_state(sandbox: Sandbox) -> None:
    run = extract(settings_of(sandbox, etelecom_window_days=3))
    marks = {
        key for state in run.states for bookmark in state["bookmarks"].values() for key in bookmark
    }
    assert marks == {"replication_key", "replication_key_value", "extracted_from", "account"}


def test_a_failing_stream_is_told_without_the_sdks_generic_line(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    run = extract(settings_of(sandbox, antbuddy_base_url=f"{sandbox.address}/nowhere"))
    assert "404" in str(run.error)
    assert not [r for r in caplog.records if "unhandled error" in r.getMessage()]


def test_a_tap_with_faulty_settings_cannot_be_made() -> None:
    with pytest.raises(ConfigValidationError) as caught, signals_kept():
        TapOmniMessages(config={"start_date": "2026-01-01"})
    assert "antbuddy_api_key or etelecom_api_key" in caught.value.errors[0]

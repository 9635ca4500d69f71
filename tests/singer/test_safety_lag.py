"""The newest time is left to the next run, as much of it as the setting says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from omnimessages_sandbox import Sandbox
from tests.support import STREAMS, Extraction, extract, fixed, keys_of, message, notification
from tests.support import session as session_of

_LAG = timedelta(hours=1)
_SETTINGS = {"antbuddy_lookback_days": 0, "etelecom_lookback_hours": 0}


def _ago(now: datetime, **parts: int) -> str:
    return (now - timedelta(**parts)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _run(
    sandbox: Sandbox, now: datetime, state: dict[str, Any] | None = None, **changes: Any
) -> Extraction:
    start = (now - timedelta(days=2)).isoformat()
    run = extract({**sandbox.settings(), "start_date": start, **_SETTINGS, **changes}, state=state)
    assert run.error is None
    return run


def _world(now: datetime, *minutes: int) -> Any:
    times = {age: _ago(now, minutes=age) for age in minutes}
    return fixed(
        [session_of(age, at, message(f"m{age}", at)) for age, at in times.items()],
        [notification(age, at) for age, at in times.items()],
    )


def _shown(*minutes: int) -> dict[str, set[str]]:
    return {
        "antbuddy_sessions": {f"s{age}" for age in minutes},
        "antbuddy_messages": {f"m{age}" for age in minutes},
        "etelecom_zns_messages": {str(age) for age in minutes},
    }


def test_what_is_younger_than_the_lag_comes_with_a_later_run_and_the_bookmark_waits() -> None:
    now = datetime.now(UTC)
    with Sandbox(world=_world(now, 30, 90), now=now) as sandbox:
        first = _run(sandbox, now, safety_lag_seconds=3600)
        assert keys_of(first) == _shown(90)
        for stream in STREAMS:
            high_watermark = datetime.fromisoformat(first.bookmark(stream)["replication_key_value"])
            assert now - _LAG - timedelta(seconds=1) <= high_watermark <= datetime.now(UTC) - _LAG
        second = _run(sandbox, now, first.state)
    assert keys_of(second) == _shown(30)


@pytest.mark.parametrize(("lag", "is_found"), [(3600, True), (0, False)])
def test_a_record_that_the_api_shows_late_is_found_without_a_lookback(
    lag: int, *, is_found: bool
) -> None:
    now = datetime.now(UTC)
    with Sandbox(world=_world(now, 90), now=now) as sandbox:
        first = _run(sandbox, now, safety_lag_seconds=lag)
    with Sandbox(world=_world(now, 30, 90), now=now) as sandbox:
        second = _run(sandbox, now, first.state)
    assert keys_of(second) == (_shown(30) if is_found else _shown())


def test_the_lag_does_not_shorten_a_range_that_ends_before_it() -> None:
    now = datetime.now(UTC)
    end = _ago(now, minutes=60)
    with Sandbox(world=_world(now, 30, 90), now=now) as sandbox:
        run = _run(sandbox, now, end_date=end, safety_lag_seconds=1800)
    assert keys_of(run) == _shown(90)
    for stream in STREAMS:
        assert run.bookmark(stream)["replication_key_value"] == end.replace(".000Z", ".000000Z")

"""The sandbox's clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from omnimessages_sandbox import FixedWorld, Sandbox
from tests.sandbox.client import NOW, get_messages


def test_a_given_time_freezes_the_clock(sandbox: Sandbox) -> None:
    first = sandbox.now
    time.sleep(0.002)
    assert sandbox.now == first == datetime(2026, 2, 1, tzinfo=UTC)
    assert get_messages(sandbox).headers["Date"] == "Sun, 01 Feb 2026 00:00:00 GMT"


def test_a_frozen_clock_moves_only_on_request(sandbox: Sandbox) -> None:
    first = sandbox.now
    sandbox.advance(days=1, hours=2, seconds=3)
    assert sandbox.now - first == timedelta(days=1, hours=2, seconds=3)
    sandbox.set_now(first)
    assert sandbox.now == first
    sandbox.set_now("2026-01-05T07:00:00+07:00")
    assert sandbox.now == datetime(2026, 1, 5, tzinfo=UTC)


def test_a_running_clock_runs_on_after_it_is_set() -> None:
    sandbox = Sandbox(world=FixedWorld())
    assert abs((sandbox.now - datetime.now(UTC)).total_seconds()) < 1
    sandbox.set_now(NOW)
    first = sandbox.now
    time.sleep(0.002)
    assert timedelta() < sandbox.now - first < timedelta(seconds=5)


def test_a_running_clock_adds_sessions_to_a_window() -> None:
    with Sandbox(now=None) as sandbox:
        sandbox.set_now("2026-01-31T23:00:00Z")
        window: dict[str, Any] = {"created_to": "2026-02-03T00:00:00Z", "limit": 1}
        counts = []
        for _ in range(3):
            counts.append(get_messages(sandbox, **window).json()["data"]["total"])
            sandbox.advance(hours=20)
        assert counts == sorted(set(counts))

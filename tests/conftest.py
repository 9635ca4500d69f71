from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from omnimessages_sandbox import GeneratedWorld, Sandbox
from tap_omnimessages.http import client, throttle
from tap_omnimessages.http.throttle import Throttle
from tests.faulty import SMALL_WORLD, FakeTime
from tests.support import NOW, START

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A month of a small account, its clock standing still."""
    world = GeneratedWorld(seed=7, start=START, sessions_per_day=12, notifications_per_day=20)
    with Sandbox(world=world, now=NOW) as running:
        yield running


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    """A client that waits for nothing, and what it would have waited for."""
    fake = FakeTime()
    for module in (client, throttle):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=fake.monotonic))
    monkeypatch.setattr(Throttle, "_wait", lambda self, seconds: fake.wait(self, seconds))  # noqa: PLW0108
    return fake


@pytest.fixture
def small() -> Iterator[Sandbox]:
    """A month in several windows of several pages."""
    with Sandbox(world=SMALL_WORLD, now=NOW) as running:
        yield running

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from omnimessages_sandbox import GeneratedWorld, Sandbox
from tap_omnimessages.http import client, throttle
from tap_omnimessages.http.throttle import Throttle
from tests import profiles
from tests.faulty import SMALL_WORLD, FakeTime
from tests.support import NOW, START

if TYPE_CHECKING:
    from collections.abc import Iterator

profiles.register()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the slow tests in the short profile, unless tests are chosen by name or marker."""
    options = config.option
    chosen = options.keyword or options.markexpr or any("::" in name for name in config.args)
    if chosen or profiles.is_full():
        return
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="slow: in the full profile only"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write how many tests the full profile adds."""
    skipped = terminalreporter.stats.get("skipped", [])
    if count := sum("slow" in report.keywords for report in skipped):
        terminalreporter.write_line(
            f"Skipped as slow: {count}. `make test PROFILE=full` runs them, with more examples too."
        )


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

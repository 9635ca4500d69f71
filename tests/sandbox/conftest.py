from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from omnimessages_sandbox import FixedWorld, GeneratedWorld, Sandbox
from tests.sandbox.client import NOW, START
from tests.sandbox.records import session

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def world() -> GeneratedWorld:
    return GeneratedWorld(seed=7, start=START, sessions_per_day=10, notifications_per_day=12)


@pytest.fixture
def sandbox(world: GeneratedWorld) -> Iterator[Sandbox]:
    with Sandbox(world=world, now=NOW) as running:
        yield running


@pytest.fixture
def one_session() -> Iterator[Sandbox]:
    """One session of three messages: 5, 10 and 20 January."""
    times = [f"2026-01-{day}T00:00:00.000Z" for day in ("05", "10", "20")]
    record = session("s1", *times, createdAt=1767571200000)
    with Sandbox(world=FixedWorld([record]), now=NOW) as running:
        yield running

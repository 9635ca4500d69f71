from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tap_omnimessages.sandbox import GeneratedWorld, Sandbox
from tests.support import NOW, START

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A month of a small account, its clock standing still."""
    world = GeneratedWorld(seed=7, start=START, sessions_per_day=12, notifications_per_day=20)
    with Sandbox(world=world, now=NOW) as running:
        yield running

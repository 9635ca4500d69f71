"""A run of the tap inside the tests leaves their process unchanged."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.support import catalog_of, extract, run_command, settings_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from omnimessages_sandbox import Sandbox

_WAYS: dict[str, Callable[[Sandbox, Path], object]] = {
    "extract": lambda sandbox, _: extract(settings_of(sandbox)),
    "catalog_of": lambda *_: catalog_of(),
    "run_command": lambda sandbox, folder: run_command(
        settings=settings_of(sandbox), folder=folder
    ),
}


@pytest.mark.parametrize("way", _WAYS)
def test_a_run_of_the_tap_restores_the_signal_handlers(
    way: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    _WAYS[way](sandbox, tmp_path)
    assert [signal.getsignal(number) for number in numbers] == before

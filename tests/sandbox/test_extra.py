"""The package without the extra `sandbox`: everything but serving works."""

from __future__ import annotations

import subprocess
import sys

import pytest

_IMPORT = """
from omnimessages_sandbox import FixedWorld, Sandbox
print(len(list(Sandbox(FixedWorld([{"sessionId": "s1"}])).world.sessions("2026-01-01"))))
"""
_COMMAND = "from omnimessages_sandbox.__main__ import main; main()"


def run_without(*packages: str, code: str) -> subprocess.CompletedProcess[str]:
    # A package that is None in `sys.modules` counts as not installed.
    block = f"import sys; sys.modules.update(dict.fromkeys({packages!r}))\n"
    return subprocess.run(
        [sys.executable, "-c", block + code],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_the_package_can_be_imported_without_the_extra() -> None:
    process = run_without("aiohttp", "click", code=_IMPORT)
    assert (process.returncode, process.stdout, process.stderr) == (0, "1\n", "")


@pytest.mark.parametrize("packages", [("aiohttp",), ("click",), ("aiohttp", "click")])
def test_the_command_without_the_extra_says_how_to_install_it(packages: tuple[str, ...]) -> None:
    process = run_without(*packages, code=_COMMAND)
    assert process.returncode == 1
    assert process.stderr == (
        "The sandbox is an extra: install it with pip install 'tap-omnimessages[sandbox]'.\n"
    )

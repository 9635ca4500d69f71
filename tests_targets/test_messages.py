"""Tests of the tap's output with programs that others wrote."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from tests.support import STREAMS
from tests_targets.account import FIRST_RUN
from tests_targets.destinations import loader_or_skip
from tests_targets.environments import program_of
from tests_targets.loads import messages_at

if TYPE_CHECKING:
    from pathlib import Path


def _checked(lines: list[str]) -> subprocess.CompletedProcess[str]:
    program = program_of(loader_or_skip("singer-check-tap"))
    return subprocess.run(
        [program], input="".join(lines), capture_output=True, text=True, timeout=240, check=False
    )


def test_singer_check_tap_accepts_the_output(tmp_path: Path) -> None:
    loader_or_skip("singer-check-tap")
    lines = messages_at(FIRST_RUN, tmp_path)
    done = _checked(lines)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The output is valid." in done.stdout
    assert f"{len(lines)} messages for {len(STREAMS)} streams" in done.stdout


def test_singer_check_tap_is_a_judge(tmp_path: Path) -> None:
    """It refuses a record that does not fit its schema, so its approval above means something."""
    loader_or_skip("singer-check-tap")
    lines = messages_at(FIRST_RUN, tmp_path)
    for number, line in enumerate(lines):
        item: dict[str, Any] = json.loads(line)
        if item["type"] == "RECORD":
            item["record"]["created_time"] = "yesterday"
            lines[number] = f"{json.dumps(item)}\n"
            break
    assert _checked(lines).returncode != 0

"""Each check is written once, in the Makefile, and the short profile counts what it skips."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import profiles

ROOT = Path(__file__).parents[2]
TARGETS = set(re.findall(r"^([a-z-]+):(?!=)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
HOOKS: list[dict[str, Any]] = [
    hook
    for repository in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    for hook in repository["hooks"]
]
# The tools that `make test` runs.
TOOLS = r"\b(?:ruff|lint-imports|deptry|mypy|ty check|pytest)\b"


def test_the_hooks_run_the_checks_of_the_makefile() -> None:
    made = {hook["entry"].split()[1] for hook in HOOKS if hook["entry"].startswith("make ")}
    assert made == {"deptry", "import-linter", "mypy", "ty"}
    assert made <= TARGETS
    others = [hook["entry"] for hook in HOOKS if re.search(TOOLS, hook["entry"])]
    # The hooks of ruff fix the files of a commit; the target only checks.
    assert [entry for entry in others if not entry.startswith("make ")] == [
        ".venv/bin/ruff check --force-exclude --fix",
        ".venv/bin/ruff format --force-exclude",
    ]


def test_the_workflows_run_targets_of_the_makefile() -> None:
    paths = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    if not paths:
        pytest.skip("the source distribution holds no workflows")
    commands = [
        step["run"]
        for path in paths
        for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values()
        for step in job["steps"]
        if "run" in step
    ]
    assert not [command for command in commands if re.search(TOOLS, command)]
    named = {match[1] for command in commands if (match := re.match(r"make (\S+)", command))}
    assert named <= TARGETS | {".venv/installed"}
    assert {"test", "test-targets", "demo"} <= named


@pytest.mark.parametrize(("full", "short"), [(700, 140), (400, 100), (100, 100), (15, 15)])
def test_the_short_profile_tries_a_fifth_and_no_fewer_than_is_usual(
    full: int, short: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiles, "is_full", lambda: False)
    assert profiles.examples(full) == short
    monkeypatch.setattr(profiles, "is_full", lambda: True)
    assert profiles.examples(full) == full


def test_a_fifth_of_the_parameters_stays_in_the_short_profile() -> None:
    given = [pytest.param(number, id=str(number)) for number in range(50)]
    thinned = profiles.thinned(given)
    assert [(each.values, each.id) for each in thinned] == [(p.values, p.id) for p in given]
    quick = [each.values[0] for each in thinned if not each.marks]
    assert quick == [0, 6, 12, 18, 24, 25, 31, 37, 43, 49]


_SAMPLE = """
import pytest

def test_quick() -> None: ...

@pytest.mark.slow
def test_slow() -> None: ...
"""


@pytest.mark.parametrize(
    ("options", "outcome"),
    [
        ([], "1 passed, 1 skipped"),
        (["-k", "test_slow"], "1 passed, 1 deselected"),
        pytest.param(["-m", "slow"], "1 passed, 1 deselected", marks=pytest.mark.slow),
        pytest.param(["--hypothesis-profile=full"], "2 passed", marks=pytest.mark.slow),
    ],
)
def test_skipped_tests_are_counted_and_chosen_tests_run(
    options: list[str], outcome: str, tmp_path: Path
) -> None:
    (tmp_path / "conftest.py").write_text("from tests.conftest import *\n", encoding="utf-8")
    (tmp_path / "test_sample.py").write_text(_SAMPLE, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", f"--config-file={ROOT / 'pyproject.toml'}"]
    fresh = ["-p", "no:cacheprovider", f"--rootdir={tmp_path}", str(tmp_path)]
    ended = subprocess.run(
        [*command, *fresh, *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert outcome in ended.stdout, ended.stdout + ended.stderr
    assert ("Skipped as slow: 1." in ended.stdout) == ("skipped" in outcome)

"""Tests of what docs/cookbook.md says about runs in parallel.

All `meltano run` of one extractor share a folder, `meltano el` gives each run its own, and so does
an extractor of another name. If the first part fails, Meltano may have been repaired.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import NOW, START, STREAMS_OF, truth
from tests_targets.account import sandbox_at
from tests_targets.destinations import loader_or_skip
from tests_targets.meltano_project import EXTRACTOR, INHERITED, MeltanoProject, Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from omnimessages_sandbox import Sandbox

_ONE, _OTHER = "an-invented-key", "another-invented-key"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with sandbox_at(NOW) as running:
        yield running


@pytest.fixture
def project(sandbox: Sandbox, tmp_path: Path) -> MeltanoProject:
    settings = sandbox.settings()
    config = {
        "antbuddy_base_url": settings["antbuddy_base_url"],
        "start_date": START,
        "end_date": NOW,
    }
    return MeltanoProject(tmp_path, loader_or_skip("meltano"), config)


def _expected(sandbox: Sandbox) -> int:
    keys = truth(sandbox)
    return sum(len(keys[stream]) for stream in STREAMS_OF["antbuddy"])


def _load_beside(
    project: MeltanoProject, one: Sequence[str], other: Sequence[str], extractor: str = EXTRACTOR
) -> tuple[Run, Run]:
    """Start a load of a new account, and of a known one before the new one asks for its rows.

    Args:
        project: The project.
        one: Meltano's arguments for the known account.
        other: Meltano's arguments for the new account.
        extractor: The extractor for the new account.

    Returns:
        The run for the known account, and that for the new one.
    """
    new = project.start(*other, key=_OTHER, extractor=extractor, wait=True)
    new.wait_for_discovery()
    known = project.start(*one, key=_ONE, wait=True)
    known.wait_for_discovery()
    loaded = new.go_on().finish()
    return known.go_on().finish(), loaded


def test_runs_with_other_suffixes_share_a_folder_and_the_tap_refuses_the_others_state(
    project: MeltanoProject,
) -> None:
    one, other = ("run", "--state-id-suffix=one"), ("run", "--state-id-suffix=other")
    first = project.run(*one, key=_ONE)
    assert first.code == 0, first.log
    assert first.state is None
    _, new = _load_beside(project, one, other)
    assert new.folder == first.folder
    # The new account has no state; it was given that of the other account.
    assert new.state is not None, new.log
    assert new.code != 0
    assert "belongs to another account than antbuddy_api_key" in new.log
    assert not new.rows


def test_el_with_state_ids_uses_a_folder_per_run_and_mixes_nothing_up(
    project: MeltanoProject, sandbox: Sandbox
) -> None:
    one, other = ("el", "--state-id=one"), ("el", "--state-id=other")
    first = project.run(*one, key=_ONE)
    assert first.code == 0, first.log
    known, new = _load_beside(project, one, other)
    assert (known.code, new.code) == (0, 0), known.log + new.log
    assert len({first.folder, known.folder, new.folder}) == 3
    assert known.state is not None
    assert new.state is None
    assert known.rows < new.rows >= _expected(sandbox)


def test_an_extractor_that_inherits_has_a_folder_and_a_state_of_its_own(
    project: MeltanoProject, sandbox: Sandbox
) -> None:
    first = project.run("run", key=_ONE)
    known, new = _load_beside(project, ["run"], ["run"], INHERITED)
    assert (known.code, new.code) == (0, 0), known.log + new.log
    assert known.folder == first.folder != new.folder
    assert known.state is not None
    assert new.state is None
    assert known.rows < new.rows >= _expected(sandbox)

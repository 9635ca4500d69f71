from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from orchestrate.accounts import PROJECT
from orchestrate.ready import split_by_readiness
from orchestrate.tests.support import (
    KEYS,
    STEADY,
    StoredStates,
    fake_meltano,
    fleet_of,
    state,
    write_accounts,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Load = Callable[..., subprocess.CompletedProcess[str]]

SCRIPT = PROJECT / "orchestrate" / "load.sh"
STEADY_B = STEADY.replace("shop-a", "shop-b")
PERIOD = ("--from=2026-01-01", "--to=2026-03-01")


@pytest.fixture
def load(tmp_path: Path) -> Load:
    own = {
        **fake_meltano(tmp_path),
        "JOBS": "4",
        "LOGS": str(tmp_path / "logs"),
        "OMNIMESSAGES_ACCOUNTS": str(write_accounts(tmp_path)),
        "PYTHON": sys.executable,
    }

    def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SCRIPT, *arguments],
            env={**os.environ, **own, **env},
            capture_output=True,
            check=False,
            encoding="utf-8",
        )

    return run


def test_an_account_waits_until_its_backfill_is_seeded(tmp_path: Path) -> None:
    fleet = fleet_of(write_accounts(tmp_path))
    states = StoredStates(**{f"{STEADY}:2026-01-01_2026-02-01": state("2026-01-01", "2026-02-01")})
    assert split_by_readiness(fleet, states) == (["shop-b"], ["shop-a"])
    states.set(STEADY, state("2026-01-01", "2026-02-01"))
    assert split_by_readiness(fleet, states) == (["shop-a", "shop-b"], [])


def test_a_history_is_loaded_in_chunks_and_seeded(load: Load, tmp_path: Path) -> None:
    done = load("shop-a", *PERIOD)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Account shop-a is seeded from 2 chunks: antbuddy_messages to")
    lines = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    # The first one alone, because it creates the tables.
    first = f"{STEADY}:2026-01-01_2026-02-01"
    assert lines[:2] == [f"begin {first}", f"end {first}"]
    assert {path.name for path in (tmp_path / "logs").glob("*.log")} == {
        "shop-a-2026-01-01_2026-02-01.log",
        "shop-a-2026-02-01_2026-03-01.log",
    }


def test_all_accounts_that_are_ready_are_loaded(load: Load, tmp_path: Path) -> None:
    done = load()
    assert done.returncode == 0, done.stderr
    assert done.stderr == "Not loaded until their backfill is seeded: shop-a.\n"
    load("shop-a", *PERIOD)
    assert load().returncode == 0
    lines = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert lines.count(f"end {STEADY_B}") == 2
    assert lines.count(f"end {STEADY}") == 1


def test_an_account_that_fails_holds_up_no_other(load: Load, tmp_path: Path) -> None:
    load("shop-a", *PERIOD)
    done = load(FAKE_FAILS=STEADY)
    assert done.returncode != 0
    assert done.stderr == (
        "shop-a: AntBuddy: HTTP 401, the API key was refused: correct antbuddy_api_key.\n"
    )
    assert f"end {STEADY_B}" in (tmp_path / "log").read_text(encoding="utf-8")


def test_a_chunk_that_fails_is_not_seeded(load: Load) -> None:
    done = load("shop-a", *PERIOD, FAKE_FAILS="2026-02-01_2026-03-01")
    assert done.returncode != 0
    assert "seeded" not in done.stdout
    assert done.stderr.startswith("shop-a 2026-02-01_2026-03-01: AntBuddy: HTTP 401")
    assert load("shop-a", *PERIOD).returncode == 0


def test_a_second_run_of_the_same_does_nothing(load: Load, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    with (tmp_path / "logs" / "lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = load()
        assert done.returncode == 75
        assert "the last one is still running" in done.stderr
        assert load("shop-a", *PERIOD).returncode == 0
    assert load().returncode == 0


def test_no_key_is_in_a_log(load: Load, tmp_path: Path) -> None:
    done = load("shop-a", *PERIOD)
    logs = [path.read_text(encoding="utf-8") for path in (tmp_path / "logs").glob("*.log")]
    said = "".join([done.stdout, done.stderr, *logs])
    assert not [key for key in KEYS.values() if key in said]


def test_mistakes_are_one_sentence(load: Load) -> None:
    for arguments in (("shop-c",), ("shop-a", "--to=soon")):
        done = load(*arguments)
        assert done.returncode != 0
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
@pytest.mark.parametrize("unit", ["omnimessages.service", "omnimessages.timer"])
def test_the_units_are_those_of_systemd(unit: str, tmp_path: Path) -> None:
    text = (PROJECT / "orchestrate" / "systemd" / unit).read_text(encoding="utf-8")
    for name in ("omnimessages.service", "omnimessages.timer"):
        source = (PROJECT / "orchestrate" / "systemd" / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(
            source.replace("/srv/tap-omnimessages", str(PROJECT)), encoding="utf-8"
        )
    assert text
    command: list[str | Path] = ["systemd-analyze", "verify", "--man=no", tmp_path / unit]
    done = subprocess.run(command, capture_output=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert "Unknown" not in done.stderr

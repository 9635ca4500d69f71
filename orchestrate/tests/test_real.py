"""Real parts: Meltano, target-postgres, PostgreSQL, Redis, and Airflow with two workers."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from demo.steps import ROOT, StepError

from orchestrate.demo import services as parts
from orchestrate.demo.checks import compare_rows, find_keys
from orchestrate.demo.prepare import MELTANO, PLUGINS, plugin
from orchestrate.demo.run import BACKFILL, STEADY, write_accounts
from orchestrate.demo.services import Account, Services

pytest.importorskip("airflow", reason="Airflow is not installed")
pytestmark = [
    pytest.mark.filterwarnings("default"),  # Airflow's own warnings are not ours
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        not all(plugin(name).exists() for name in PLUGINS),
        reason="Meltano's plugins are not installed: run `make test-fleet`",
    ),
]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = "2026-03-01T00:00:00Z"
ACCOUNTS = [Account(name, seed, date(2026, 1, 1), 4) for seed, name in enumerate("ab", 1)]


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    try:
        with parts.running() as running, parts.sandboxes(running, ACCOUNTS, NOW, 0):
            yield running
    except StepError as error:
        if "is not installed" not in str(error):
            raise
        pytest.skip(str(error))


@pytest.fixture
def env(services: Services) -> dict[str, str]:
    """The environment of a worker that has a schema of its own in the warehouse."""
    return {
        **services.loader_env(),
        **{account.variable: account.key for account in ACCOUNTS},
        "MELTANO_DATABASE_URI": f"postgresql+psycopg{services.databases['meltano']}",
        "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
        "OMNIMESSAGES_MELTANO": str(MELTANO / "bin" / "meltano"),
    }


def accounts_in(services: Services, folder: Path, prefix: str) -> Path:
    path = folder / "accounts.yml"
    write_accounts(path, services, ACCOUNTS, prefix)
    # Meltano keeps one state for each account: each test begins without any.
    if services.rows("SELECT 1 FROM pg_tables WHERE tablename = 'state'", "meltano"):
        services.rows("DELETE FROM state", "meltano")
    return path


def test_one_machine_loads_accounts_side_by_side(
    services: Services, env: dict[str, str], tmp_path: Path
) -> None:
    file = accounts_in(services, tmp_path, "script")
    own = {
        **os.environ,
        **env,
        "OMNIMESSAGES_ACCOUNTS": str(file),
        "LOGS": str(tmp_path / "logs"),
        "PYTHON": sys.executable,
    }
    script = ROOT / "orchestrate" / "load.sh"
    for arguments in (["a", "--to=2026-03-01"], ["b", "--to=2026-03-01"], []):
        command: list[str | Path] = [script, *arguments]
        done = subprocess.run(command, env=own, capture_output=True, check=False, encoding="utf-8")
        assert done.returncode == 0, done.stderr
    for account in ACCOUNTS:
        assert compare_rows(services, account, f"script_{account.name}", NOW)


def test_a_backfill_and_a_steady_run_against_the_sandbox(
    services: Services,
    env: dict[str, str],
    dags: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = accounts_in(services, tmp_path, "dagtest")
    for name, value in {**env, "OMNIMESSAGES_ACCOUNTS": str(file)}.items():
        monkeypatch.setenv(name, value)
    conf = {"account": "a", "from": None, "to": "2026-03-01", "chunk": None}
    run = dags[BACKFILL].test(run_conf={**conf, "full_refresh": False, "seed": True})
    assert run.state == "success"
    assert compare_rows(services, ACCOUNTS[0], "dagtest_a", NOW)
    result = run.get_task_instance("load_first").xcom_pull(task_ids="load_first")
    assert result["rows"] > 0
    assert result["streams"]["antbuddy_sessions"]["bookmark"] == "2026-02-01T00:00:00+00:00"
    assert dags[STEADY].test().state == "success"
    assert compare_rows(services, ACCOUNTS[0], "dagtest_a", NOW)


def test_two_workers_load_two_accounts(
    services: Services, env: dict[str, str], tmp_path: Path
) -> None:
    from orchestrate.demo import engine as airflow  # noqa: PLC0415 - it needs the environment

    file = accounts_in(services, tmp_path, "workers")
    secret = {name: env[name] for name in env if name.startswith("TARGET_")}
    secret |= {account.variable: account.key for account in ACCOUNTS}
    with airflow.running(services, file, secret) as engine:
        engine.start_worker("one")
        engine.start_worker("two")
        runs = [engine.trigger(BACKFILL, account=a.name, to="2026-03-01") for a in ACCOUNTS]
        engine.wait(BACKFILL, *runs)
        assert "is seeded from 2 chunks" in engine.result(BACKFILL, runs[0], "seed_account")
        engine.wait(STEADY, engine.trigger(STEADY))
    for account in ACCOUNTS:
        assert compare_rows(services, account, f"workers_{account.name}", NOW)
    assert not find_keys(services, [account.key for account in ACCOUNTS])

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from orchestrate.accounts import PROJECT
from orchestrate.tests.support import (
    ACCOUNTS,
    KEYS,
    STEADY,
    fake_meltano,
    write_accounts,
    write_yaml,
)

airflow = pytest.importorskip("airflow", reason="Airflow is not installed")
pytestmark = [
    pytest.mark.filterwarnings("default"),  # Airflow's own warnings are not ours
    pytest.mark.timeout(600),
]

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = PROJECT / "orchestrate" / "dags"
STEADY_B = STEADY.replace("shop-a", "shop-b")
REFUSED = "AntBuddy: HTTP 401, the API key was refused: correct antbuddy_api_key."


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    env = {**fake_meltano(tmp_path), "OMNIMESSAGES_ACCOUNTS": str(write_accounts(tmp_path))}
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def tasks_of(run: Any) -> dict[str, str]:
    """Return the state of each task, mapped ones by what they loaded."""
    return {
        f"{ti.task_id} {ti.rendered_map_index or ''}".strip(): str(ti.state)
        for ti in run.get_task_instances()
    }


def backfill(dags: dict[str, Any], **asked: Any) -> Any:
    """Run a backfill; what is not asked for is named, because a run's wishes stay in the DAG."""
    defaults = {"from": None, "to": "2026-04-01", "chunk": None, "full_refresh": False}
    conf = {"account": "shop-a", **defaults, "seed": True, **asked}
    return dags["omnimessages_backfill"].test(run_conf=conf)


def lines_of(folder: Path) -> list[str]:
    log = folder / "log"
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def test_there_are_two_dags_in_one_file(dags: dict[str, Any]) -> None:
    assert set(dags) == {"omnimessages_backfill", "omnimessages_steady"}
    assert len(list(FOLDER.glob("*.py"))) == 1


def test_the_dags_are_parsed_without_reading_the_accounts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415 - Airflow may be missing

    # So parsing takes as long for 500 accounts as for one.
    monkeypatch.setenv("OMNIMESSAGES_ACCOUNTS", str(tmp_path / "none.yml"))
    assert not DagBag(FOLDER).import_errors


def test_one_account_has_four_loads_at_a_time_at_most(dags: dict[str, Any]) -> None:
    task = dags["omnimessages_backfill"].get_task("load_others")
    assert task.max_active_tis_per_dagrun == 4


def test_a_backfill_loads_the_first_chunk_alone_and_seeds(
    dags: dict[str, Any],
    fake: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    run = backfill(dags)
    assert tasks_of(run) == {
        "plan_chunks": "success",
        "load_first 2026-01-01_2026-02-01": "success",
        "load_others 2026-02-01_2026-03-01": "success",
        "load_others 2026-03-01_2026-04-01": "success",
        "seed_account": "success",
    }
    first = f"{STEADY}:2026-01-01_2026-02-01"
    assert lines_of(fake)[:2] == [f"begin {first}", f"end {first}"]
    state = (fake / "states" / STEADY.replace(":", "=")).read_text(encoding="utf-8")
    assert state.count("2026-01-01T") == state.count("2026-04-01T") == 2
    result = run.get_task_instance("load_first").xcom_pull(task_ids="load_first")
    assert (result["rows"], result["requests"], result["waits"]) == (20, 4, 2)
    assert result["streams"]["antbuddy_messages"]["bookmark"] == "2026-02-01"
    said = "".join([caplog.text, *capfd.readouterr()])
    assert "antbuddy_messages: 10 rows, 2 requests, 1 waits, bookmark 2026-02-01" in caplog.text
    assert not [key for key in KEYS.values() if key in said]


def test_a_backfill_of_one_chunk_is_seeded_too(dags: dict[str, Any], fake: Path) -> None:
    states = tasks_of(backfill(dags, chunk="all"))
    assert states["seed_account"] == "success"
    assert sum(line.startswith("begin") for line in lines_of(fake)) == 1


def test_a_chunk_that_fails_is_retried_and_keeps_the_account_from_being_seeded(
    dags: dict[str, Any],
    fake: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FAKE_FAILS", "2026-02-01_2026-03-01")
    run = backfill(dags)
    assert run.state == "failed"
    states = tasks_of(run)
    assert states["load_others 2026-02-01_2026-03-01"] == "failed"
    assert states["load_others 2026-03-01_2026-04-01"] == "success"
    assert states["seed_account"] == "upstream_failed"
    tries = [line for line in lines_of(fake) if line.startswith("begin") and "02-01_" in line]
    assert len(tries) == 3
    assert REFUSED in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"account": "shop-c"}, "There is no account 'shop-c'"),
        ({"to": "2025-01-01"}, "ends (2025-01-01) before it begins"),
    ],
)
def test_a_backfill_that_cannot_be_planned_fails_in_a_sentence(
    dags: dict[str, Any],
    fake: Path,
    capfd: pytest.CaptureFixture[str],
    asked: dict[str, Any],
    sentence: str,
) -> None:
    run = backfill(dags, **asked)
    assert run.state == "failed"
    assert sentence in "".join(capfd.readouterr())
    assert not lines_of(fake)


def test_a_steady_run_loads_each_account_and_one_that_fails_holds_up_no_other(
    dags: dict[str, Any], fake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = [
        {**ACCOUNTS["accounts"][1], "name": name, "loader": {}} for name in ("one", "two", "three")
    ]
    monkeypatch.setenv(
        "OMNIMESSAGES_ACCOUNTS",
        str(write_yaml(fake, {"accounts": [ACCOUNTS["accounts"][0], *accounts]})),
    )
    monkeypatch.setenv("FAKE_FAILS", ":two")
    run = dags["omnimessages_steady"].test()
    assert tasks_of(run) == {
        "ready_accounts": "success",
        "load one": "success",
        "load two": "failed",
        "load three": "success",
    }


def test_an_account_without_its_key_fails_at_once_and_alone(
    dags: dict[str, Any], fake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHOP_B_ETELECOM_KEY")
    run = dags["omnimessages_steady"].test()
    assert run.state == "failed"
    assert not lines_of(fake)


def test_a_steady_run_has_a_task_for_each_of_500_accounts(
    dags: dict[str, Any], fake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = [
        {**ACCOUNTS["accounts"][1], "name": f"shop-{number}", "loader": {}} for number in range(500)
    ]
    monkeypatch.setenv("OMNIMESSAGES_ACCOUNTS", str(write_yaml(fake, {"accounts": accounts})))
    run = dags["omnimessages_steady"].test(mark_success_pattern=re.compile("^load$"))
    states = [ti.state for ti in run.get_task_instances() if ti.task_id == "load"]
    assert states == ["success"] * 500

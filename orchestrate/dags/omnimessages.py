"""Two DAGs that load many accounts: the history of one, and all of them every hour.

Airflow distributes, queues, retries and limits the loads. A load is the command that
`orchestrate/command.py` builds. Each task returns what it did: rows, requests, waits and bookmarks.
"""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Param, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException
from orchestrate.accounts import read_fleet
from orchestrate.command import build_command
from orchestrate.errors import FleetError
from orchestrate.plan import Chunk, plan
from orchestrate.ready import describe_waiting, split_by_readiness
from orchestrate.run import run_load
from orchestrate.seed import seed
from orchestrate.states import MeltanoStates

# Meltano refuses a state id for five minutes after a run of it was killed.
RETRY_DELAY = timedelta(seconds=int(os.environ.get("OMNIMESSAGES_RETRY_SECONDS", "360")))
LOADS_OF_AN_ACCOUNT = 4
# Two tries and the delay between them are over before the next hour; a load that takes longer
# continues at its bookmark then.
STEADY_TIMEOUT = timedelta(minutes=25)
# The workers' slots and the pool are the limit.
STEADY_TASKS = 1024
LOGGER = logging.getLogger("omnimessages")


def run(account: str, chunk: str | None = None, *, full_refresh: bool = False) -> dict[str, Any]:
    """Run a load, named in Airflow's pages by what it loads.

    Raises:
        AirflowFailException: The accounts file, the account or the chunk is wrong, or a key is
            missing; a retry would change nothing.
        LoadError: The load failed; the text is the tap's own sentence.
    """
    get_current_context()["load"] = chunk or account  # type: ignore[literal-required]
    try:
        fleet = read_fleet()
        command = build_command(
            fleet,
            fleet.account(account),
            Chunk.from_name(chunk) if chunk else None,
            full_refresh=full_refresh,
        )
    except FleetError as error:
        raise AirflowFailException(str(error)) from None
    return {"account": account, "chunk": chunk, **run_load(command, LOGGER)}


@dag(
    dag_id="omnimessages_backfill",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    default_args={"retries": 2, "retry_delay": RETRY_DELAY},
    params={
        "account": Param("", type="string", minLength=1, description="A name of accounts.yml."),
        "from": Param(
            None,
            type=["null", "string"],
            format="date",
            description="The first day (UTC); by default where the account's history begins.",
        ),
        "to": Param(
            None,
            type=["null", "string"],
            format="date",
            description="The day after the last one (UTC); by default today.",
        ),
        "chunk": Param(
            None,
            enum=[None, "all", "year", "month"],
            description="What one load reads; by default what the account says.",
        ),
        "full_refresh": Param(
            False,
            type="boolean",
            description="Read chunks again from their beginning that have been loaded before.",
        ),
        "seed": Param(
            True,
            type="boolean",
            description="Let steady runs continue where the chunks end.",
        ),
    },
    tags=["omnimessages"],
    doc_md="Loads the history of one account in chunks, and seeds the state of its steady runs.",
)
def backfill() -> None:
    """Plan the chunks, load the first one alone and the others side by side, and seed."""

    @task(retries=0)
    def plan_chunks(params: dict[str, Any] | None = None, ti: Any = None) -> list[str]:
        asked = params or {}
        try:
            account = read_fleet().account(asked["account"])
            chunks = plan(account, asked["from"], asked["to"], asked["chunk"])
        except FleetError as error:
            raise AirflowFailException(str(error)) from None
        first, *others = [chunk.name for chunk in chunks]
        LOGGER.info("%s: %d chunks", account.name, len(chunks))
        # Tasks can be mapped over what is returned, and over nothing else.
        ti.xcom_push(key="first", value=first)
        return others

    @task(max_active_tis_per_dagrun=LOADS_OF_AN_ACCOUNT, map_index_template="{{ load }}")
    def load(chunk: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        asked = params or {}
        return run(asked["account"], chunk, full_refresh=asked["full_refresh"])

    # There may be no others, which Airflow calls skipped.
    @task(retries=0, trigger_rule="none_failed_min_one_success")
    def seed_account(params: dict[str, Any] | None = None) -> str:
        asked = params or {}
        if not asked["seed"]:
            return f"Account {asked['account']} is not seeded, as asked for."
        try:
            fleet = read_fleet()
            said = seed(fleet, fleet.account(asked["account"]), MeltanoStates(fleet))
        except FleetError as error:
            raise AirflowFailException(str(error)) from None
        LOGGER.info("%s", said)
        return said

    planned = plan_chunks()
    # Alone, because it creates the schema and the tables, which two loads cannot do at once.
    first = load.override(task_id="load_first")(planned["first"])
    others = load.override(task_id="load_others").expand(chunk=planned)
    seeded = seed_account()
    first >> others >> seeded
    first >> seeded


@dag(
    dag_id="omnimessages_steady",
    schedule="@hourly",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    max_active_tasks=STEADY_TASKS,
    default_args={"retries": 1, "retry_delay": RETRY_DELAY},
    tags=["omnimessages"],
    doc_md="Loads every account of accounts.yml from its bookmark to the present.",
)
def steady() -> None:
    """Load each account that is ready, all of them side by side."""

    @task
    def ready_accounts() -> list[str]:
        try:
            fleet = read_fleet()
            ready, waiting = split_by_readiness(fleet, MeltanoStates(fleet))
        except FleetError as error:
            raise AirflowFailException(str(error)) from None
        if waiting:
            LOGGER.warning("%s", describe_waiting(waiting))
        return ready

    @task(execution_timeout=STEADY_TIMEOUT, map_index_template="{{ load }}")
    def load(account: str) -> dict[str, Any]:
        return run(account)

    load.expand(account=ready_accounts())


backfill()
steady()

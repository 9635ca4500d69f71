"""Load three accounts with one worker, then with two; lose a worker; seed, and run steadily."""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import yaml
from demo.steps import StepError, announced, raise_if_interrupted, run_to_end, shown

from orchestrate.demo import engine as airflow
from orchestrate.demo import services as parts
from orchestrate.demo.checks import compare_rows, find_keys
from orchestrate.demo.picture import take_picture
from orchestrate.demo.prepare import FLEET
from orchestrate.demo.services import Account, Services

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from orchestrate.demo.engine import Engine

BACKFILL, STEADY = "omnimessages_backfill", "omnimessages_steady"
PICTURE = FLEET / "grid.png"
_LATENCY_SECONDS = 0.1
_MONTHS = int(os.environ.get("FLEET_MONTHS", "12"))
_ADDED_MONTHS = 6
_POLL_SECONDS = 1
_INTRODUCTION = """\
Three invented shops have {months} months of history each, behind APIs that take 100 ms for a
response. Airflow loads them into PostgreSQL month by month, with one worker of two slots and then
with two. A fourth shop is added, and one worker is killed with kill -9 while it loads.
FLEET_MONTHS=3 is quicker; FLEET_POSTGRES and FLEET_REDIS name servers that run already.
"""


def demonstrate() -> None:
    """Run the demo from empty databases to the report.

    Raises:
        StepError: Something failed, or a row is not where it belongs.
    """
    print(_INTRODUCTION.format(months=_MONTHS))
    today = datetime.now(UTC).date().replace(day=1)
    shops = [
        Account(name, seed, months_before(today, _MONTHS))
        for seed, name in enumerate(("alpha", "beta", "gamma"), 1)
    ]
    added = Account("delta", 4, months_before(today, _ADDED_MONTHS))
    now = f"{today}T00:00:00Z"
    with ExitStack() as stack:
        with announced("Starting PostgreSQL, Redis and four sandboxes"):
            services = stack.enter_context(parts.running())
            every = [*shops, added]
            ports = stack.enter_context(parts.sandboxes(services, every, now, _LATENCY_SECONDS))
        file = services.folder / "accounts.yml"
        secret = services.loader_env() | {account.variable: account.key for account in every}
        write_accounts(file, services, shops, "one_worker")
        with announced("Starting Airflow"):
            engine = stack.enter_context(airflow.running(services, file, secret))
        alone = _load(engine, shops, str(today), "one worker", ["one"])
        _compare(services, shops, now, "one_worker")
        write_accounts(file, services, shops, "two_workers")
        _clear_states(services)
        both = _load(engine, shops, str(today), "two workers", ["two"])
        _compare(services, shops, now, "two_workers")
        print(f"  {alone:.0f} s with one worker, {both:.0f} s with two: {both / alone:.2f}")
        write_accounts(file, services, every, "two_workers")
        _lose_a_worker(engine, added, str(today))
        _compare(services, [added], now, "two_workers")
        with announced("A day passes; a steady run loads what is new"):
            for port in ports.values():
                parts.advance(port, 1)
            engine.wait(STEADY, engine.trigger(STEADY))
        _compare(services, every, parts.later(now, 1), "two_workers")
        with announced("Looking for API keys in logs, rendered fields and databases"):
            places = find_keys(services, [account.key for account in every])
        if places:
            msg = f"An API key is in {', '.join(places)}."
            raise StepError(msg)
        with announced(f"Taking a picture of the grid: {shown(PICTURE)}"):
            is_taken = take_picture(f"{engine.address}/dags/{BACKFILL}", PICTURE)
        if not is_taken:
            print("  No browser is installed (on Debian: the package chromium), so there is none.")


def months_before(day: date, months: int) -> date:
    """Return the first day of the month that is some months before a day."""
    index = day.year * 12 + day.month - 1 - months
    return day.replace(year=index // 12, month=index % 12 + 1, day=1)


def write_accounts(
    file: Path, services: Services, accounts: Sequence[Account], prefix: str
) -> None:
    """Write `accounts.yml`; each account's schema begins with the prefix."""
    content = [
        {
            "name": account.name,
            "start": str(account.start),
            "chunk": "month",
            "secrets": dict.fromkeys(("antbuddy_api_key", "etelecom_api_key"), account.variable),
            "tap": {
                **services.sandboxes[account.name],
                # As slow as a large shop is with the defaults.
                "max_concurrency": 1,
                "antbuddy_page_size": 10,
                "etelecom_page_size": 10,
            },
            "loader": {"default_target_schema": f"{prefix}_{account.name}"},
        }
        for account in accounts
    ]
    file.write_text(yaml.safe_dump({"accounts": content}), encoding="utf-8")


def _load(
    engine: Engine, shops: Sequence[Account], until: str, title: str, workers: Sequence[str]
) -> float:
    """Load the history of the shops with the workers so far and some more; return seconds."""
    with announced(f"Starting the worker {' and '.join(workers)}"):
        for worker in workers:
            engine.start_worker(worker)
    with announced(f"Loading three histories with {title}"):
        begun = time.monotonic()
        runs = [engine.trigger(BACKFILL, account=shop.name, to=until) for shop in shops]
        engine.wait(BACKFILL, *runs)
        seconds = time.monotonic() - begun
    for run in runs:
        print(f"  {engine.result(BACKFILL, run, 'seed_account')}")
    return seconds


def _lose_a_worker(engine: Engine, account: Account, until: str) -> None:
    with announced(f"Adding {account.name}, and killing a worker with kill -9 while it loads"):
        run = engine.trigger(BACKFILL, account=account.name, to=until)
        # Both workers are busy when there are more loads than one of them has slots.
        while engine.count(BACKFILL, run, "running") <= airflow.SLOTS:
            raise_if_interrupted()
            if engine.count(BACKFILL, run, "success") > _ADDED_MONTHS:
                msg = "The history was loaded before a worker could be killed: run the demo again."
                raise StepError(msg)
            time.sleep(_POLL_SECONDS)
        engine.kill_worker("two")
    with announced("Waiting until the lost loads are retried (six minutes)"):
        engine.wait(BACKFILL, run)
    retried = [task for task in engine.tasks(BACKFILL, run) if task["try_number"] > 1]
    if not retried:
        msg = "No load was lost with the worker: run the demo again."
        raise StepError(msg)
    print(f"  Second try: {', '.join(task['rendered_map_index'] for task in retried)}")


def _compare(services: Services, accounts: Sequence[Account], now: str, prefix: str) -> None:
    with announced("Comparing the rows with the sandboxes"):
        counts = {
            account.name: compare_rows(services, account, f"{prefix}_{account.name}", now)
            for account in accounts
        }
    for name, rows in counts.items():
        print(f"  {name}: " + ", ".join(f"{n:,} {stream}" for stream, n in rows.items()))


def _clear_states(services: Services) -> None:
    """Forget the first load, so that the second one reads everything again."""
    services.rows("DELETE FROM state", "meltano")


if __name__ == "__main__":
    sys.exit(run_to_end(demonstrate))

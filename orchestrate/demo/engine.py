"""Airflow with its parts as processes of this machine, and its workers."""

from __future__ import annotations

import json
import os
import secrets
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from demo.steps import ROOT, StepError, raise_if_interrupted

from orchestrate.demo.prepare import AIRFLOW, MELTANO
from orchestrate.demo.services import Process, Services, free_port

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

SLOTS = 2
# A lost worker is noticed after this. A killed run of Meltano blocks its id for five minutes.
HEARTBEAT_SECONDS = 60
RETRY_SECONDS = 310
_POLL_SECONDS = 2
_WAIT_SECONDS = 3600
_CALL_SECONDS = 60
_START_TRIES = 180
_FINAL = {"success", "failed", "skipped", "upstream_failed", "removed"}


class Engine:
    """A running Airflow.

    Attributes:
        address: Where its pages are.
    """

    def __init__(
        self, services: Services, env: dict[str, str], port: int, secret: Mapping[str, str]
    ) -> None:
        """Take what runs; `running` starts it."""
        self.address = f"http://127.0.0.1:{port}"
        self._services = services
        self._env = env
        # The scheduler and the pages have no key: only workers do.
        self._secret = dict(secret)
        self._token = ""
        self._workers: dict[str, Process] = {}

    def start_worker(self, name: str) -> None:
        """Start a worker and wait until it takes tasks.

        Raises:
            StepError: It does not start.
        """
        env = {
            **self._env,
            **self._secret,
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
        }
        command: list[str | Path] = [
            AIRFLOW / "bin" / "airflow",
            *("celery", "worker", f"--celery-hostname={name}@%h", f"--concurrency={SLOTS}"),
        ]
        worker = Process(f"worker-{name}", command, env, self._services.folder)
        self._workers[name] = worker
        worker.wait_for(r"celery@\S+ ready|\S+@\S+ ready")

    def kill_worker(self, name: str) -> None:
        """Kill a worker and all that it runs with SIGKILL."""
        self._workers.pop(name).kill()

    def stop_workers(self) -> None:
        """End all workers."""
        for worker in self._workers.values():
            worker.stop()
        self._workers.clear()

    def trigger(self, dag: str, **conf: object) -> str:
        """Start a run of a DAG and return its id."""
        self._call(f"dags/{dag}", {"is_paused": False}, "PATCH")
        run = self._call(f"dags/{dag}/dagRuns", {"logical_date": None, "conf": conf})
        return str(run["dag_run_id"])

    def tasks(self, dag: str, run: str) -> list[dict[str, Any]]:
        """Return the tasks of a run."""
        found: list[dict[str, Any]] = []
        while True:
            query = f"limit=100&offset={len(found)}"
            page = self._call(f"dags/{dag}/dagRuns/{run}/taskInstances?{query}")
            found += page["task_instances"]
            if len(found) >= page["total_entries"] or not page["task_instances"]:
                return found

    def count(self, dag: str, run: str, state: str) -> int:
        """Return how many tasks of a run are in a state."""
        return sum(task["state"] == state for task in self.tasks(dag, run))

    def wait(self, dag: str, *runs: str) -> None:
        """Wait until runs have succeeded.

        Raises:
            StepError: One has failed, or takes too long.
        """
        deadline = time.monotonic() + _WAIT_SECONDS
        waiting = set(runs)
        while waiting and time.monotonic() < deadline:
            raise_if_interrupted()
            time.sleep(_POLL_SECONDS)
            for run in sorted(waiting):
                state = self._call(f"dags/{dag}/dagRuns/{run}")["state"]
                if state == "failed":
                    bad = [
                        f"{task['task_id']} {task['rendered_map_index'] or ''}".strip()
                        for task in self.tasks(dag, run)
                        if task["state"] == "failed"
                    ]
                    msg = f"{dag}, run {run}: {', '.join(bad)} failed."
                    raise StepError(msg)
                if state in _FINAL:
                    waiting.discard(run)
        if waiting:
            msg = f"{dag} takes longer than an hour: {', '.join(sorted(waiting))}."
            raise StepError(msg)

    def result(self, dag: str, run: str, task: str, index: int = -1) -> Any:  # noqa: ANN401 - any JSON
        """Return what a task returned."""
        path = f"dags/{dag}/dagRuns/{run}/taskInstances/{task}/xcomEntries/return_value"
        return self._call(f"{path}?map_index={index}")["value"]

    def log_in(self) -> None:
        """Wait for the pages and get a token for them.

        Raises:
            StepError: They do not answer.
        """
        for _ in range(_START_TRIES):
            raise_if_interrupted()
            try:
                self._token = self._request("/auth/token")["access_token"]
            except (OSError, KeyError, ValueError):
                time.sleep(1)
            else:
                return
        msg = "Airflow's API server does not answer."
        raise StepError(msg)

    def wait_for_dags(self, *names: str) -> None:
        """Wait until Airflow has read its DAGs.

        Raises:
            StepError: It does not find them.
        """
        for _ in range(_START_TRIES):
            raise_if_interrupted()
            known = {dag["dag_id"] for dag in self._call("dags")["dags"]}
            if known >= set(names):
                return
            time.sleep(1)
        msg = f"Airflow does not find {', '.join(names)}."
        raise StepError(msg)

    def _call(self, path: str, body: object = None, method: str | None = None) -> dict[str, Any]:
        return self._request(f"/api/v2/{path}", body, method)

    def _request(self, path: str, body: object = None, method: str | None = None) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - always http
            f"{self.address}{path}",
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
            method=method,
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=_CALL_SECONDS) as response:
                found: dict[str, Any] = json.load(response)
                return found
        except urllib.error.HTTPError as error:
            if not self._token:
                raise
            msg = f"Airflow refuses {path}: {error.code} {error.read().decode()[:300]}"
            raise StepError(msg) from None


@contextmanager
def running(
    services: Services,
    accounts_file: Path,
    secret: Mapping[str, str],
    retry_seconds: int = RETRY_SECONDS,
) -> Generator[Engine]:
    """Run Airflow's scheduler, DAG processor and API server; workers are started by name.

    Args:
        services: The database and the broker.
        accounts_file: `accounts.yml`.
        secret: What only workers know: the API keys, and the warehouse's password.
        retry_seconds: How long Airflow waits before it repeats a load.

    Raises:
        StepError: A part does not start.
    """
    port = free_port()
    env = _environment(services, accounts_file, port, retry_seconds)
    program = AIRFLOW / "bin" / "airflow"
    with ExitStack() as stack:
        migrate = Process("airflow-db", [program, "db", "migrate"], env, services.folder)
        migrate.wait_for("Database migration done")
        migrate.stop()
        parts = {"api": ["api-server", f"--port={port}", "--host=127.0.0.1", "--workers=1"]}
        parts |= {name: [name] for name in ("scheduler", "dag-processor")}
        for name, arguments in parts.items():
            part = Process(f"airflow-{name}", [program, *arguments], env, services.folder)
            stack.callback(part.stop)
        engine = Engine(services, env, port, secret)
        stack.callback(engine.stop_workers)
        engine.log_in()
        engine.wait_for_dags("omnimessages_backfill", "omnimessages_steady")
        yield engine


def _environment(
    services: Services, accounts_file: Path, port: int, retry_seconds: int
) -> dict[str, str]:
    database = f"postgresql+psycopg2{services.databases['airflow']}"
    settings = {
        "API__BASE_URL": f"http://127.0.0.1:{port}",
        "API__SECRET_KEY": secrets.token_hex(16),
        "API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "CELERY__BROKER_URL": services.redis,
        "CELERY__RESULT_BACKEND": f"db+{database}",
        "CORE__DAGS_FOLDER": str(ROOT / "orchestrate" / "dags"),
        "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "CORE__EXECUTOR": "CeleryExecutor",
        "CORE__FERNET_KEY": "",
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "DATABASE__SQL_ALCHEMY_CONN": database,
        "LOGGING__BASE_LOG_FOLDER": str(services.folder / "task-logs"),
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": str(HEARTBEAT_SECONDS),
    }
    hidden = ("AIRFLOW", "MELTANO_", "OMNIMESSAGES_", "TAP_OMNIMESSAGES_", "TARGET_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    env |= {f"AIRFLOW__{name}": value for name, value in settings.items()}
    env |= {
        "AIRFLOW_HOME": str(services.folder / "airflow"),
        "MELTANO_DATABASE_URI": f"postgresql+psycopg{services.databases['meltano']}",
        "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
        "NO_PROXY": "127.0.0.1",
        "OMNIMESSAGES_ACCOUNTS": str(accounts_file),
        "OMNIMESSAGES_MELTANO": str(MELTANO / "bin" / "meltano"),
        "OMNIMESSAGES_PROJECT": str(ROOT),
        "OMNIMESSAGES_RETRY_SECONDS": str(retry_seconds),
        "PYTHONUNBUFFERED": "1",
    }
    return env

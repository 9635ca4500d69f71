"""What a fleet needs besides Airflow: PostgreSQL, Redis, and the sandboxes that it reads."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from demo.steps import StepError, raise_if_interrupted
from omnimessages_sandbox import GeneratedWorld
from omnimessages_sandbox.times import iso, parse_time
from tests_targets import postgres_server

from orchestrate.demo.prepare import FLEET, plugin

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from datetime import date

STREAM_KEYS = {
    "antbuddy_messages": "id",
    "antbuddy_sessions": "session_id",
    "etelecom_zns_messages": "id",
}
DATABASES = ("airflow", "meltano", "warehouse")
_START_SECONDS = 180
_GRACE_SECONDS = 20
_POLL_SECONDS = 0.2


class Process:
    """A process of its own group, with its output in a file."""

    def __init__(
        self, name: str, command: Sequence[str | Path], env: dict[str, str], folder: Path
    ) -> None:
        """Start it."""
        self.name = name
        self.log = folder / f"{name}.log"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, pattern: str) -> str:
        """Wait until its output matches a pattern, and return the first group.

        Raises:
            StepError: It has ended, or takes too long.
        """
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            raise_if_interrupted()
            found = re.search(pattern, self.log.read_text(encoding="utf-8", errors="replace"))
            if found:
                return found[1] if found.groups() else found[0]
            time.sleep(_POLL_SECONDS)
        msg = f"{self.name} does not start: its output is in {self.log}."
        raise StepError(msg)

    def stop(self) -> None:
        """End it and its children, first with SIGTERM."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_GRACE_SECONDS)
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def kill(self) -> None:
        """Kill it and all its children with SIGKILL, as where a machine is lost."""
        children = [self._process.pid]
        for pid in children:
            children += _children_of(pid)
        for pid in children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()


@dataclass(frozen=True)
class Account:
    """An invented account, and the sandbox that serves it.

    Attributes:
        name: Its name.
        seed: The seed that it is drawn from.
        start: Its first day.
        key: Its API key, at both APIs.
    """

    name: str
    seed: int
    start: date
    per_day: float = 12.0
    key: str = field(default_factory=lambda: f"invented-{secrets.token_hex(12)}", repr=False)

    @property
    def variable(self) -> str:
        """The environment variable of its key."""
        return f"{self.name.upper()}_API_KEY"

    def keys_at(self, now: str) -> dict[str, set[str]]:
        """Return the primary keys that it shows at a time, by stream."""
        moment = parse_time(now)
        world = GeneratedWorld(self.seed, f"{self.start}T00:00:00Z", self.per_day, self.per_day)
        sessions = list(world.sessions(moment))
        return {
            "antbuddy_sessions": {str(session["sessionId"]) for session in sessions},
            "antbuddy_messages": {
                str(message["_id"]) for session in sessions for message in session["messages"] or ()
            },
            "etelecom_zns_messages": {
                str(notification["id"]) for notification in world.notifications(moment)
            },
        }


@dataclass
class Services:
    """The services while they run.

    Attributes:
        folder: Where they keep their files.
        databases: The address of each database, for SQLAlchemy, without the driver.
        redis: The address of Redis.
        sandboxes: The settings of the tap for each account.
    """

    folder: Path
    databases: dict[str, str]
    redis: str
    sandboxes: dict[str, dict[str, Any]] = field(default_factory=dict)

    def rows(self, query: str, database: str = "warehouse") -> list[list[str]]:
        """Return the rows of a query, each cell as text.

        Raises:
            StepError: The server refuses the query.
        """
        command = ["psql", "--no-psqlrc", "--csv", "--tuples-only", "-v", "ON_ERROR_STOP=1"]
        done = subprocess.run(
            [*command, f"--command={query}", f"postgresql{self.databases[database]}"],
            capture_output=True,
            check=False,
            encoding="utf-8",
        )
        if done.returncode:
            msg = f"PostgreSQL refuses a query: {done.stderr.strip()}"
            raise StepError(msg)
        return [line.split(",") for line in done.stdout.splitlines()]

    def loader_env(self) -> dict[str, str]:
        """Return the settings of target-postgres, as variables."""
        parts = urlsplit(f"postgresql{self.databases['warehouse']}")
        return {
            "TARGET_POSTGRES_HOST": parts.hostname or "",
            "TARGET_POSTGRES_PORT": str(parts.port or 5432),
            "TARGET_POSTGRES_USER": parts.username or "",
            "TARGET_POSTGRES_PASSWORD": parts.password or "",
            "TARGET_POSTGRES_DATABASE": parts.path.lstrip("/"),
            "TARGET_POSTGRES_SSL_ENABLE": "false",
        }


@contextmanager
def running() -> Generator[Services]:
    """Run PostgreSQL and Redis in a folder; it and the databases are removed at the end.

    FLEET_POSTGRES (postgresql://user:password@host:port, a role that may create databases) and
    FLEET_REDIS (redis://host:port/0) name servers that run already.

    Raises:
        StepError: One of them is not installed, or does not start.
    """
    FLEET.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=FLEET))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = os.environ.get("FLEET_POSTGRES") or _postgres(stack)
        redis = os.environ.get("FLEET_REDIS") or _redis(stack, folder)
        suffix = "" if "FLEET_POSTGRES" not in os.environ else f"_{secrets.token_hex(3)}"
        base = server.removeprefix("postgresql").rstrip("/")
        databases = {name: f"{base}/{name}{suffix}" for name in DATABASES}
        services = Services(folder, {**databases, "postgres": f"{base}/postgres"}, redis)
        for name in DATABASES:
            services.rows(f"CREATE DATABASE {name}{suffix}", "postgres")
            remove = f"DROP DATABASE IF EXISTS {name}{suffix} WITH (FORCE)"
            stack.callback(services.rows, remove, "postgres")
        yield services


@contextmanager
def sandboxes(
    services: Services, accounts: Sequence[Account], now: str, latency: float
) -> Generator[dict[str, int]]:
    """Serve the APIs of the accounts, their clocks frozen, and yield the ports.

    Args:
        services: The services, which get the settings.
        accounts: The accounts.
        now: Their present.
        latency: The delay before each response, in seconds.

    Raises:
        StepError: A sandbox does not start.
    """
    ports: dict[str, int] = {}
    with ExitStack() as stack:
        for account in accounts:
            rate = str(account.per_day)
            command: list[str | Path] = [
                plugin("tap-omnimessages-sandbox"),
                *("serve", "--port=0", f"--seed={account.seed}", f"--start={account.start}"),
                *(f"--now={now}", f"--sessions-per-day={rate}", f"--notifications-per-day={rate}"),
                *(f"--fault=latency_seconds={latency}",),
                *(f"--antbuddy-key={account.key}", f"--etelecom-key={account.key}"),
            ]
            env = {**os.environ, "PYTHONUNBUFFERED": "1"}
            process = Process(f"sandbox-{account.name}", command, env, services.folder)
            stack.callback(process.stop)
            # Its greeting shows the key, which no log of the fleet may hold.
            address = process.wait_for(r"Serving both APIs at (\S+)\n[\s\S]*START_DATE")
            process.log.unlink()
            ports[account.name] = urlsplit(address).port or 0
            services.sandboxes[account.name] = {
                "antbuddy_base_url": f"{address}/antbuddy",
                "etelecom_base_url": f"{address}/etelecom/v1/shop",
            }
        yield ports


def advance(port: int, days: int) -> None:
    """Move the clock of a sandbox."""
    program = plugin("tap-omnimessages-sandbox")
    command = [str(program), "clock", f"--port={port}", f"--advance={days}d"]
    subprocess.run(command, check=True, capture_output=True)


def later(now: str, days: int) -> str:
    """Return a time some days later."""
    return iso(parse_time(now) + days * 24 * 3600 * 1_000_000, 0)


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _postgres(stack: ExitStack) -> str:
    try:
        server = stack.enter_context(postgres_server.running())
    except postgres_server.UnavailableError as error:
        msg = f"{error}: install it, or name a running server in FLEET_POSTGRES."
        raise StepError(msg) from None
    user, password = postgres_server.USER, quote(postgres_server.PASSWORD)
    return f"postgresql://{user}:{password}@127.0.0.1:{server.port}"


def _redis(stack: ExitStack, folder: Path) -> str:
    program = shutil.which("redis-server")
    if not program:
        msg = (
            "redis-server is not installed (on Debian: the package redis-server): install it, or "
            "name a running server in FLEET_REDIS."
        )
        raise StepError(msg)
    port = free_port()
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
    process = Process("redis", [program, *options], dict(os.environ), folder)
    stack.callback(process.stop)
    process.wait_for("Ready to accept connections")
    return f"redis://127.0.0.1:{port}/0"


def _children_of(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    with suppress(OSError):
        return [int(child) for child in path.read_text(encoding="ascii").split()]
    return []

"""A PostgreSQL server for the tests, from the programs installed on this machine."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

# The server is not in UTC, so that a loader that relies on UTC fails its tests.
ZONE = "Asia/Ho_Chi_Minh"
USER = "tester"
PASSWORD = "invented"
_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
_NEEDED = ("initdb", "pg_ctl", "psql")
# The server refuses to run as root.
_SERVANTS = ("postgres", "nobody")
_STARTS = 3
_SECONDS = 120


class UnavailableError(Exception):
    """No server can be started here; the text gives the reason."""


@dataclass(frozen=True)
class PostgresServer:
    """A running server.

    Attributes:
        port: The port on 127.0.0.1.
        programs: The folder of its programs.
    """

    port: int
    programs: Path

    def execute(self, statement: str) -> None:
        """Run a statement.

        Raises:
            RuntimeError: The server refuses the statement.
        """
        self._psql(statement)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Return a query's rows, as the server writes them in JSON.

        Raises:
            RuntimeError: The server refuses the query.
        """
        text = self._psql(f"SELECT row_to_json(found) FROM ({query}) AS found")
        return [json.loads(line) for line in text.split("\n") if line]

    def _psql(self, statement: str) -> str:
        command: list[str | Path] = [
            *(self.programs / "psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only"),
            *("--set=ON_ERROR_STOP=1", "--host=127.0.0.1", f"--port={self.port}"),
            *(f"--username={USER}", "--dbname=postgres", f"--command={statement}"),
        ]
        env = {**os.environ, "PGPASSWORD": PASSWORD, "PGCLIENTENCODING": "UTF8"}
        done = subprocess.run(command, env=env, capture_output=True, check=False, timeout=_SECONDS)
        if done.returncode:
            raise RuntimeError(done.stderr.decode())
        return done.stdout.decode()


@contextmanager
def running() -> Generator[PostgresServer]:
    """Run a server on a free port, with a new cluster that is removed at the end.

    Raises:
        UnavailableError: PostgreSQL is not installed, no user may run it, or it fails.
    """
    programs, servant = _programs(), _servant()
    folder = Path(tempfile.mkdtemp(prefix="tap-pg-"))
    if servant:
        os.chown(folder, servant.pw_uid, servant.pw_gid)
    try:
        _make_cluster(programs, folder, servant)
        port = _start(programs, folder, servant)
        try:
            yield PostgresServer(port, programs)
        finally:
            _run([programs / "pg_ctl", "-D", folder / "data", "-m", "fast", "-w", "stop"], servant)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    for pattern in _PLACES:
        places += sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
    for place in places:
        if all((place / name).exists() for name in _NEEDED):
            return place
    msg = "PostgreSQL's server is not installed (on Debian: the package postgresql)"
    raise UnavailableError(msg)


def _servant() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in _SERVANTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    msg = f"PostgreSQL does not run as root, and none of the users {', '.join(_SERVANTS)} exists"
    raise UnavailableError(msg)


def _make_cluster(programs: Path, folder: Path, servant: pwd.struct_passwd | None) -> None:
    secret = folder / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    if servant:
        os.chown(secret, servant.pw_uid, servant.pw_gid)
    options = ("--encoding=UTF8", "--locale=C", "--no-sync", "--auth=scram-sha-256")
    who = (f"--username={USER}", f"--pwfile={secret}")
    _run([programs / "initdb", "-D", folder / "data", *options, *who], servant)


def _start(programs: Path, folder: Path, servant: pwd.struct_passwd | None) -> int:
    """Start the server and return its port; retry if another process takes the port first."""
    for attempt in range(1, _STARTS + 1):
        port = _free_port()
        options = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": folder,
            "timezone": ZONE,
            "fsync": "off",
        }
        given = " ".join(f"-c {name}={value}" for name, value in options.items())
        command: list[str | Path] = [
            programs / "pg_ctl",
            "-D",
            folder / "data",
            "-l",
            folder / "log",
            "-w",
        ]
        try:
            _run([*command, "-o", given, "start"], servant)
        except UnavailableError:
            if attempt == _STARTS:
                raise
        else:
            return port
    raise AssertionError


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _run(command: Sequence[str | Path], servant: pwd.struct_passwd | None) -> None:
    """Run a program as a user that it accepts; a file, since a server keeps pipes open."""
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(
            command,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=_SECONDS,
            user=servant.pw_uid if servant else None,
            group=servant.pw_gid if servant else None,
            extra_groups=[] if servant else None,
        )
        said.seek(0)
        text = said.read().decode(errors="replace").strip()
    if done.returncode:
        msg = f"{Path(command[0]).name} failed: {text[-500:]}"
        raise UnavailableError(msg)

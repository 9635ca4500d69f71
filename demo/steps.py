"""Announce steps, run their commands, and end every process that they started."""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".demo"
LOGS = FOLDER / "logs"
VENV = FOLDER / "venv"

_TAIL_LINES = 12
_TAIL_WIDTH = 160
_POLL_SECONDS = 0.2
_DOT_SECONDS = 2
_GRACE_SECONDS = 5

# The handler only records signals, and steps check for them. Otherwise a signal could strike after
# the start of a process and before its id is known.
_received: list[int] = []


class StepError(Exception):
    """A step failed; the text is one sentence for the user."""


class InterruptedByUserError(Exception):
    """The user interrupted the demo."""


def shown(path: Path) -> str:
    """Return a path relative to the project's folder."""
    return str(path.relative_to(ROOT))


def identity(*files: Path) -> str:
    """Return a hash of what an installation depends on: its folder, the Python, and some files."""
    digest = hashlib.sha256()
    for part in (str(ROOT), sys.base_prefix, sys.version):
        digest.update(part.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


class _Progress:
    """One line that shows a running step and that it still runs."""

    def __init__(self, title: str) -> None:
        self._head = f"- {title} ..."
        self._begun = time.monotonic()
        self._ticked = self._begun
        self._counts = sys.stdout.isatty()
        self._write(self._head)

    def tick(self) -> None:
        now = time.monotonic()
        if self._counts:
            self._write(f"\r{self._head} {now - self._begun:.0f} s")
        elif now - self._ticked >= _DOT_SECONDS:
            self._ticked = now
            self._write(".")

    def end(self, outcome: str = "") -> None:
        seconds = time.monotonic() - self._begun
        start = f"\r{self._head}" if self._counts else ""
        self._write(f"{start} {outcome or f'{seconds:.0f} s'}\n")

    @staticmethod
    def _write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


@contextmanager
def announced(title: str) -> Generator[Callable[[], None]]:
    """Announce a step, and finish its line when the step ends.

    Args:
        title: What the step does.

    Yields:
        A function to call while the step runs.
    """
    raise_if_interrupted()
    progress = _Progress(title)
    try:
        yield progress.tick
    except InterruptedByUserError:
        progress.end("interrupted")
        raise
    except BaseException:
        progress.end("failed")
        raise
    progress.end()


def run(
    title: str,
    command: Sequence[str | Path],
    log: str,
    *,
    env: Mapping[str, str] | None = None,
    folder: Path = ROOT,
    output: Path | None = None,
) -> None:
    """Run a command as a step, with its output in a file.

    Args:
        title: What the step does.
        command: The program and its arguments.
        log: The name of the log file, without its extension.
        env: The whole environment, or None for this process's own.
        folder: The folder to run it in.
        output: The file for standard output, if not the log.

    Raises:
        StepError: The command could not be started, or ended with a status other than 0.
        InterruptedByUserError: The user interrupted the demo; the command has been ended.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{log}.log"
    try:
        with announced(title) as tick, ExitStack() as files:
            messages = files.enter_context(path.open("wb"))
            answer = messages if output is None else files.enter_context(output.open("wb"))
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=answer,
                stderr=messages,
                # A separate group, so that its children can be ended with it.
                start_new_session=True,
            )
            try:
                status = _wait(process, tick)
            finally:
                _end_group(process)
            subprocess.CompletedProcess(command, status).check_returncode()
    except subprocess.CalledProcessError as error:
        _print_tail(path)
        msg = f"{title}: ended with status {error.returncode}; its output is in {shown(path)}."
        raise StepError(msg) from None
    except OSError as error:
        msg = f"{title}: {error}."
        raise StepError(msg) from None


def _wait(process: subprocess.Popen[bytes], tick: Callable[[], None]) -> int:
    while True:
        try:
            return process.wait(_POLL_SECONDS)
        except subprocess.TimeoutExpired:
            raise_if_interrupted()
            tick()


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children, first with SIGTERM, then with SIGKILL."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE_SECONDS
        while time.monotonic() < deadline:
            process.poll()
            os.killpg(process.pid, 0)
            time.sleep(_POLL_SECONDS / 4)
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def _print_tail(log: Path) -> None:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    for line in lines[-_TAIL_LINES:]:
        print(f"    {line[:_TAIL_WIDTH]}")


def raise_if_interrupted() -> None:
    """Raise an error if the user has interrupted the demo.

    Raises:
        InterruptedByUserError: A signal has arrived.
    """
    if _received:
        raise InterruptedByUserError


def _note(number: int, _frame: FrameType | None) -> None:
    _received.append(number)


def run_to_end(main: Callable[[], None]) -> int:
    """Run a part of the demo, as the only one in this folder, and print a sentence if it fails.

    Args:
        main: The part to run.

    Returns:
        The exit status.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _note)
    FOLDER.mkdir(exist_ok=True)
    try:
        with (FOLDER / "lock").open("w") as lock:
            _take(lock)
            main()
    except InterruptedByUserError:
        print("\nInterrupted. No process is left running. `make demo` starts from the beginning.")
        return 128 + _received[0]
    except StepError as error:
        print(f"\n{error}")
        return 1
    return 0


def _take(lock: IO[str]) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        msg = "Another `make demo` is running in this folder: wait until it ends."
        raise StepError(msg) from None

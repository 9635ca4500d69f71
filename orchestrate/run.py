"""Run one load to its end, and return what it did.

`python -m orchestrate.run ACCOUNT` runs the steady load of an account, and with the name of a chunk
that part of its backfill. It prints the figures as one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from orchestrate.accounts import read_fleet
from orchestrate.command import build_command
from orchestrate.errors import LoadError, run_to_end
from orchestrate.figures import LogReader
from orchestrate.plan import Chunk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrate.command import Command

# The tap and the loader finish what they have begun; then they are ended.
_GRACE_SECONDS = 60


def run_load(command: Command, logger: logging.Logger) -> dict[str, Any]:
    """Run a load to its end.

    Args:
        command: The command.
        logger: What shows the tap's lines.

    Returns:
        What the load did, as `Figures.as_result` describes it, and `seconds`.

    Raises:
        LoadError: The load failed; the text is the tap's own sentence.
    """
    begun = time.monotonic()
    reader = LogReader(command.hidden)
    logger.info("%s", " ".join(command.arguments))
    try:
        process = subprocess.Popen(
            [*_ends_with_us(), *command.arguments],
            cwd=command.folder,
            env=command.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        msg = (
            f"{command.arguments[0]} cannot be started ({error.strerror}): install Meltano, or "
            f"name it in OMNIMESSAGES_MELTANO."
        )
        raise LoadError(msg) from None
    try:
        for line in process.stdout or ():
            shown = reader.read(line)
            if shown:
                logger.log(*shown)
        status = process.wait()
    finally:
        _end(process)
    if status:
        raise LoadError(reader.sentence(status))
    result = reader.figures.as_result()
    result["seconds"] = round(time.monotonic() - begun, 1)
    for name, stream in result["streams"].items():
        logger.info(
            "%s: %d rows, %d requests, %d waits, bookmark %s",
            *(name, stream["rows"], stream["requests"], stream["waits"], stream["bookmark"]),
        )
    return result


def _ends_with_us() -> list[str]:
    """Return what makes the load end if this process is killed, where that is possible.

    Without it, a load outlives a killed worker, and the engine's next try finds it running.
    """
    program = shutil.which("setpriv")
    return [program, "--pdeathsig", "TERM"] if program else []


def _end(process: subprocess.Popen[str]) -> None:
    """End a load that is still running, and wait for it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout:
        process.stdout.close()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a load, and print its figures.

    Raises:
        FleetError: The accounts file, the account or the chunk is wrong.
        LoadError: The load failed.
    """
    parser = argparse.ArgumentParser(prog="python -m orchestrate.run", description=__doc__)
    parser.add_argument("account")
    parser.add_argument("chunk", nargs="?", help="such as 2026-01-01_2026-02-01; without: steady")
    parser.add_argument(
        "--full-refresh", action="store_true", help="read the whole range again, whatever the state"
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    fleet = read_fleet()
    account = fleet.account(options.account)
    chunk = Chunk.from_name(options.chunk) if options.chunk else None
    command = build_command(fleet, account, chunk, full_refresh=options.full_refresh)
    try:
        result = run_load(command, logging.getLogger(account.name))
    except LoadError as error:
        msg = " ".join(filter(None, [account.name, options.chunk])) + f": {error}"
        raise LoadError(msg) from None
    print(json.dumps({"account": account.name, "chunk": options.chunk, **result}))


if __name__ == "__main__":
    sys.exit(run_to_end(main))

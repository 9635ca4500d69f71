"""The command of `make bench`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.cases import CASES, Bench
from benchmarks.measure import ClientError
from benchmarks.peers import PEERS, PeerError
from benchmarks.report import Line, machine, table
from benchmarks.same_rows import DifferentRowsError
from benchmarks.serving import Server, ServerError

_WHOLE = {"large": "large", "medium": "medium", "long": "long", "quiet": "small"}
_SMALL = {"large": "small", "medium": "small", "long": "small-long", "quiet": "small"}


def main() -> int:
    """Measure everything that was asked for.

    Returns:
        The exit code: 1 if something could not be measured.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is run (5)")
    parser.add_argument("--only", help=f"some of: {', '.join(CASES)}, joined by commas")
    parser.add_argument("--peers", default="", help=f"some of: {', '.join(PEERS)}")
    parser.add_argument("--small", action="store_true", help="little data, for a quick look")
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else list(CASES)
    peers = tuple(options.peers.split(",")) if options.peers else ()
    if not CASES.keys() >= set(wanted) or not PEERS.keys() >= set(peers) or options.rounds < 1:
        parser.error(f"--only knows {', '.join(CASES)}; --peers knows {', '.join(PEERS)}.")
    print(machine(), flush=True)
    started = time.monotonic()
    lines: list[Line] = []
    try:
        with Server() as server, tempfile.TemporaryDirectory() as folder:
            accounts, latency_ms = (_SMALL, 10) if options.small else (_WHOLE, 100)
            bench = Bench(server, Path(folder), options.rounds, accounts, latency_ms, peers, _tell)
            for name in wanted:
                lines += CASES[name](bench)
    except (ClientError, DifferentRowsError, PeerError, ServerError) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        if lines:
            print(f"\n{table(lines)}\n")
    missed = sum(line.met is False for line in lines)
    meant = " (they are meant for the whole benchmark)" if options.small else ""
    print(f"{missed} targets missed{meant}; {time.monotonic() - started:.0f} seconds.")
    return 0


def _tell(step: str) -> None:
    print(f"- {step}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

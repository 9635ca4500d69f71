"""The measurements, and the target of each figure."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks import clients
from benchmarks.clients import Workload
from benchmarks.measure import Run, run
from benchmarks.peers import NO_TELEMETRY, PEERS
from benchmarks.report import Line, median, ratio
from benchmarks.same_rows import compare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from benchmarks.serving import Server

_CEILING_SECONDS = 3
_MEGABYTE = 1e6


@dataclass(frozen=True)
class Bench:
    """What all measurements share.

    Attributes:
        server: The replay server.
        folder: The folder for the clients' files.
        rounds: How many times each is measured.
        accounts: The accounts' names by their role: `large`, `medium`, `long` and `quiet`.
        latency_ms: The API's latency per response, for the measurements with latency.
        peers: The names of the other extractors to measure.
        tell: Prints the current step.
    """

    server: Server
    folder: Path
    rounds: int
    accounts: dict[str, str]
    latency_ms: int
    peers: tuple[str, ...]
    tell: Callable[[str], None]

    def take_turns(self, commands: Sequence[Sequence[str]], rounds: int) -> list[list[Run]]:
        """Run commands in turns, and return the runs of each."""
        runs: list[list[Run]] = [[] for _ in commands]
        for _ in range(rounds):
            for command, kept in zip(commands, runs, strict=True):
                kept.append(run(command, self.server))
        return runs

    def floor(self, workload: Workload) -> list[str]:
        """Return the command of the floor."""
        return clients.floor(workload, self.server)

    def tap(self, workload: Workload) -> list[str]:
        """Return the command of the tap."""
        return clients.tap(workload, self.server, self.folder)

    def prepare(self, workload: Workload) -> None:
        """Run both clients once without latency, so that the server prepares every response."""
        pace = f"{workload.latency_ms} ms, concurrency {workload.concurrency}"
        self.tell(f"{workload.account} account, {pace}")
        quick = Workload(workload.account, 0, workload.concurrency, workload.blocks)
        self.take_turns([self.floor(quick), self.tap(quick)], 1)


def same_rows(bench: Bench) -> Iterator[Line]:
    """Check that floor and tap write the same rows.

    Raises:
        DifferentRowsError: They do not.
    """
    bench.tell("checking that both write the same rows")
    workload = Workload(bench.accounts["medium"], concurrency=4)
    rows = compare(workload, bench.server, bench.folder)
    yield Line("rows with the same keys from both", f"{rows:,}", f"{rows:,}")


def ceiling(bench: Bench) -> Iterator[Line]:
    """Measure the most that the server can send to a trivial client."""
    bench.tell("the server's ceiling")
    workload = Workload(bench.accounts["large"])
    bench.take_turns([bench.floor(workload)], 1)
    output = bench.folder / "ceiling.json"
    base = bench.server.base(workload.account)
    span = [base, workload.start, clients.END.isoformat(), str(_CEILING_SECONDS)]
    run([sys.executable, "-m", "benchmarks.ceiling", *span], bench.server, output=output)
    told = json.loads(output.read_text(encoding="utf-8"))
    needed = run(bench.floor(workload), bench.server)
    used = _pace(needed.asked.requests / needed.wall, needed.asked.body_bytes / needed.wall)
    yield Line(f"the server's ceiling: {_pace(told['requests'], told['bytes'])}", used)


def no_latency(bench: Bench) -> Iterator[Line]:
    """Compare wall and processor time without latency."""
    alone, together = (Workload(bench.accounts["large"], concurrency=number) for number in (1, 4))
    bench.prepare(alone)
    bench.prepare(together)
    # The floor stays sequential: without latency, threads only cost time.
    commands = [bench.floor(alone), bench.tap(alone), bench.tap(together)]
    floor, *taps = bench.take_turns(commands, bench.rounds)
    for workload, tap in zip((alone, together), taps, strict=True):
        name = f"no latency, concurrency {workload.concurrency}"
        yield _times(f"{name}: wall", [r.wall for r in floor], [r.wall for r in tap], 1.5)
        yield _times(f"{name}: processor", [r.cpu for r in floor], [r.cpu for r in tap], 1.5)
        yield _requests(name, floor[0], tap[0])


def latency(bench: Bench) -> Iterator[Line]:
    """Compare wall time with latency."""
    for concurrency, limit in ((1, None), (4, 1.25), (8, 1.25)):
        workload = Workload(bench.accounts["medium"], bench.latency_ms, concurrency)
        bench.prepare(workload)
        # Latency does not vary, so few rounds suffice; sequentially, it is nearly all of the time.
        rounds = 1 if concurrency == 1 else bench.rounds // 2 + 1
        floor, tap = bench.take_turns([bench.floor(workload), bench.tap(workload)], rounds)
        name = f"{bench.latency_ms} ms, concurrency {concurrency}"
        yield _times(f"{name}: wall", [r.wall for r in floor], [r.wall for r in tap], limit)
        yield _requests(name, floor[0], tap[0])


def without_http(bench: Bench) -> Iterator[Line]:
    """Compare the tap's shaping and writing with the SDK's own path."""
    bench.tell("without HTTP")
    output = bench.folder / "without-http.json"
    program = [sys.executable, "-m", "benchmarks.without_http"]
    command = [*program, bench.accounts["medium"], str(bench.rounds)]
    run(command, bench.server, output=output)
    told = json.loads(output.read_text(encoding="utf-8"))
    shown = {way: f"{told['records'] / median(told[way]):,.0f}/s" for way in told["ways"]}
    what = f"without HTTP: records, against the SDK's path ({shown['sdk']})"
    value = ratio(told["sdk"], told["tap"])
    yield Line(what, shown["floor"], shown["tap"], value, limit=4, at_least=True)


def incremental(bench: Bench) -> Iterator[Line]:
    """Measure a run that finds nothing new, and start-up alone."""
    workload = Workload(bench.accounts["quiet"], concurrency=4)
    news = clients.tap(workload, bench.server, bench.folder, state=True)
    commands = {
        "python": [sys.executable, "-c", "pass"],
        "sdk": [sys.executable, "-c", "import singer_sdk"],
        "version": clients.tap_version(),
        "nothing new": news,
    }
    bench.tell("start-up, and a run with nothing new")
    bench.take_turns(list(commands.values()), 1)
    done = bench.take_turns(list(commands.values()), 2 * bench.rounds)
    runs = dict(zip(commands, done, strict=True))
    wall = {name: [one.wall for one in kept] for name, kept in runs.items()}
    shown = {name: f"{median(times):.2f} s" for name, times in wall.items()}
    yield Line(f"start-up: bare Python {shown['python']}", "", "")
    yield Line(f"start-up: import singer_sdk {shown['sdk']}", "", "")
    yield Line("start-up: --version", "", shown["version"])
    asked = runs["nothing new"][0].asked.requests
    value = ratio(wall["nothing new"], wall["version"])
    yield Line("nothing new: wall, against --version", "", shown["nothing new"], value, 1.3)
    yield Line("nothing new: requests", "", f"{asked}", asked, 6, unit="requests")


def memory(bench: Bench) -> Iterator[Line]:
    """Compare peak memory for a history and for one ten times as long."""
    peaks = {}
    for role, blocks in (("large", 1), ("long", 10)):
        workload = Workload(bench.accounts[role], concurrency=4, blocks=blocks)
        bench.tell(f"memory, {blocks} times the history")
        done = run(bench.tap(workload), bench.server)
        peaks[blocks] = done.megabytes
        what = f"peak memory, {blocks} times the history ({done.asked.requests:,} requests)"
        yield Line(what, "", f"{done.megabytes:.0f} MB", done.megabytes, 120, unit="MB")
    growth = 100 * (peaks[10] / peaks[1] - 1)
    yield Line("peak memory: growth with 10 times the history", "", "", growth, 10, unit="%")


def peers(bench: Bench) -> Iterator[Line]:
    """Measure other extractors on the medium account, without latency."""
    workload = Workload(bench.accounts["medium"])
    bench.prepare(workload)
    tap = bench.tap(workload)
    for name in bench.peers:
        peer = PEERS[name]
        bench.tell(f"{name}: installing, if it is missing")
        programs = peer.install(name)
        bench.tell(f"{name}: running; it reads {peer.reads}")
        own: list[Run] = []
        others: list[Run] = []
        for number in range(bench.rounds + 1):
            folder = bench.folder / f"{name}-{number}"
            folder.mkdir()
            command = peer.command(programs, bench.server.base(workload.account), folder)
            other = run(command, bench.server, env=NO_TELEMETRY)
            # The first run prepares bodies and compiles the installed packages.
            if number:
                others.append(other)
                own.append(run(tap, bench.server))
        wall, cpu = median([one.wall for one in others]), median([one.cpu for one in others])
        cost = f"{wall:.1f} s, processor {cpu:.1f} s, {others[0].megabytes:.0f} MB"
        rows = f"{others[0].asked.rows:,} rows of {own[0].asked.rows:,}"
        what = f"{peer.requirement}: {rows}, {cost}; wall against the tap's"
        value = ratio([one.wall for one in others], [one.wall for one in own])
        yield Line(what, "", f"{median([one.wall for one in own]):.2f} s", value)


CASES: dict[str, Callable[[Bench], Iterator[Line]]] = {
    "same-rows": same_rows,
    "ceiling": ceiling,
    "no-latency": no_latency,
    "latency": latency,
    "without-http": without_http,
    "incremental": incremental,
    "memory": memory,
    "peers": peers,
}


def _pace(requests: float, size: float) -> str:
    return f"{requests:,.0f}/s, {size / _MEGABYTE:,.0f} MB/s"


def _times(what: str, floor: list[float], tap: list[float], limit: float | None) -> Line:
    value = ratio(tap, floor)
    return Line(what, f"{median(floor):.2f} s", f"{median(tap):.2f} s", value, limit)


def _requests(what: str, floor: Run, tap: Run) -> Line:
    """Compare the number of requests with the pages that hold rows, plus two for each window."""
    most = int(1.05 * floor.asked.pages + 2 * clients.WINDOWS_IN_A_BLOCK)
    asked = tap.asked.requests
    pages = f"{floor.asked.pages:,} pages hold rows"
    # Without latency, a response leaves before the next request is read.
    together = f"; {tap.asked.in_flight} at a time" if tap.asked.in_flight > 1 else ""
    return Line(
        f"{what}: requests ({pages}{together})",
        f"{floor.asked.requests:,}",
        f"{asked:,}",
        asked,
        most,
        unit="requests",
    )

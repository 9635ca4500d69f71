"""The command `tap-omnimessages-sandbox`."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from typing import Any

import click

from omnimessages_sandbox.http.addresses import HOST, AddressTakenError
from omnimessages_sandbox.sandbox import Sandbox
from omnimessages_sandbox.switches.base import SwitchError
from omnimessages_sandbox.switches.faults import KINDS, Faults
from omnimessages_sandbox.switches.variants import ApiVariants
from omnimessages_sandbox.times import DAY, HOUR, MINUTE, SECOND, iso, parse_time
from omnimessages_sandbox.world.generated import GeneratedWorld

DEFAULT_PORT = 8765
_DAYS_OF_HISTORY = 90
_UNITS = {"d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND}
_CLIENT_TIMEOUT_SECONDS = 5


def read_time(text: str | int) -> int:
    """Read a time on the command line into microseconds since 1970."""
    try:
        return text if isinstance(text, int) else parse_time(text)
    except (ValueError, OverflowError):
        problem = f"{text!r} is no time such as 2026-03-01T00:00:00Z."
        raise click.BadParameter(problem) from None


def read_duration(text: str | float) -> float:
    """Read a duration such as `1d`, `-2h`, `30m` or `45s` into seconds."""
    try:
        return float(text[:-1]) * _UNITS[text[-1:]] / SECOND if isinstance(text, str) else text
    except (ValueError, KeyError):
        problem = f"{text!r} is no duration such as 1d, -2h, 30m or 45s."
        raise click.BadParameter(problem) from None


@click.group()
def main() -> None:
    """Serve AntBuddy's and eTelecom's APIs on 127.0.0.1 from an invented account."""


@main.command()
@click.option("--port", default=DEFAULT_PORT, show_default=True, help="0 takes a free one.")
@click.option("--seed", default=0, show_default=True, help="Another seed is another account.")
@click.option("--sessions-per-day", default=40.0, show_default=True)
@click.option("--notifications-per-day", default=60.0, show_default=True)
@click.option(
    "--start",
    type=read_time,
    metavar="ISO",
    help="When the account begins [default: 90 days before now].",
)
@click.option(
    "--now",
    type=read_time,
    metavar="ISO",
    help="Freeze the clock at this time [default: real time].",
)
@click.option(
    "--variant",
    "--reading",
    "variants",
    multiple=True,
    metavar="NAME=VALUE",
    help="See `switches`.",
)
@click.option("--fault", "faults", multiple=True, metavar="NAME=VALUE", help="See `switches`.")
@click.option("--antbuddy-key", help="Accept only this key.")
@click.option("--etelecom-key", help="Accept only this key.")
def serve(  # noqa: PLR0913, PLR0917 - one for each option
    port: int,
    seed: int,
    sessions_per_day: float,
    notifications_per_day: float,
    start: int | None,
    now: int | None,
    variants: tuple[str, ...],
    faults: tuple[str, ...],
    antbuddy_key: str | None,
    etelecom_key: str | None,
) -> None:
    """Serve until interrupted; prints the settings to give to the tap."""
    if start is None:
        today = (time.time_ns() // 1000 if now is None else now) // DAY * DAY
        start = today - _DAYS_OF_HISTORY * DAY
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        sandbox = Sandbox(
            GeneratedWorld(seed, iso(start, 6), sessions_per_day, notifications_per_day),
            None if now is None else iso(now, 6),
            ApiVariants.from_pairs(variants),
            Faults.from_pairs(faults),
            antbuddy_key=antbuddy_key,
            etelecom_key=etelecom_key,
            port=port,
        )
        with sandbox:
            click.echo(_greeting(sandbox))
            sys.stdout.flush()
            stopped.wait()
    except (AddressTakenError, SwitchError) as error:
        raise click.ClickException(str(error)) from None


def _greeting(sandbox: Sandbox) -> str:
    lines = [f"Serving both APIs at {sandbox.address}", ""]
    lines += [
        f"TAP_OMNIMESSAGES_{name.upper()}={value}" for name, value in sandbox.settings().items()
    ]
    return "\n".join(lines)


@main.command()
@click.option("--port", default=DEFAULT_PORT, show_default=True)
@click.option("--set", "target", type=read_time, metavar="ISO", help="Set the clock to this time.")
@click.option(
    "--advance",
    type=read_duration,
    metavar="DURATION",
    help="Move the clock, for instance by 1d or -2h.",
)
def clock(port: int, target: int | None, advance: float | None) -> None:
    """Show the clock of a serving sandbox, set it, or move it."""
    change: dict[str, Any] = {}
    if target is not None:
        change["now"] = iso(target, 6)
    if advance is not None:
        change["advance_seconds"] = advance
    told = _ask(f"http://{HOST}:{port}/sandbox/clock", change)
    click.echo(f"{told['now']} ({'frozen' if told['frozen'] else 'running'})")


def _ask(url: str, change: dict[str, Any]) -> dict[str, Any]:
    body = json.dumps(change).encode() if change else None
    request = urllib.request.Request(  # noqa: S310 - always http
        url, body, {"Content-Type": "application/json"}
    )
    # A proxy from the environment has no way to loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_CLIENT_TIMEOUT_SECONDS) as response:
            told: dict[str, Any] = json.load(response)
            return told
    except (urllib.error.URLError, ValueError, OSError) as error:
        problem = f"No sandbox answers at {url}: {error}."
        raise click.ClickException(problem) from None


@main.command()
def switches() -> None:
    """List what --variant and --fault understand."""
    for option, cls in (("--variant", ApiVariants), ("--fault", Faults)):
        for name, default, values, meaning in cls.explained():
            shown = ",".join(default) if isinstance(default, tuple) else default
            click.echo(f"{option} {name}={shown}\n    {meaning}\n    Values: {values}")
    click.echo(f"\nFaults by name: {', '.join(KINDS)}")

"""The command `tap-omnimessages-sandbox`."""

from __future__ import annotations

import json
import signal
import sys
import time
import urllib.error
import urllib.request
from typing import Any

import click
from typing_extensions import override

from omnimessages_sandbox.http.addresses import HOST, AddressTakenError
from omnimessages_sandbox.sandbox import Sandbox
from omnimessages_sandbox.switches.base import SwitchError
from omnimessages_sandbox.switches.faults import KINDS, Faults
from omnimessages_sandbox.switches.oddities import ODDITIES
from omnimessages_sandbox.switches.variants import ApiVariants
from omnimessages_sandbox.times import DAY, HOUR, MINUTE, SECOND, iso, parse_time
from omnimessages_sandbox.world.generated import GeneratedWorld

DEFAULT_PORT = 8765
_DAYS_OF_HISTORY = 90
_UNITS = {"d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND}
_CLIENT_TIMEOUT_SECONDS = 5
# An endless sleep would miss a signal that arrives just before it.
_POLL_SECONDS = 0.1


def read_time(text: str | int) -> int:
    """Parse a time on the command line; return microseconds since 1970, UTC."""
    try:
        return text if isinstance(text, int) else parse_time(text)
    except (ValueError, OverflowError):
        problem = f"{text!r} is not a time such as 2026-03-01T00:00:00Z."
        raise click.BadParameter(problem) from None


def read_duration(text: str | float) -> float:
    """Parse a duration such as `1d`, `-2h`, `30m` or `45s`; return seconds."""
    try:
        return float(text[:-1]) * _UNITS[text[-1:]] / SECOND if isinstance(text, str) else text
    except (ValueError, KeyError):
        problem = f"{text!r} is not a duration such as 1d, -2h, 30m or 45s."
        raise click.BadParameter(problem) from None


class _Commands(click.Group):
    """Commands that report an output that takes nothing, such as a full disk, in one sentence."""

    @override
    def main(self, *args: Any, **options: Any) -> Any:
        try:
            return super().main(*args, **options)
        except OSError as error:
            # Otherwise Python tries once more to write the rest at its end, and reports that.
            sys.stdout = None
            sys.exit(f"Error: standard output cannot be written: {error.strerror}.")


@click.group(cls=_Commands)
def main() -> None:
    """Serve the APIs of AntBuddy and eTelecom on 127.0.0.1, with an invented account."""


@main.command()
@click.option("--port", default=DEFAULT_PORT, show_default=True, help="Port; 0 for a free one.")
@click.option("--seed", default=0, show_default=True, help="Seed that the account is drawn from.")
@click.option(
    "--sessions-per-day",
    default=40.0,
    show_default=True,
    help="AntBuddy's sessions on an average day.",
)
@click.option(
    "--notifications-per-day",
    default=60.0,
    show_default=True,
    help="eTelecom's notifications on an average day.",
)
@click.option(
    "--start",
    type=read_time,
    metavar="ISO",
    help="Start of the account [default: 90 days before now].",
)
@click.option(
    "--now",
    type=read_time,
    metavar="ISO",
    help="Freeze the clock at this time [default: the real time, running].",
)
@click.option(
    "--variant",
    "--reading",
    "variants",
    multiple=True,
    metavar="NAME=VALUE",
    help="Choose a variant of an API; the command `switches` lists all. Repeatable.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="NAME=VALUE",
    help="Inject faults; the command `switches` lists all. Repeatable.",
)
@click.option("--antbuddy-key", help="API key for AntBuddy [default: any].")
@click.option("--etelecom-key", help="API key for eTelecom [default: any].")
def serve(  # noqa: PLR0913, PLR0917 - one argument for each option
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
    """Serve until interrupted, and print the settings for the tap."""
    if start is None:
        today = (time.time_ns() // 1000 if now is None else now) // DAY * DAY
        start = today - _DAYS_OF_HISTORY * DAY
    # A list needs no lock, so one signal may interrupt the handler of another.
    received: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda signum, _: received.append(signum))
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
            while not received:
                time.sleep(_POLL_SECONDS)
    except (AddressTakenError, SwitchError) as error:
        raise click.ClickException(str(error)) from None


def _greeting(sandbox: Sandbox) -> str:
    lines = [f"Serving both APIs at {sandbox.address}", ""]
    lines += [
        f"TAP_OMNIMESSAGES_{name.upper()}={value}" for name, value in sandbox.settings().items()
    ]
    return "\n".join(lines)


@main.command()
@click.option(
    "--port", default=DEFAULT_PORT, show_default=True, help="Port of the sandbox that is serving."
)
@click.option("--set", "target", type=read_time, metavar="ISO", help="Set the clock to this time.")
@click.option(
    "--advance",
    type=read_duration,
    metavar="DURATION",
    help="Move the clock, for example by 1d, -2h, 30m or 45s.",
)
def clock(port: int, target: int | None, advance: float | None) -> None:
    """Show, set or move the clock of a sandbox that is serving."""
    change: dict[str, Any] = {}
    if target is not None:
        change["now"] = iso(target, 6)
    if advance is not None:
        change["advance_seconds"] = advance
    state = _call(f"http://{HOST}:{port}/sandbox/clock", change)
    click.echo(f"{state['now']} ({'frozen' if state['frozen'] else 'running'})")


def _call(url: str, change: dict[str, Any]) -> dict[str, Any]:
    body = json.dumps(change).encode() if change else None
    request = urllib.request.Request(  # noqa: S310 - always http
        url, body, {"Content-Type": "application/json"}
    )
    # A proxy from the environment cannot reach this machine's loopback address.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_CLIENT_TIMEOUT_SECONDS) as response:
            state: dict[str, Any] = json.load(response)
            return state
    except (urllib.error.URLError, ValueError, OSError) as error:
        problem = f"No sandbox responds at {url}: {error}."
        raise click.ClickException(problem) from None


@main.command()
def switches() -> None:
    """List the switches for --variant and --fault."""
    for option, cls in (("--variant", ApiVariants), ("--fault", Faults)):
        for name, default, values, meaning in cls.explained():
            shown = ",".join(default) if isinstance(default, tuple) else default
            click.echo(f"{option} {name}={shown}\n    {meaning}\n    Values: {values}")
    click.echo("\nValues of antbuddy_oddity and etelecom_oddity:")
    for name, oddity in ODDITIES.items():
        click.echo(f"    {name}{':N' if oddity.has_number else ''}: {oddity.meaning}")
    click.echo(f"\nNames of faults: {', '.join(KINDS)}")
    click.echo("Codes such as A2 and E7 name questions that docs/api-notes.md explains.")

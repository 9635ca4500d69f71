"""The command that loads an account, the same for every engine.

`meltano el --state-id=…`, not `meltano run`: parallel runs of `meltano run` with one extractor
share files, and can take each other's state.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestrate.accounts import keys_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrate.accounts import Account, Fleet
    from orchestrate.plan import Chunk

# What an engine's worker knows, its own passwords among it, is nothing for a tap or a loader.
_ENGINE = "AIRFLOW_"
API_KEYS = ("antbuddy_api_key", "etelecom_api_key")


@dataclass(frozen=True)
class Command:
    """A command that is ready to run.

    Attributes:
        arguments: The program and its arguments, without any secret.
        folder: The folder to run it in.
        env: The whole environment. It holds the account's API keys, so it is never shown.
        hidden: The values that no log may show.
    """

    arguments: list[str]
    folder: Path
    env: dict[str, str] = field(repr=False)
    hidden: list[str] = field(repr=False)


def meltano() -> str:
    """Return the program: OMNIMESSAGES_MELTANO, or `meltano`."""
    return os.environ.get("OMNIMESSAGES_MELTANO") or "meltano"


def state_prefix(fleet: Fleet) -> str:
    """Return how the state ids of all accounts begin."""
    pipeline = fleet.pipeline
    return f"{pipeline.environment}:{pipeline.extractor}-to-{pipeline.loader}:"


def state_id(fleet: Fleet, account: Account, chunk: Chunk | None = None) -> str:
    """Return the state id of an account's steady run, or of a chunk of its backfill."""
    steady = f"{state_prefix(fleet)}{account.name}"
    return steady if chunk is None else f"{steady}:{chunk.name}"


def build_command(
    fleet: Fleet,
    account: Account,
    chunk: Chunk | None = None,
    *,
    full_refresh: bool = False,
    env: Mapping[str, str] | None = None,
) -> Command:
    """Build the command of a load.

    Args:
        fleet: The fleet.
        account: The account.
        chunk: The part of a backfill; None for a steady run, from the bookmark to the present.
        full_refresh: Whether to read the whole range again, instead of continuing from its state.
        env: The environment variables; by default those of this process.

    Raises:
        FleetError: The variable of an API key is missing.
    """
    env = os.environ if env is None else env
    keys = keys_of(account, env)
    tap, loader = fleet.extractor, fleet.loader
    settings: dict[str, Any] = {
        **account.tap,
        "start_date": chunk.start if chunk else account.start,
        "end_date": chunk.end if chunk else "",
        # Empty, or a key of the worker's own would load its rows into every account.
        **dict.fromkeys(API_KEYS, ""),
        **keys,
    }
    others = {name for other in fleet.accounts.values() for name in other.secrets.values()}
    variables = {
        name: value
        for name, value in env.items()
        if name not in others and not name.startswith(_ENGINE)
    }
    variables |= {tap.variable(name): _text(value) for name, value in settings.items()}
    variables |= {loader.variable(name): _text(value) for name, value in account.loader.items()}
    # For stream maps that write the account into shared tables.
    variables |= {"OMNIMESSAGES_ACCOUNT": account.name, "NO_COLOR": "1"}
    # A plugin that is missing on a worker fails there; two loads never install it at the same time.
    variables.setdefault("MELTANO_AUTO_INSTALL", "false")
    variables.setdefault("MELTANO_SEND_ANONYMOUS_USAGE_STATS", "false")
    pipeline = fleet.pipeline
    arguments = [
        meltano(),
        f"--environment={pipeline.environment}",
        "--log-format=json",
        "el",
        *(["--full-refresh"] if full_refresh else []),
        f"--state-id={state_id(fleet, account, chunk)}",
        pipeline.extractor,
        pipeline.loader,
    ]
    secrets = [env.get(loader.variable(name), "") for name in loader.secrets]
    hidden = sorted({*keys.values(), *secrets} - {""}, key=len, reverse=True)
    return Command(arguments, fleet.project, variables, hidden)


def _text(value: Any) -> str:  # noqa: ANN401 - a setting is a text, a number or a truth value
    return str(value).lower() if isinstance(value, bool) else str(value)

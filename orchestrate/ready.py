"""Which accounts a steady run loads.

`python -m orchestrate.ready` prints their names, one a line, and to standard error the others.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from orchestrate.accounts import read_fleet
from orchestrate.command import state_id, state_prefix
from orchestrate.errors import run_to_end
from orchestrate.states import MeltanoStates

if TYPE_CHECKING:
    from orchestrate.accounts import Fleet
    from orchestrate.states import States


def split_by_readiness(fleet: Fleet, states: States) -> tuple[list[str], list[str]]:
    """Part the accounts by whether a steady run may load them.

    An account whose history is loaded in chunks waits until its steady state is seeded: its first
    steady run would read all of that history itself.

    Args:
        fleet: The fleet.
        states: Where states are kept.

    Returns:
        The names of those that may be loaded, and of those that wait.
    """
    known = set(states.names(state_prefix(fleet)))
    ready: list[str] = []
    waiting: list[str] = []
    for account in fleet.accounts.values():
        is_ready = account.chunk == "all" or state_id(fleet, account) in known
        (ready if is_ready else waiting).append(account.name)
    return ready, waiting


def describe_waiting(names: list[str]) -> str:
    """Return one sentence about accounts that wait, which are at least one."""
    return f"Not loaded until their backfill is seeded: {', '.join(names)}."


def main() -> None:
    """Print the accounts that a steady run loads.

    Raises:
        FleetError: The accounts file is wrong, or Meltano cannot read its states.
    """
    fleet = read_fleet()
    ready, waiting = split_by_readiness(fleet, MeltanoStates(fleet))
    if waiting:
        print(describe_waiting(waiting), file=sys.stderr)
    for name in ready:
        print(name)


if __name__ == "__main__":
    sys.exit(run_to_end(main))

"""The states that Meltano keeps, by the commands that it documents."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any, Protocol

from orchestrate.command import meltano
from orchestrate.errors import FleetError

if TYPE_CHECKING:
    from orchestrate.accounts import Fleet

State = dict[str, Any]


class States(Protocol):
    """Where states are kept."""

    def names(self, prefix: str) -> list[str]:
        """Return the ids that begin with a text, sorted."""

    def get(self, state_id: str) -> State:
        """Return the Singer state of an id; empty if there is none."""

    def set(self, state_id: str, state: State) -> None:
        """Replace the Singer state of an id."""


class MeltanoStates:
    """The states in Meltano's state backend. Each call starts Meltano, which takes a second."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def names(self, prefix: str) -> list[str]:
        """Return the ids that begin with a text, sorted.

        Raises:
            FleetError: Meltano cannot read its states.
        """
        # Meltano's pattern takes `_` for any character.
        said = self._meltano("list", "--pattern", f"{prefix}*")
        return sorted(line for line in said.splitlines() if line.startswith(prefix))

    def get(self, state_id: str) -> State:
        """Return the Singer state of an id; empty if there is none.

        Raises:
            FleetError: Meltano cannot read the state.
        """
        said = self._meltano("get", state_id)
        try:
            state: State = json.loads(said or "{}").get("singer_state") or {}
        except (ValueError, AttributeError):
            msg = f"Meltano's state {state_id} is not an object: correct it with meltano state set."
            raise FleetError(msg) from None
        return state

    def set(self, state_id: str, state: State) -> None:
        """Replace the Singer state of an id.

        Raises:
            FleetError: Meltano cannot write the state.
        """
        self._meltano("set", "--force", state_id, json.dumps({"singer_state": state}))

    def _meltano(self, *arguments: str) -> str:
        environment = f"--environment={self._fleet.pipeline.environment}"
        command = [meltano(), environment, "state", *arguments]
        try:
            done = subprocess.run(
                command,
                cwd=self._fleet.project,
                env={**os.environ, "NO_COLOR": "1"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                encoding="utf-8",
            )
        except OSError as error:
            msg = (
                f"{command[0]} cannot be started ({error.strerror}): install Meltano, or name it "
                f"in OMNIMESSAGES_MELTANO."
            )
            raise FleetError(msg) from None
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if line.strip()]
            msg = f"meltano state {arguments[0]} failed: {' '.join(said[-3:])[-500:]}"
            raise FleetError(msg)
        return done.stdout

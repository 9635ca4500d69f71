"""The faults that the sandbox injects: their kinds, their settings, and their schedule."""

from __future__ import annotations

import threading
from collections.abc import Sequence  # noqa: TC003 - the switches read their types at run time
from dataclasses import dataclass
from typing import Literal

from typing_extensions import override

from omnimessages_sandbox.switches.base import SwitchError, Switches, switch
from omnimessages_sandbox.world.dice import dice

NO_FAULT = "ok"

STATUS_KINDS = (
    "400",
    "401",
    "403_permission_denied",
    "403_resource_exhausted",
    "404",
    "408",
    "409",
    "429",
    "500",
    "501",
    "502",
    "503",
    "504",
)
"""Refusals by HTTP status.

An argument sets `Retry-After`: `429:2` is 2 seconds, `429:date` is a date 1 second ahead,
`429:date:5` is a date 5 seconds ahead, and `429:past` is a date in the past.
"""

WIRE_KINDS = (
    "refuse",
    "reset",
    "cut_body",
    "cut_chunked",
    "trickle",
    "never",
    "huge",
    "redirect",
)
"""Connections that break, hang, never end or redirect."""

BODY_KINDS = (
    "truncated_json",
    "html",
    "success_false",
    "error_body",
    "empty_200",
    "no_list",
)
"""Responses with HTTP 200 and an unusable body."""

KINDS = (NO_FAULT, *STATUS_KINDS, *WIRE_KINDS, *BODY_KINDS)
"""The names of all faults; `ok` lets a request pass."""


def split_kind(fault: str) -> tuple[str, str]:
    """Split a fault such as `429:2` into its kind and its argument.

    Args:
        fault: The fault.

    Returns:
        The kind, and the argument, which is empty if there is none.

    Raises:
        SwitchError: The kind or the argument does not exist.
    """
    kind, _, argument = fault.partition(":")
    if kind not in KINDS:
        problem = f"There is no fault {fault!r}; the faults are {', '.join(KINDS)}."
        raise SwitchError(problem)
    if argument and kind not in STATUS_KINDS:
        problem = f"The fault {kind!r} takes no argument after a colon."
        raise SwitchError(problem)
    word, _, seconds = argument.partition(":")
    if word not in ("", "absent", "date", "past") and not word.isdigit():
        problem = f"The argument of {fault!r} can be a number of seconds, date, past or absent."
        raise SwitchError(problem)
    if seconds and not (word == "date" and seconds.isdigit()):
        problem = f"A number of seconds in {fault!r} is only possible after 'date'."
        raise SwitchError(problem)
    return kind, argument


@dataclass(frozen=True)
class Faults(Switches):
    """The faults to inject; immutable, so replace the whole object to change one.

    The script decides first, then the permanent fault, then the random draw.
    """

    plural = "faults"

    script: Sequence[str] = switch(
        default=(),
        meaning="Faults for the next requests, in this order; 'ok' lets a request pass.",
    )
    permanent: str | None = switch(default=None, meaning="A fault for every request.")
    rate: float = switch(
        default=0.0,
        meaning="The share of requests that get a random fault, from 0 to 1.",
    )
    seed: int = switch(default=0, meaning="The seed of the random faults.")
    kinds: Sequence[str] = switch(
        default=("429:1", "500", "502", "503", "reset", "cut_body", "truncated_json", "html"),
        meaning="The faults that a random fault is drawn from.",
    )
    api: Literal["antbuddy", "etelecom"] | None = switch(
        default=None, meaning="The API that gets the faults; none means both."
    )
    latency_seconds: float = switch(
        default=0.0,
        meaning="The delay before every response, in seconds.",
    )
    trickle_seconds: float = switch(
        default=0.01,
        meaning="The pause between two bytes of the fault 'trickle', in seconds.",
    )
    huge_bytes: int = switch(
        default=1 << 30,
        meaning="The bytes after which the fault 'huge' breaks off, to spare the client's memory.",
    )
    redirect_to: str = switch(
        default="http://127.0.0.1:9",
        meaning="The target of the fault 'redirect'; the request's path is appended.",
    )

    @override
    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            SwitchError: A fault does not exist, or a switch cannot have its value.
        """
        super().__post_init__()
        for fault in (*self.script, *self.kinds, *([self.permanent] if self.permanent else [])):
            split_kind(fault)
        if not 0 <= self.rate <= 1:
            problem = f"rate cannot be {self.rate!r}; it can be a number from 0 to 1."
            raise SwitchError(problem)

    def concerns(self, api: str) -> bool:
        """Whether an API gets the faults."""
        return self.api in (None, api)


class FaultPlan:
    """The faults of the coming requests: the rest of the script, and the random draws."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._lock = threading.Lock()
        self._left = list(reversed(faults.script))
        self._dice = dice(faults.seed)

    def take(self, api: str) -> str | None:
        """Return the fault of the next request, or None if the request passes.

        Args:
            api: `antbuddy` or `etelecom`.
        """
        faults = self.faults
        if not faults.concerns(api):
            return None
        with self._lock:
            fault = faults.permanent
            if self._left:
                fault = self._left.pop()
            elif fault is None and faults.rate and self._dice.random() < faults.rate:
                fault = self._dice.choice(faults.kinds)
        return None if fault in (None, NO_FAULT) else fault

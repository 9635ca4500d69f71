"""What goes wrong between a client and the APIs, and when."""

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
"""Refusals by HTTP status. Each may carry what `Retry-After` says, for instance `429:2` (seconds),
`429:date` (a date a second ahead), `429:date:5` (five), `429:past` (a date that is over)."""

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
"""Connections that break, hang or lead elsewhere."""

BODY_KINDS = (
    "truncated_json",
    "html",
    "success_false",
    "error_body",
    "empty_200",
    "no_list",
)
"""Answers with status 200 that are no good."""

KINDS = (NO_FAULT, *STATUS_KINDS, *WIRE_KINDS, *BODY_KINDS)
"""Every fault by name; `ok` lets a request pass."""


def split_kind(fault: str) -> tuple[str, str]:
    """Split a fault's name from its argument, for instance `429:2`.

    Raises:
        SwitchError: There is no such fault.
    """
    kind, _, argument = fault.partition(":")
    if kind not in KINDS:
        problem = f"There is no fault named {fault!r}; there are {', '.join(KINDS)}."
        raise SwitchError(problem)
    if argument and kind not in STATUS_KINDS:
        problem = f"The fault {kind!r} takes nothing behind a colon."
        raise SwitchError(problem)
    word, _, seconds = argument.partition(":")
    if word not in ("", "absent", "date", "past") and not word.isdigit():
        problem = f"Retry-After in {fault!r} can be seconds, date, past or absent."
        raise SwitchError(problem)
    if seconds and not (word == "date" and seconds.isdigit()):
        problem = f"{fault!r} can only name seconds ahead behind 'date'."
        raise SwitchError(problem)
    return kind, argument


@dataclass(frozen=True)
class Faults(Switches):
    """Which requests go wrong, and how; immutable, replace it as a whole.

    For one request the first of these decides: the script, the permanent fault, the dice.
    """

    plural = "faults"

    script: Sequence[str] = switch(
        default=(),
        meaning="Faults for the next requests, one each in their order; 'ok' lets one pass.",
    )
    permanent: str | None = switch(default=None, meaning="A fault for every request.")
    rate: float = switch(
        default=0.0,
        meaning="The share of requests, from 0 to 1, that a drawn fault befalls.",
    )
    seed: int = switch(default=0, meaning="What decides which requests, and which of the kinds.")
    kinds: Sequence[str] = switch(
        default=("429:1", "500", "502", "503", "reset", "cut_body", "truncated_json", "html"),
        meaning="The faults that are drawn from.",
    )
    api: Literal["antbuddy", "etelecom"] | None = switch(
        default=None, meaning="The API whose requests are meant; none means both."
    )
    latency_seconds: float = switch(
        default=0.0,
        meaning="How long every answer waits before it is given.",
    )
    trickle_seconds: float = switch(
        default=0.01,
        meaning="The pause between two bytes of a trickling answer.",
    )
    huge_bytes: int = switch(
        default=1 << 30,
        meaning="After how many bytes a huge answer breaks off; only spares the client's memory.",
    )
    redirect_to: str = switch(
        default="http://127.0.0.1:9",
        meaning="Where a redirect leads; the request's path is appended.",
    )

    @override
    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            SwitchError: A fault that does not exist, or an impossible value.
        """
        super().__post_init__()
        for fault in (*self.script, *self.kinds, *([self.permanent] if self.permanent else [])):
            split_kind(fault)
        if not 0 <= self.rate <= 1:
            problem = f"rate cannot be {self.rate!r}; it is a share from 0 to 1."
            raise SwitchError(problem)

    def concerns(self, api: str) -> bool:
        """Tell whether an API's requests are meant."""
        return self.api in (None, api)


class FaultPlan:
    """The faults of the requests to come: where the script stands, and the dice."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._lock = threading.Lock()
        self._left = list(reversed(faults.script))
        self._dice = dice(faults.seed)

    def take(self, api: str) -> str | None:
        """Give the fault of the next request, or None when it passes.

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

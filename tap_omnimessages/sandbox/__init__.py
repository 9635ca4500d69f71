"""Both APIs on 127.0.0.1, served from a living world, for trials and tests without an account.

`Sandbox` serves a world (`GeneratedWorld`, seeded, or `FixedWorld`, given records) in the
documented format of the API pages `antbuddy-get-omni-messages` and `etelecom-list-messages`.
`Readings` switches what those pages leave open, `Faults` says what goes wrong.
"""

from __future__ import annotations

from tap_omnimessages.sandbox.ambiguities import READINGS_BY_AMBIGUITY
from tap_omnimessages.sandbox.churn import Churned
from tap_omnimessages.sandbox.faults import KINDS, Faults
from tap_omnimessages.sandbox.fixed_world import FixedWorld
from tap_omnimessages.sandbox.generated_world import GeneratedWorld
from tap_omnimessages.sandbox.readings import Readings
from tap_omnimessages.sandbox.requests_log import Request
from tap_omnimessages.sandbox.sandbox import Sandbox
from tap_omnimessages.sandbox.server import AddressTakenError
from tap_omnimessages.sandbox.switches import SwitchError
from tap_omnimessages.sandbox.world import World

__all__ = [
    "KINDS",
    "READINGS_BY_AMBIGUITY",
    "AddressTakenError",
    "Churned",
    "Faults",
    "FixedWorld",
    "GeneratedWorld",
    "Readings",
    "Request",
    "Sandbox",
    "SwitchError",
    "World",
]

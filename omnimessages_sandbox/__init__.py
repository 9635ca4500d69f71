"""Both APIs on 127.0.0.1, with an invented account, for trials and tests.

`Sandbox` serves a world: `GeneratedWorld` draws records from a seed, `FixedWorld` holds given
ones. The format is that of the API pages `antbuddy-get-omni-messages` and `etelecom-list-messages`.
`ApiVariants` selects among the meanings that these pages leave open, and `Faults` injects faults.

Only serving needs the extra `sandbox`; importing this package does not.
"""

from __future__ import annotations

from omnimessages_sandbox.apis.churn import Churned
from omnimessages_sandbox.http.addresses import AddressTakenError
from omnimessages_sandbox.request_log import Request
from omnimessages_sandbox.sandbox import Sandbox
from omnimessages_sandbox.switches.base import SwitchError
from omnimessages_sandbox.switches.faults import KINDS, Faults
from omnimessages_sandbox.switches.oddities import ODDITIES
from omnimessages_sandbox.switches.open_questions import ODD_VARIANTS, VARIANTS_BY_QUESTION
from omnimessages_sandbox.switches.variants import ApiVariants
from omnimessages_sandbox.world.base import World
from omnimessages_sandbox.world.fixed import FixedWorld
from omnimessages_sandbox.world.generated import GeneratedWorld

__all__ = [
    "KINDS",
    "ODDITIES",
    "ODD_VARIANTS",
    "VARIANTS_BY_QUESTION",
    "AddressTakenError",
    "ApiVariants",
    "Churned",
    "Faults",
    "FixedWorld",
    "GeneratedWorld",
    "Request",
    "Sandbox",
    "SwitchError",
    "World",
]

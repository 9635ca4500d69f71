"""Both APIs on 127.0.0.1, served from a living world, for trials and tests without an account.

`Sandbox` serves a world (`GeneratedWorld`, seeded, or `FixedWorld`, given records) in the
documented format of the API pages `antbuddy-get-omni-messages` and `etelecom-list-messages`.
`ApiVariants` switches what those pages leave open, `Faults` says what goes wrong.
"""

from __future__ import annotations

from omnimessages_sandbox.apis.churn import Churned
from omnimessages_sandbox.http.addresses import AddressTakenError
from omnimessages_sandbox.request_log import Request
from omnimessages_sandbox.sandbox import Sandbox
from omnimessages_sandbox.switches.base import SwitchError
from omnimessages_sandbox.switches.faults import KINDS, Faults
from omnimessages_sandbox.switches.open_questions import VARIANTS_BY_QUESTION
from omnimessages_sandbox.switches.variants import ApiVariants
from omnimessages_sandbox.world.base import World
from omnimessages_sandbox.world.fixed import FixedWorld
from omnimessages_sandbox.world.generated import GeneratedWorld

__all__ = [
    "KINDS",
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

"""The state of a sandbox: a world, a clock, switches, API keys, and the log of requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnimessages_sandbox.apis.antbuddy.api import AntBuddyApi
from omnimessages_sandbox.apis.etelecom.api import EtelecomApi
from omnimessages_sandbox.clock import Clock
from omnimessages_sandbox.switches.faults import FaultPlan, Faults
from omnimessages_sandbox.switches.variants import ApiVariants
from omnimessages_sandbox.world.generated import GeneratedWorld

if TYPE_CHECKING:
    from datetime import datetime

    from omnimessages_sandbox.apis.churn import Churned
    from omnimessages_sandbox.request_log import Request
    from omnimessages_sandbox.times import TimeLike
    from omnimessages_sandbox.world.base import World


class SandboxState:
    """Everything that the responses of both APIs depend on.

    Attributes:
        world: The account's records.
        clock: The clock of both APIs.
        fault_plan: The faults of the coming requests.
        variants: The variants of the APIs; it may be replaced at any time.
        requests: The requests to the APIs, oldest first.
        in_flight: The number of requests in progress.
        most_in_flight: The largest `in_flight` so far.
        antbuddy_key: The only API key that AntBuddy accepts; None for any.
        etelecom_key: The only API key that eTelecom accepts; None for any.
        antbuddy: AntBuddy's API over the world.
        etelecom: eTelecom's API over the world.
    """

    def __init__(
        self,
        world: World | None = None,
        now: TimeLike | None = None,
        variants: ApiVariants | None = None,
        faults: Faults | None = None,
        *,
        antbuddy_key: str | None = None,
        etelecom_key: str | None = None,
    ) -> None:
        """Create the state.

        Args:
            world: The records; None for a generated world with its defaults.
            now: The time to freeze the clock at; None for real time.
            variants: The variants of the APIs; None for the documented format.
            faults: The faults to inject; None for none.
            antbuddy_key: The only API key that AntBuddy accepts; None for any.
            etelecom_key: The only API key that eTelecom accepts; None for any.
        """
        self.world: World = GeneratedWorld() if world is None else world
        self.clock = Clock(now)
        self.variants = ApiVariants() if variants is None else variants
        self.fault_plan = FaultPlan(Faults() if faults is None else faults)
        self.requests: list[Request] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.antbuddy_key = antbuddy_key
        self.etelecom_key = etelecom_key
        self.antbuddy = AntBuddyApi(self.world)
        self.etelecom = EtelecomApi(self.world)

    @property
    def now(self) -> datetime:
        """The sandbox's time as an aware UTC datetime."""
        return self.clock.now

    def set_now(self, now: TimeLike) -> None:
        """Set the clock; a running clock runs on.

        Args:
            now: The new time: an ISO text, a datetime or an epoch number.
        """
        self.clock.set(now)

    def advance(self, *, days: float = 0, hours: float = 0, seconds: float = 0) -> None:
        """Move the clock; a negative duration moves it back.

        Args:
            days: Days to add.
            hours: Hours to add.
            seconds: Seconds to add.
        """
        self.clock.advance(days=days, hours=hours, seconds=seconds)

    @property
    def faults(self) -> Faults:
        """The faults to inject; setting them restarts the script and the random draws."""
        return self.fault_plan.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self.fault_plan = FaultPlan(faults)

    @property
    def churned(self) -> dict[str, Churned]:
        """The changes that the churn switches have made so far, by `antbuddy` and `etelecom`."""
        return {
            "antbuddy": self.antbuddy.overlay.churned,
            "etelecom": self.etelecom.overlay.churned,
        }

    def clear_requests(self) -> None:
        """Empty the log of requests."""
        self.requests.clear()

"""What a sandbox holds: a world, a clock, switches, keys, and the log of requests."""

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
    """All that the answers of both APIs depend on.

    Attributes:
        world: The account's records.
        clock: The time both APIs live in.
        variants: How open points of the API pages are read; replace it at any time.
        requests: What the APIs were asked, oldest first.
        in_flight: How many requests are being answered.
        most_in_flight: The most requests that have been answered at the same time.
        antbuddy_key: The only key AntBuddy accepts, or None for any.
        etelecom_key: The only key eTelecom accepts, or None for any.
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
        """Make the state.

        Args:
            world: The records; a generated world with its defaults when None.
            now: The time to freeze the clock at, or None for real time.
            variants: How open points are read; the documented format when None.
            faults: What goes wrong; nothing when None.
            antbuddy_key: The only key AntBuddy accepts, or None for any.
            etelecom_key: The only key eTelecom accepts, or None for any.
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
        """The sandbox's time, aware, UTC."""
        return self.clock.now

    def set_now(self, now: TimeLike) -> None:
        """Set the clock; a running clock runs on from there.

        Args:
            now: The new time; ISO text, datetime or epoch number.
        """
        self.clock.set(now)

    def advance(self, *, days: float = 0, hours: float = 0, seconds: float = 0) -> None:
        """Move the clock by a duration; a negative one moves it back.

        Args:
            days: Days to add.
            hours: Hours to add.
            seconds: Seconds to add.
        """
        self.clock.advance(days=days, hours=hours, seconds=seconds)

    @property
    def faults(self) -> Faults:
        """What goes wrong; setting it begins its script and its dice anew."""
        return self.fault_plan.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self.fault_plan = FaultPlan(faults)

    @property
    def churned(self) -> dict[str, Churned]:
        """What the churn switches have done so far, by API: `antbuddy` and `etelecom`."""
        return {
            "antbuddy": self.antbuddy.overlay.churned,
            "etelecom": self.etelecom.overlay.churned,
        }

    def clear_requests(self) -> None:
        """Forget what the APIs were asked."""
        self.requests.clear()

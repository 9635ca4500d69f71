"""The sandbox as a Python object: a world, a clock, switches, and both APIs served from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from tap_omnimessages.sandbox.antbuddy import AntBuddyApi
from tap_omnimessages.sandbox.clock import Clock
from tap_omnimessages.sandbox.etelecom import EtelecomApi
from tap_omnimessages.sandbox.faults import FaultPlan, Faults
from tap_omnimessages.sandbox.generated_world import GeneratedWorld
from tap_omnimessages.sandbox.readings import Readings
from tap_omnimessages.sandbox.routes import ANTBUDDY_BASE, ETELECOM_BASE, Routes
from tap_omnimessages.sandbox.server import HOST, BackgroundServer
from tap_omnimessages.sandbox.times import TimeLike, iso

if TYPE_CHECKING:
    from datetime import datetime
    from types import TracebackType

    from tap_omnimessages.sandbox.churn import Churned
    from tap_omnimessages.sandbox.requests_log import Request
    from tap_omnimessages.sandbox.world import World

_ANY_KEY = "sandbox-{api}-key"


class Sandbox:
    """Both APIs on 127.0.0.1; a context manager that serves from a background thread.

    Attributes:
        world: The account's records.
        clock: The time both APIs live in.
        readings: How open points of the API pages are read; replace it at any time.
        requests: What the APIs were asked, oldest first.
        in_flight: How many requests are being answered.
        most_in_flight: The most requests that have been answered at the same time.
        antbuddy_key: The only key AntBuddy accepts, or None for any.
        etelecom_key: The only key eTelecom accepts, or None for any.
    """

    def __init__(  # noqa: PLR0913
        self,
        world: World | None = None,
        now: TimeLike | None = None,
        readings: Readings | None = None,
        faults: Faults | None = None,
        *,
        antbuddy_key: str | None = None,
        etelecom_key: str | None = None,
        port: int = 0,
    ) -> None:
        """Prepare the sandbox; it serves inside `with`, or between `start` and `stop`.

        Args:
            world: The records; a generated world with its defaults when None.
            now: The time to freeze the clock at, or None for real time.
            readings: How open points are read; the documented format when None.
            faults: What goes wrong; nothing when None.
            antbuddy_key: The only key AntBuddy accepts, or None for any.
            etelecom_key: The only key eTelecom accepts, or None for any.
            port: The port, or 0 for a free one.
        """
        self.world: World = GeneratedWorld() if world is None else world
        self.clock = Clock(now)
        self.readings = Readings() if readings is None else readings
        self.fault_plan = FaultPlan(Faults() if faults is None else faults)
        self.requests: list[Request] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.antbuddy_key = antbuddy_key
        self.etelecom_key = etelecom_key
        self.antbuddy = AntBuddyApi(self.world)
        self.etelecom = EtelecomApi(self.world)
        self._port = port
        self._server: BackgroundServer | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start serving; returns when the port is open.

        Raises:
            AddressTakenError: The port cannot be had.
        """
        server = BackgroundServer(lambda stopping: Routes(self, stopping).application(), self._port)
        server.start()
        self._server = server

    def stop(self) -> None:
        """Stop serving; answers that hang are given up."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    @property
    def address(self) -> str:
        """Where it serves, for instance `http://127.0.0.1:40123`.

        Raises:
            RuntimeError: It does not serve.
        """
        if self._server is None:
            problem = "the sandbox does not serve: use it in a with statement"
            raise RuntimeError(problem)
        return f"http://{HOST}:{self._server.port}"

    def settings(self) -> dict[str, str]:
        """Give the tap's settings for this sandbox: keys, base URLs, and the world's start."""
        return {
            "antbuddy_api_key": self.antbuddy_key or _ANY_KEY.format(api="antbuddy"),
            "antbuddy_base_url": self.address + ANTBUDDY_BASE,
            "etelecom_api_key": self.etelecom_key or _ANY_KEY.format(api="etelecom"),
            "etelecom_base_url": self.address + ETELECOM_BASE,
            "start_date": iso(self.world.start_us),
        }

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

"""The sandbox as a Python object: its state and its server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from omnimessages_sandbox.http.addresses import ANTBUDDY_BASE, ETELECOM_BASE, HOST
from omnimessages_sandbox.state import SandboxState
from omnimessages_sandbox.times import iso

if TYPE_CHECKING:
    from types import TracebackType

    from omnimessages_sandbox.http.server import BackgroundServer
    from omnimessages_sandbox.switches.faults import Faults
    from omnimessages_sandbox.switches.variants import ApiVariants
    from omnimessages_sandbox.times import TimeLike
    from omnimessages_sandbox.world.base import World

_ANY_KEY = "sandbox-{api}-key"


class Sandbox(SandboxState):
    """Both APIs on 127.0.0.1, served from a background thread inside `with`."""

    def __init__(  # noqa: PLR0913
        self,
        world: World | None = None,
        now: TimeLike | None = None,
        variants: ApiVariants | None = None,
        faults: Faults | None = None,
        *,
        antbuddy_key: str | None = None,
        etelecom_key: str | None = None,
        port: int = 0,
    ) -> None:
        """Create the sandbox; it serves inside `with`, or between `start` and `stop`.

        Args:
            world: The records; None for a generated world with its defaults.
            now: The time to freeze the clock at; None for real time.
            variants: The variants of the APIs; None for the documented format.
            faults: The faults to inject; None for none.
            antbuddy_key: The only API key that AntBuddy accepts; None for any.
            etelecom_key: The only API key that eTelecom accepts; None for any.
            port: The port; 0 for a free one.
        """
        super().__init__(
            world, now, variants, faults, antbuddy_key=antbuddy_key, etelecom_key=etelecom_key
        )
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
            AddressTakenError: The port is taken or not allowed.
        """
        # Only serving may need the extra `sandbox`.
        from omnimessages_sandbox.http.routes import Routes  # noqa: PLC0415
        from omnimessages_sandbox.http.server import BackgroundServer  # noqa: PLC0415

        server = BackgroundServer(lambda stopping: Routes(self, stopping).application(), self._port)
        server.start()
        self._server = server

    def stop(self) -> None:
        """Stop serving, and cancel the responses that hang."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    @property
    def address(self) -> str:
        """The address, for instance `http://127.0.0.1:40123`.

        Raises:
            RuntimeError: The sandbox is not serving.
        """
        if self._server is None:
            problem = "the sandbox is not serving: use it in a with statement"
            raise RuntimeError(problem)
        return f"http://{HOST}:{self._server.port}"

    def settings(self) -> dict[str, str]:
        """Return the tap's settings for this sandbox: API keys, base URLs and the start date."""
        return {
            "antbuddy_api_key": self.antbuddy_key or _ANY_KEY.format(api="antbuddy"),
            "antbuddy_base_url": self.address + ANTBUDDY_BASE,
            "etelecom_api_key": self.etelecom_key or _ANY_KEY.format(api="etelecom"),
            "etelecom_base_url": self.address + ETELECOM_BASE,
            "start_date": iso(self.world.start_us),
        }

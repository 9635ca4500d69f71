"""The sandbox as a Python object: its state, and a server that answers from it."""

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
    """Both APIs on 127.0.0.1; a context manager that serves from a background thread."""

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
        """Prepare the sandbox; it serves inside `with`, or between `start` and `stop`.

        Args:
            world: As `SandboxState`.
            now: As `SandboxState`.
            variants: As `SandboxState`.
            faults: As `SandboxState`.
            antbuddy_key: As `SandboxState`.
            etelecom_key: As `SandboxState`.
            port: The port, or 0 for a free one.
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
            AddressTakenError: The port cannot be had.
        """
        # The web server needs the extra `sandbox`; importing this package does not.
        from omnimessages_sandbox.http.routes import Routes  # noqa: PLC0415
        from omnimessages_sandbox.http.server import BackgroundServer  # noqa: PLC0415

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

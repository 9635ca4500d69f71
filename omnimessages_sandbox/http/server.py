"""A web server in a background thread with its own event loop."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from aiohttp import web

from omnimessages_sandbox.http.addresses import HOST, AddressTakenError

if TYPE_CHECKING:
    from collections.abc import Callable

_GRACE_SECONDS = 0.2


class BackgroundServer:
    """An HTTP server on the loopback address that runs in a background thread."""

    def __init__(self, make: Callable[[asyncio.Event], web.Application], port: int) -> None:
        """Create the server without starting it.

        Args:
            make: Returns the application, given an event that is set when the server stops.
            port: The port; 0 for a free one.
        """
        self._make = make
        self.port = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._failure: OSError | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sandbox", daemon=True)

    def start(self) -> None:
        """Start serving; returns when the port is open.

        Raises:
            AddressTakenError: The port is taken or not allowed.
        """
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            reason = self._failure.strerror or str(self._failure)
            problem = f"Port {self.port} on {HOST} cannot be used: {reason}."
            raise AddressTakenError(problem)

    def stop(self) -> None:
        """Stop serving, and cancel the responses that hang."""
        if self._loop is not None and self._stopping is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _work(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = stopping = asyncio.Event()
        runner = web.AppRunner(
            self._make(stopping), access_log=None, shutdown_timeout=_GRACE_SECONDS
        )
        await runner.setup()
        try:
            site = web.TCPSite(runner, HOST, self.port, backlog=512)
            try:
                await site.start()
            except OSError as failure:
                self._failure = failure
                return
            self.port = runner.addresses[0][1]
            self._ready.set()
            await stopping.wait()
        finally:
            await runner.cleanup()

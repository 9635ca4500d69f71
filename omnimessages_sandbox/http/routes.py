"""The HTTP routes of both APIs, with the checks of API keys, faults, and the log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from omnimessages_sandbox.apis.antbuddy.api import refusal as antbuddy_refusal
from omnimessages_sandbox.apis.etelecom.request import refusal as etelecom_refusal
from omnimessages_sandbox.apis.responses import ApiResponse, RefusedError
from omnimessages_sandbox.http.addresses import ANTBUDDY_BASE, ETELECOM_BASES
from omnimessages_sandbox.http.control import add_control
from omnimessages_sandbox.http.fault_injection import (
    JSON,
    FaultContext,
    Outcome,
    inject_fault,
    wait_or_stop,
)
from omnimessages_sandbox.request_log import Request, remember

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from omnimessages_sandbox.state import SandboxState

_METHOD = ".Zalo/ListMessages"


class Routes:
    """The handlers of HTTP requests, over the state of a sandbox."""

    def __init__(self, state: SandboxState, stopping: asyncio.Event) -> None:
        """Create the handlers.

        Args:
            state: The state of the sandbox.
            stopping: An event that is set when the server stops.
        """
        self._state = state
        self._stopping = stopping

    def application(self) -> web.Application:
        """Return the web application that serves both APIs and the control address."""
        application = web.Application()
        application.on_response_prepare.append(self._set_date)
        application.router.add_route("*", ANTBUDDY_BASE + "{tail:(/.*)?}", self._antbuddy)
        application.router.add_route("*", "/etelecom{tail:(/.*)?}", self._etelecom)
        add_control(application, self._state)
        return application

    async def _set_date(self, _: web.Request, response: web.StreamResponse) -> None:
        """Set the Date header to the sandbox's time.

        Beside Retry-After it stays the real time, which the client waits in.
        """
        if "Retry-After" in response.headers:
            return
        now = self._state.now
        response.headers["Date"] = now.strftime("%a, %d %b %Y %H:%M:%S GMT")

    async def _antbuddy(self, request: web.Request) -> web.StreamResponse:
        state = self._state
        query = dict(request.query)

        def respond() -> ApiResponse:
            key = request.headers.get("apikey", "")
            if not key or state.antbuddy_key not in (None, key):
                raise antbuddy_refusal(401, "Unauthorized")
            if request.path.rstrip("/") != f"{ANTBUDDY_BASE}/messages" or request.method != "GET":
                raise antbuddy_refusal(404, "Not found")
            return state.antbuddy.answer(query, state.variants, state.clock.now_us)

        return await self._serve(request, "antbuddy", query, respond)

    async def _etelecom(self, request: web.Request) -> web.StreamResponse:
        state = self._state
        body = await request.read()

        def respond() -> ApiResponse:
            paths = [base + _METHOD for base in ETELECOM_BASES]
            if (
                request.path not in paths
                or request.method != "POST"
                or request.content_type != "application/json"
            ):
                raise etelecom_refusal(code="bad_route", msg=f"no handler for path {request.path}")
            scheme, _, key = request.headers.get("Authorization", "").partition(" ")
            if scheme != "Bearer" or not key or state.etelecom_key not in (None, key):
                raise etelecom_refusal(code="unauthenticated", msg="unauthenticated")
            return state.etelecom.answer(body, state.variants, state.clock.now_us)

        return await self._serve(request, "etelecom", _decoded(body), respond)

    async def _serve(
        self,
        request: web.Request,
        api: str,
        params: dict[str, Any],
        respond: Callable[[], ApiResponse],
    ) -> web.StreamResponse:
        state = self._state
        headers = {name.lower(): value for name, value in request.headers.items()}
        entry = Request(api, request.method, request.path, params, headers)
        state.in_flight += 1
        state.most_in_flight = max(state.most_in_flight, state.in_flight)
        try:
            outcome = await self._outcome(request, entry, respond)
        finally:
            state.in_flight -= 1
        entry.status, entry.rows = outcome.status, outcome.rows
        return outcome.response

    async def _outcome(
        self, request: web.Request, entry: Request, respond: Callable[[], ApiResponse]
    ) -> Outcome:
        plan = self._state.fault_plan
        entry.fault = plan.take(entry.api)
        remember(self._state.requests, entry)
        if plan.faults.latency_seconds and plan.faults.concerns(entry.api):
            await wait_or_stop(self._stopping, plan.faults.latency_seconds)

        def respond_or_refuse() -> ApiResponse:
            try:
                return respond()
            except RefusedError as refused:
                return refused.response

        if entry.fault is not None:
            context = FaultContext(
                request, entry.api, plan.faults, self._stopping, respond_or_refuse
            )
            return await inject_fault(entry.fault, context)
        found = respond_or_refuse()
        response = web.Response(status=found.status, body=found.body, headers=JSON)
        return Outcome(response, found.status, found.rows)


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        decoded = json.loads(body or b"{}")
    except ValueError:
        return {}
    return decoded if isinstance(decoded, dict) else {}

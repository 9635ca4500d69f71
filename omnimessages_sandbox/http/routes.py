"""The HTTP side of both APIs: routes, keys, faults, and the log of requests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from omnimessages_sandbox.apis.antbuddy.api import refusal as antbuddy_refusal
from omnimessages_sandbox.apis.etelecom.request import refusal as etelecom_refusal
from omnimessages_sandbox.apis.responses import Answer, RefusedError
from omnimessages_sandbox.http.addresses import ANTBUDDY_BASE, ETELECOM_BASES
from omnimessages_sandbox.http.control import add_control
from omnimessages_sandbox.http.fault_injection import JSON, FaultContext, inject_fault, wait_or_stop
from omnimessages_sandbox.request_log import Request, remember

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from omnimessages_sandbox.state import SandboxState

_METHOD = ".Zalo/ListMessages"


class Routes:
    """Answers HTTP requests from a sandbox's state."""

    def __init__(self, state: SandboxState, stopping: asyncio.Event) -> None:
        """Take what the answers come from.

        Args:
            state: The world, the clock and the switches.
            stopping: Set when the server stops.
        """
        self._state = state
        self._stopping = stopping

    def application(self) -> web.Application:
        """Make the web application that serves both APIs and the control address."""
        application = web.Application()
        application.on_response_prepare.append(self._date)
        application.router.add_route("*", ANTBUDDY_BASE + "{tail:(/.*)?}", self._antbuddy)
        application.router.add_route("*", "/etelecom{tail:(/.*)?}", self._etelecom)
        add_control(application, self._state)
        return application

    async def _date(self, _: web.Request, response: web.StreamResponse) -> None:
        """Let the Date header tell the sandbox's time, as a server's tells its own.

        Beside Retry-After it tells the real time, in which the client waits.
        """
        if "Retry-After" in response.headers:
            return
        now = self._state.now
        response.headers["Date"] = now.strftime("%a, %d %b %Y %H:%M:%S GMT")

    async def _antbuddy(self, request: web.Request) -> web.StreamResponse:
        state = self._state
        query = dict(request.query)

        def answer() -> Answer:
            key = request.headers.get("apikey", "")
            if not key or state.antbuddy_key not in (None, key):
                raise antbuddy_refusal(401, "Unauthorized")
            if request.path.rstrip("/") != f"{ANTBUDDY_BASE}/messages" or request.method != "GET":
                raise antbuddy_refusal(404, "Not found")
            return state.antbuddy.answer(query, state.variants, state.clock.now_us)

        return await self._serve(request, "antbuddy", query, answer)

    async def _etelecom(self, request: web.Request) -> web.StreamResponse:
        state = self._state
        body = await request.read()

        def answer() -> Answer:
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

        return await self._serve(request, "etelecom", _decoded(body), answer)

    async def _serve(
        self,
        request: web.Request,
        api: str,
        params: dict[str, Any],
        answer: Callable[[], Answer],
    ) -> web.StreamResponse:
        state = self._state
        state.in_flight += 1
        state.most_in_flight = max(state.most_in_flight, state.in_flight)
        try:
            return await self._answer(request, api, params, answer)
        finally:
            state.in_flight -= 1

    async def _answer(
        self,
        request: web.Request,
        api: str,
        params: dict[str, Any],
        answer: Callable[[], Answer],
    ) -> web.StreamResponse:
        plan = self._state.fault_plan
        headers = {name.lower(): value for name, value in request.headers.items()}
        fault = plan.take(api)
        entry = Request(api, request.method, request.path, params, headers, fault=fault)
        remember(self._state.requests, entry)
        if plan.faults.latency_seconds and plan.faults.concerns(api):
            await wait_or_stop(self._stopping, plan.faults.latency_seconds)

        def answer_or_refuse() -> Answer:
            try:
                return answer()
            except RefusedError as refused:
                return refused.answer

        if fault is not None:
            incident = FaultContext(request, api, plan.faults, self._stopping, answer_or_refuse)
            outcome = await inject_fault(fault, incident)
            entry.status, entry.rows = outcome.status, outcome.rows
            return outcome.response
        given = answer_or_refuse()
        entry.status, entry.rows = given.status, given.rows
        return web.Response(status=given.status, body=given.body, headers=JSON)


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        decoded = json.loads(body or b"{}")
    except ValueError:
        return {}
    return decoded if isinstance(decoded, dict) else {}

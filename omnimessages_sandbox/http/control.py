"""The control address: the clock, the switches, the faults and the log, as JSON over HTTP."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from omnimessages_sandbox.request_log import summary
from omnimessages_sandbox.switches.faults import Faults
from omnimessages_sandbox.switches.variants import ApiVariants
from omnimessages_sandbox.times import iso

if TYPE_CHECKING:
    from omnimessages_sandbox.state import SandboxState

Handler = Callable[["SandboxState", dict[str, Any]], dict[str, Any]]

_ABOUT = """\
This is the sandbox of tap-omnimessages: two invented accounts, no real person in them.

AntBuddy   GET  {address}/antbuddy/messages
eTelecom   POST {address}/etelecom/v1/shop.Zalo/ListMessages

GET  {address}/sandbox/clock      the time; POST {{"now": "2026-03-01T00:00:00Z"}},
     {{"advance_seconds": 86400}} or {{"frozen": true}} changes it
GET  {address}/sandbox/variants   the switches; POST {{"antbuddy_page_cap": 20}} changes some
GET  {address}/sandbox/faults     the faults; POST {{"script": ["429", "ok"]}} begins anew
GET  {address}/sandbox/requests   what the APIs were asked
DELETE on variants, faults or requests puts back the beginning.
"""


def _clock(state: SandboxState, _: dict[str, Any]) -> dict[str, Any]:
    return {"now": iso(state.clock.now_us, 6), "frozen": state.clock.frozen}


def _move_clock(state: SandboxState, body: dict[str, Any]) -> dict[str, Any]:
    unknown = set(body) - {"now", "advance_seconds", "frozen"}
    if unknown or not body:
        problem = "Give 'now', 'advance_seconds' or 'frozen'."
        raise ValueError(problem)
    step = body.get("advance_seconds", 0)
    if isinstance(step, bool) or not isinstance(step, int | float):
        problem = "'advance_seconds' must be a number."
        raise ValueError(problem)  # noqa: TRY004 - told to the caller like the others
    if "now" in body:
        state.set_now(body["now"])
    state.advance(seconds=step)
    if "frozen" in body:
        state.clock.freeze(frozen=bool(body["frozen"]))
    return _clock(state, body)


def _variants(state: SandboxState, _: dict[str, Any]) -> dict[str, Any]:
    return state.variants.to_dict()


def _change_variants(state: SandboxState, body: dict[str, Any]) -> dict[str, Any]:
    state.variants = ApiVariants.from_dict(body, state.variants)
    return state.variants.to_dict()


def _reset_variants(state: SandboxState, _: dict[str, Any]) -> dict[str, Any]:
    state.variants = ApiVariants()
    return state.variants.to_dict()


def _faults(state: SandboxState, _: dict[str, Any]) -> dict[str, Any]:
    return state.faults.to_dict()


def _change_faults(state: SandboxState, body: dict[str, Any]) -> dict[str, Any]:
    state.faults = Faults.from_dict(body, state.faults)
    return state.faults.to_dict()


def _reset_faults(state: SandboxState, _: dict[str, Any]) -> dict[str, Any]:
    state.faults = Faults()
    return state.faults.to_dict()


def _requests(state: SandboxState, _: dict[str, Any]) -> dict[str, Any]:
    return summary(state.requests)


def _clear_requests(state: SandboxState, _: dict[str, Any]) -> dict[str, Any]:
    state.clear_requests()
    return summary(state.requests)


_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/sandbox/clock", _clock),
    ("POST", "/sandbox/clock", _move_clock),
    ("GET", "/sandbox/variants", _variants),
    ("POST", "/sandbox/variants", _change_variants),
    ("DELETE", "/sandbox/variants", _reset_variants),
    # The former name of the same address.
    ("GET", "/sandbox/readings", _variants),
    ("POST", "/sandbox/readings", _change_variants),
    ("DELETE", "/sandbox/readings", _reset_variants),
    ("GET", "/sandbox/faults", _faults),
    ("POST", "/sandbox/faults", _change_faults),
    ("DELETE", "/sandbox/faults", _reset_faults),
    ("GET", "/sandbox/requests", _requests),
    ("DELETE", "/sandbox/requests", _clear_requests),
)


def _serving(
    state: SandboxState, handler: Handler
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def serve(request: web.Request) -> web.Response:
        text = await request.text() if request.method == "POST" else ""
        try:
            body = json.loads(text or "{}")
            told = handler(state, body) if isinstance(body, dict) else None
        except (ValueError, OverflowError) as error:
            return web.json_response({"error": str(error)}, status=400)
        if told is None:
            return web.json_response({"error": "The body must be a JSON object."}, status=400)
        return web.json_response(told)

    return serve


def add_control(application: web.Application, state: SandboxState) -> None:
    """Add the control address and the page at `/` to a web application.

    Args:
        application: Where to add them.
        state: What they control.
    """

    async def about(request: web.Request) -> web.Response:
        return web.Response(text=_ABOUT.format(address=request.url.origin()))

    application.router.add_get("/", about)
    for method, path, handler in _ROUTES:
        application.router.add_route(method, path, _serving(state, handler))

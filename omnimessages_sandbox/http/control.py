"""The control address: clock, variants, faults and log of the sandbox, as JSON over HTTP."""

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
    from omnimessages_sandbox.switches.base import Switches

Handler = Callable[["SandboxState", dict[str, Any]], dict[str, Any]]
Route = tuple[str, str, Handler]

_ABOUT = """\
The sandbox of tap-omnimessages: both APIs with an invented account. No person in it is real.

AntBuddy   GET  {address}/antbuddy/messages
eTelecom   POST {address}/etelecom/v1/shop.Zalo/ListMessages

GET shows, POST changes, DELETE resets:

{address}/sandbox/clock      the clock
    POST {{"now": "2026-03-01T00:00:00Z"}} sets it, {{"advance_seconds": 86400}} moves it,
    {{"frozen": true}} stops it. It has no DELETE.
{address}/sandbox/variants   the variants of the APIs
    POST {{"antbuddy_page_cap": 20}} changes one switch.
{address}/sandbox/faults     the injected faults
    POST {{"script": ["429", "ok"]}} changes the script and restarts it.
{address}/sandbox/requests   the requests to the APIs
    It has no POST.

`tap-omnimessages-sandbox switches` lists all variants and faults.
"""


def _clock(state: SandboxState, _: dict[str, Any]) -> dict[str, Any]:
    return {"now": iso(state.clock.now_us, 6), "frozen": state.clock.frozen}


def _move_clock(state: SandboxState, body: dict[str, Any]) -> dict[str, Any]:
    unknown = set(body) - {"now", "advance_seconds", "frozen"}
    if unknown or not body:
        problem = "Send 'now', 'advance_seconds' or 'frozen'."
        raise ValueError(problem)
    step = body.get("advance_seconds", 0)
    if isinstance(step, bool) or not isinstance(step, int | float):
        problem = "'advance_seconds' must be a number."
        raise ValueError(problem)  # noqa: TRY004 - reported to the client like any other wrong value
    if "now" in body:
        state.set_now(body["now"])
    state.advance(seconds=step)
    if "frozen" in body:
        state.clock.freeze(frozen=bool(body["frozen"]))
    return _clock(state, body)


def _requests(state: SandboxState, _: dict[str, Any]) -> dict[str, Any]:
    return summary(state.requests)


def _clear_requests(state: SandboxState, _: dict[str, Any]) -> dict[str, Any]:
    state.clear_requests()
    return summary(state.requests)


def _switch_routes(path: str, name: str, kind: type[Switches]) -> tuple[Route, ...]:
    """Return the routes that show, change and reset the switches in an attribute of the state."""

    def show(state: SandboxState, _: dict[str, Any]) -> dict[str, Any]:
        switches: Switches = getattr(state, name)
        return switches.to_dict()

    def change(state: SandboxState, body: dict[str, Any]) -> dict[str, Any]:
        setattr(state, name, kind.from_dict(body, getattr(state, name)))
        return show(state, body)

    def reset(state: SandboxState, body: dict[str, Any]) -> dict[str, Any]:
        setattr(state, name, kind())
        return show(state, body)

    return ("GET", path, show), ("POST", path, change), ("DELETE", path, reset)


_ROUTES: tuple[Route, ...] = (
    ("GET", "/sandbox/clock", _clock),
    ("POST", "/sandbox/clock", _move_clock),
    *_switch_routes("/sandbox/variants", "variants", ApiVariants),
    # An alias for clients that know variants as readings.
    *_switch_routes("/sandbox/readings", "variants", ApiVariants),
    *_switch_routes("/sandbox/faults", "faults", Faults),
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
            shown = handler(state, body) if isinstance(body, dict) else None
        except (ValueError, OverflowError) as error:
            return web.json_response({"error": str(error)}, status=400)
        if shown is None:
            return web.json_response({"error": "The body must be a JSON object."}, status=400)
        return web.json_response(shown)

    return serve


def add_control(application: web.Application, state: SandboxState) -> None:
    """Add the control address and the page at `/` to a web application.

    Args:
        application: The web application.
        state: The state of the sandbox.
    """

    async def about(request: web.Request) -> web.Response:
        return web.Response(text=_ABOUT.format(address=request.url.origin()))

    application.router.add_get("/", about)
    for method, path, handler in _ROUTES:
        application.router.add_route(method, path, _serving(state, handler))

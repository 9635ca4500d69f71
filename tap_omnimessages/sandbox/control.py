"""The control address: the clock, the switches, the faults and the log, as JSON over HTTP."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tap_omnimessages.sandbox.faults import Faults
from tap_omnimessages.sandbox.readings import Readings
from tap_omnimessages.sandbox.requests_log import summary
from tap_omnimessages.sandbox.times import iso

if TYPE_CHECKING:
    from tap_omnimessages.sandbox.sandbox import Sandbox

Handler = Callable[["Sandbox", dict[str, Any]], dict[str, Any]]

_ABOUT = """\
This is the sandbox of tap-omnimessages: two invented accounts, no real person in them.

AntBuddy   GET  {address}/antbuddy/messages
eTelecom   POST {address}/etelecom/v1/shop.Zalo/ListMessages

GET  {address}/sandbox/clock      the time; POST {{"now": "2026-03-01T00:00:00Z"}},
     {{"advance_seconds": 86400}} or {{"frozen": true}} changes it
GET  {address}/sandbox/readings   the switches; POST {{"antbuddy_page_cap": 20}} changes some
GET  {address}/sandbox/faults     the faults; POST {{"script": ["429", "ok"]}} begins anew
GET  {address}/sandbox/requests   what the APIs were asked
DELETE on readings, faults or requests puts back the beginning.
"""


def _clock(sandbox: Sandbox, _: dict[str, Any]) -> dict[str, Any]:
    return {"now": iso(sandbox.clock.now_us, 6), "frozen": sandbox.clock.frozen}


def _move_clock(sandbox: Sandbox, body: dict[str, Any]) -> dict[str, Any]:
    unknown = set(body) - {"now", "advance_seconds", "frozen"}
    if unknown or not body:
        problem = "Give 'now', 'advance_seconds' or 'frozen'."
        raise ValueError(problem)
    step = body.get("advance_seconds", 0)
    if isinstance(step, bool) or not isinstance(step, int | float):
        problem = "'advance_seconds' must be a number."
        raise ValueError(problem)  # noqa: TRY004 - told to the caller like the others
    if "now" in body:
        sandbox.set_now(body["now"])
    sandbox.advance(seconds=step)
    if "frozen" in body:
        sandbox.clock.freeze(frozen=bool(body["frozen"]))
    return _clock(sandbox, body)


def _readings(sandbox: Sandbox, _: dict[str, Any]) -> dict[str, Any]:
    return sandbox.readings.to_dict()


def _change_readings(sandbox: Sandbox, body: dict[str, Any]) -> dict[str, Any]:
    sandbox.readings = Readings.from_dict(body, sandbox.readings)
    return sandbox.readings.to_dict()


def _reset_readings(sandbox: Sandbox, _: dict[str, Any]) -> dict[str, Any]:
    sandbox.readings = Readings()
    return sandbox.readings.to_dict()


def _faults(sandbox: Sandbox, _: dict[str, Any]) -> dict[str, Any]:
    return sandbox.faults.to_dict()


def _change_faults(sandbox: Sandbox, body: dict[str, Any]) -> dict[str, Any]:
    sandbox.faults = Faults.from_dict(body, sandbox.faults)
    return sandbox.faults.to_dict()


def _reset_faults(sandbox: Sandbox, _: dict[str, Any]) -> dict[str, Any]:
    sandbox.faults = Faults()
    return sandbox.faults.to_dict()


def _requests(sandbox: Sandbox, _: dict[str, Any]) -> dict[str, Any]:
    return summary(sandbox.requests)


def _clear_requests(sandbox: Sandbox, _: dict[str, Any]) -> dict[str, Any]:
    sandbox.clear_requests()
    return summary(sandbox.requests)


_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/sandbox/clock", _clock),
    ("POST", "/sandbox/clock", _move_clock),
    ("GET", "/sandbox/readings", _readings),
    ("POST", "/sandbox/readings", _change_readings),
    ("DELETE", "/sandbox/readings", _reset_readings),
    ("GET", "/sandbox/faults", _faults),
    ("POST", "/sandbox/faults", _change_faults),
    ("DELETE", "/sandbox/faults", _reset_faults),
    ("GET", "/sandbox/requests", _requests),
    ("DELETE", "/sandbox/requests", _clear_requests),
)


def _serving(
    sandbox: Sandbox, handler: Handler
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def serve(request: web.Request) -> web.Response:
        text = await request.text() if request.method == "POST" else ""
        try:
            body = json.loads(text or "{}")
            told = handler(sandbox, body) if isinstance(body, dict) else None
        except (ValueError, OverflowError) as error:
            return web.json_response({"error": str(error)}, status=400)
        if told is None:
            return web.json_response({"error": "The body must be a JSON object."}, status=400)
        return web.json_response(told)

    return serve


def add_control(application: web.Application, sandbox: Sandbox) -> None:
    """Add the control address and the page at `/` to a web application.

    Args:
        application: Where to add them.
        sandbox: What they control.
    """

    async def about(_: web.Request) -> web.Response:
        return web.Response(text=_ABOUT.format(address=sandbox.address))

    application.router.add_get("/", about)
    for method, path, handler in _ROUTES:
        application.router.add_route(method, path, _serving(sandbox, handler))

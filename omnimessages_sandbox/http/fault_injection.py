"""Fault injection: how each fault looks to the client."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import time
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING

from aiohttp import web

from omnimessages_sandbox.apis.etelecom.request import STATUS_OF_CODE
from omnimessages_sandbox.switches.faults import STATUS_KINDS, Faults, split_kind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from omnimessages_sandbox.apis.responses import ApiResponse
    from omnimessages_sandbox.world.lives import Json

JSON = {"Content-Type": "application/json; charset=utf-8"}
_HTML_HEADERS = {"Content-Type": "text/html; charset=utf-8"}
_HTML = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
_ETELECOM_CODES = {
    "400": "invalid_argument",
    "401": "unauthenticated",
    "403_permission_denied": "permission_denied",
    "403_resource_exhausted": "resource_exhausted",
    "404": "not_found",
    "408": "deadline_exceeded",
    "409": "aborted",
    "500": "internal",
    "501": "unimplemented",
    "503": "unavailable",
}
_PAGES = {"429": "Too Many Requests", "502": "Bad Gateway", "504": "Gateway Time-out"}
_HUGE_PIECE = b" " * 65_536
_HUGE_PAUSE = 0.001


@dataclass(slots=True)
class FaultContext:
    """The request that gets a fault, and what a fault needs.

    Attributes:
        request: The HTTP request.
        api: `antbuddy` or `etelecom`.
        faults: The settings of the faults.
        stopping: An event that is set when the server stops.
        respond: Returns the response without the fault.
    """

    request: web.Request
    api: str
    faults: Faults
    stopping: asyncio.Event
    respond: Callable[[], ApiResponse]


@dataclass(slots=True)
class Outcome:
    """The result of a request.

    Attributes:
        response: The HTTP response.
        status: The status that the client got; 0 for none.
        rows: The number of sessions or notifications that were sent.
    """

    response: web.StreamResponse
    status: int = 0
    rows: int = 0


async def wait_or_stop(stopping: asyncio.Event, seconds: float | None) -> bool:
    """Wait for a time, or until the server stops.

    Args:
        stopping: An event that is set when the server stops.
        seconds: The time to wait, in seconds; None for no limit.

    Returns:
        Whether the server stops.
    """
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return False
    return True


def _retry_after(argument: str) -> dict[str, str]:
    word, _, seconds = argument.partition(":")
    if word in ("", "absent"):
        return {}
    if word.isdigit():
        return {"Retry-After": word}
    ahead = -60 if word == "past" else int(seconds or 1)
    # The client compares the date with its own clock, so it is real time, not the sandbox's time.
    return {"Retry-After": formatdate(time.time() + ahead, usegmt=True)}


def _respond_with_status(context: FaultContext, kind: str, argument: str) -> Outcome:
    """Refuse with a status, in the API's own format or as a gateway's HTML page."""
    status = int(kind[:3])
    headers = _retry_after(argument)
    if kind in _PAGES:
        body, content = _HTML.format(f"{status} {_PAGES[kind]}"), _HTML_HEADERS
    elif context.api == "etelecom":
        code = _ETELECOM_CODES[kind]
        status = STATUS_OF_CODE[code]
        body, content = json.dumps({"code": code, "msg": f"sandbox fault {kind}"}), JSON
    else:
        body, content = json.dumps({"success": False, "message": f"sandbox fault {kind}"}), JSON
    response = web.Response(status=status, text=body, headers={**content, **headers})
    return Outcome(response, status)


def _hang_up(context: FaultContext) -> Outcome:
    transport = context.request.transport
    if transport is not None:
        transport.close()
    return Outcome(web.Response())


async def _refuse(context: FaultContext) -> Outcome:
    return _hang_up(context)


async def _reset(context: FaultContext) -> Outcome:
    transport = context.request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        # With a linger time of zero, the kernel sends RST instead of FIN.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return Outcome(web.Response())


async def _cut(context: FaultContext, *, chunked: bool) -> Outcome:
    whole = context.respond()
    response = web.StreamResponse(status=whole.status, headers=JSON)
    if chunked:
        response.enable_chunked_encoding()
    else:
        response.content_length = len(whole.body)
    await response.prepare(context.request)
    await response.write(whole.body[: len(whole.body) // 2])
    _hang_up(context)
    return Outcome(response, whole.status)


async def _cut_body(context: FaultContext) -> Outcome:
    return await _cut(context, chunked=False)


async def _cut_chunked(context: FaultContext) -> Outcome:
    return await _cut(context, chunked=True)


async def _trickle(context: FaultContext) -> Outcome:
    whole = context.respond()
    response = web.StreamResponse(status=whole.status, headers=JSON)
    response.content_length = len(whole.body)
    await response.prepare(context.request)
    with contextlib.suppress(ConnectionError):
        for index in range(len(whole.body)):
            await response.write(whole.body[index : index + 1])
            if await wait_or_stop(context.stopping, context.faults.trickle_seconds):
                _hang_up(context)
                break
    return Outcome(response, whole.status, whole.rows)


async def _never(context: FaultContext) -> Outcome:
    await wait_or_stop(context.stopping, None)
    return _hang_up(context)


async def _huge(context: FaultContext) -> Outcome:
    response = web.StreamResponse(status=200, headers=JSON)
    response.enable_chunked_encoding()
    await response.prepare(context.request)
    await response.write(b'{"success":true,"data":{"sessions":[')
    with contextlib.suppress(ConnectionError):
        for _ in range(0, context.faults.huge_bytes, len(_HUGE_PIECE)):
            if await wait_or_stop(context.stopping, _HUGE_PAUSE):
                break
            await response.write(_HUGE_PIECE)
    _hang_up(context)
    return Outcome(response, 200)


async def _redirect(context: FaultContext) -> Outcome:
    target = context.faults.redirect_to.rstrip("/") + context.request.path_qs
    return Outcome(web.Response(status=302, headers={"Location": target}), 302)


async def _truncated_json(context: FaultContext) -> Outcome:
    body = context.respond().body
    return Outcome(web.Response(body=body[: len(body) // 2], headers=JSON), 200)


def _fixed_response(
    body: Json, headers: dict[str, str]
) -> Callable[[FaultContext], Awaitable[Outcome]]:
    """Return a fault that responds with HTTP 200 and a fixed body."""
    text = body if isinstance(body, str) else json.dumps(body)

    async def respond(context: FaultContext) -> Outcome:  # noqa: ARG001
        return Outcome(web.Response(text=text, headers=headers), 200)

    return respond


_FAULTS: dict[str, Callable[[FaultContext], Awaitable[Outcome]]] = {
    "refuse": _refuse,
    "reset": _reset,
    "cut_body": _cut_body,
    "cut_chunked": _cut_chunked,
    "trickle": _trickle,
    "never": _never,
    "huge": _huge,
    "redirect": _redirect,
    "truncated_json": _truncated_json,
    "html": _fixed_response(_HTML.format("Maintenance"), _HTML_HEADERS),
    "success_false": _fixed_response({"success": False, "message": "sandbox fault"}, JSON),
    "error_body": _fixed_response({"code": "internal", "msg": "sandbox fault"}, JSON),
    "empty_200": _fixed_response("", JSON),
    "no_list": _fixed_response({"result": "fine"}, JSON),
}


async def inject_fault(fault: str, context: FaultContext) -> Outcome:
    """Respond to a request with a fault.

    Args:
        fault: The fault's kind; after a colon, an argument may follow, such as `429:2`.
        context: The request, and what the fault needs.

    Returns:
        The result of the request.
    """
    kind, argument = split_kind(fault)
    if kind in STATUS_KINDS:
        return _respond_with_status(context, kind, argument)
    return await _FAULTS[kind](context)

"""Turning a fault into what a client meets on the wire."""

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

    from omnimessages_sandbox.apis.responses import Answer
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
    """A request that a fault befalls.

    Attributes:
        request: The HTTP request.
        api: `antbuddy` or `etelecom`.
        faults: The settings of the faults.
        stopping: Set when the server stops.
        answer: Works out the answer that would have been given.
    """

    request: web.Request
    api: str
    faults: Faults
    stopping: asyncio.Event
    answer: Callable[[], Answer]


@dataclass(slots=True)
class Outcome:
    """What became of a request: the response to give, the status (0: none) and the rows sent."""

    response: web.StreamResponse
    status: int = 0
    rows: int = 0


async def wait_or_stop(stopping: asyncio.Event, seconds: float | None) -> bool:
    """Wait, but not longer than the server runs.

    Args:
        stopping: Set when the server stops.
        seconds: How long; None for as long as it runs.

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
    # The client compares it with its own clock, so it is real time and not the sandbox's.
    return {"Retry-After": formatdate(time.time() + ahead, usegmt=True)}


def _refused(incident: FaultContext, kind: str, argument: str) -> Outcome:
    """Refuse with a status, in the API's own format or as the gateway before it would."""
    status = int(kind[:3])
    headers = _retry_after(argument)
    if kind in _PAGES:
        body, content = _HTML.format(f"{status} {_PAGES[kind]}"), _HTML_HEADERS
    elif incident.api == "etelecom":
        code = _ETELECOM_CODES[kind]
        status = STATUS_OF_CODE[code]
        body, content = json.dumps({"code": code, "msg": f"sandbox fault {kind}"}), JSON
    else:
        body, content = json.dumps({"success": False, "message": f"sandbox fault {kind}"}), JSON
    response = web.Response(status=status, text=body, headers={**content, **headers})
    return Outcome(response, status)


def _hang_up(incident: FaultContext) -> Outcome:
    transport = incident.request.transport
    if transport is not None:
        transport.close()
    return Outcome(web.Response())


async def _refuse(incident: FaultContext) -> Outcome:
    return _hang_up(incident)


async def _reset(incident: FaultContext) -> Outcome:
    transport = incident.request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        # Lingering for zero seconds makes the kernel send RST instead of FIN.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return Outcome(web.Response())


async def _cut(incident: FaultContext, *, chunked: bool) -> Outcome:
    answer = incident.answer()
    response = web.StreamResponse(status=answer.status, headers=JSON)
    if chunked:
        response.enable_chunked_encoding()
    else:
        response.content_length = len(answer.body)
    await response.prepare(incident.request)
    await response.write(answer.body[: len(answer.body) // 2])
    _hang_up(incident)
    return Outcome(response, answer.status)


async def _cut_body(incident: FaultContext) -> Outcome:
    return await _cut(incident, chunked=False)


async def _cut_chunked(incident: FaultContext) -> Outcome:
    return await _cut(incident, chunked=True)


async def _trickle(incident: FaultContext) -> Outcome:
    answer = incident.answer()
    response = web.StreamResponse(status=answer.status, headers=JSON)
    response.content_length = len(answer.body)
    await response.prepare(incident.request)
    with contextlib.suppress(ConnectionError):
        for index in range(len(answer.body)):
            await response.write(answer.body[index : index + 1])
            if await wait_or_stop(incident.stopping, incident.faults.trickle_seconds):
                _hang_up(incident)
                break
    return Outcome(response, answer.status, answer.rows)


async def _never(incident: FaultContext) -> Outcome:
    await wait_or_stop(incident.stopping, None)
    return _hang_up(incident)


async def _huge(incident: FaultContext) -> Outcome:
    response = web.StreamResponse(status=200, headers=JSON)
    response.enable_chunked_encoding()
    await response.prepare(incident.request)
    await response.write(b'{"success":true,"data":{"sessions":[')
    with contextlib.suppress(ConnectionError):
        for _ in range(0, incident.faults.huge_bytes, len(_HUGE_PIECE)):
            if await wait_or_stop(incident.stopping, _HUGE_PAUSE):
                break
            await response.write(_HUGE_PIECE)
    _hang_up(incident)
    return Outcome(response, 200)


async def _redirect(incident: FaultContext) -> Outcome:
    target = incident.faults.redirect_to.rstrip("/") + incident.request.path_qs
    return Outcome(web.Response(status=302, headers={"Location": target}), 302)


async def _truncated_json(incident: FaultContext) -> Outcome:
    body = incident.answer().body
    return Outcome(web.Response(body=body[: len(body) // 2], headers=JSON), 200)


def _saying(body: Json, headers: dict[str, str]) -> Callable[[FaultContext], Awaitable[Outcome]]:
    """Make a fault that answers every request with 200 and the same body."""
    text = body if isinstance(body, str) else json.dumps(body)

    async def say(incident: FaultContext) -> Outcome:  # noqa: ARG001
        return Outcome(web.Response(text=text, headers=headers), 200)

    return say


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
    "html": _saying(_HTML.format("Maintenance"), _HTML_HEADERS),
    "success_false": _saying({"success": False, "message": "sandbox fault"}, JSON),
    "error_body": _saying({"code": "internal", "msg": "sandbox fault"}, JSON),
    "empty_200": _saying("", JSON),
    "no_list": _saying({"result": "fine"}, JSON),
}


async def inject_fault(fault: str, incident: FaultContext) -> Outcome:
    """Let a fault befall a request.

    Args:
        fault: Its name, with what `Retry-After` says behind a colon.
        incident: The request and what is around it.

    Returns:
        What became of the request.
    """
    kind, argument = split_kind(fault)
    if kind in STATUS_KINDS:
        return _refused(incident, kind, argument)
    return await _FAULTS[kind](incident)

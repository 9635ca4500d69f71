"""The life of one generated session: messages, late edits, and its closing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from omnimessages_sandbox.times import DAY, HOUR, MINUTE, SECOND, iso
from omnimessages_sandbox.world.lives import SessionLife
from omnimessages_sandbox.world.people import Customer, People, object_id
from omnimessages_sandbox.world.phrases import (
    BOT_REPLIES,
    OPENINGS,
    PRODUCTS,
    QUESTIONS,
    REPLIES,
    SEND_ERRORS,
)

if TYPE_CHECKING:
    import random

# A session never changes after a week, which is the tap's default lookback.
LAST_MESSAGE_AFTER = 5 * DAY
LAST_CHANGE_AFTER = 5 * DAY + 12 * HOUR
SPAN = 7 * DAY

_MESSAGE_COUNTS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16)
_MESSAGE_COUNT_WEIGHTS = (6, 10, 13, 15, 15, 12, 9, 8, 6, 4, 2)

# The gap before the next message: (cumulative share, shortest, longest).
_GAPS = (
    (0.72, 8 * SECOND, 12 * MINUTE),
    (0.94, 20 * MINUTE, 9 * HOUR),
    (0.995, 9 * HOUR, 40 * HOUR),
    (1.0, 40 * HOUR, 5 * DAY),
)
_MILLISECOND = 1000
_INBOUND = 0.5
_CLOSED_LATE = 0.2
_STAYS_OPEN = 0.1
_BOT_REPLIES = 0.08
_SEND_FAILS = 0.02
_HAS_PICTURE = 0.05
_HAS_SHARE = 0.01
_HAS_TEMPLATE = 0.03


def plan_session(
    people: People, customer: Customer, start_us: int, rng: random.Random
) -> SessionLife:
    """Draw a session from its start to its last change.

    Args:
        people: The account's agents.
        customer: The person who writes first.
        start_us: The time of the first message in microseconds since 1970, in whole milliseconds.
        rng: The source of every draw.

    Returns:
        The session's life, at most `LAST_CHANGE_AFTER` long.
    """
    words = {
        "product": rng.choice(PRODUCTS),
        "order": f"DH{rng.randrange(10**6):06d}",
        "phone": customer.phone,
        "name": customer.name,
    }
    agent = rng.choice(people.agents)
    times = _message_times(start_us, rng)
    messages: list[bytes] = []
    edits: list[tuple[int, int, bytes]] = []
    message: dict[str, Any] = {}
    for index, us in enumerate(times):
        inbound = index == 0 or rng.random() < _INBOUND
        sender = None if inbound else agent
        message = _message(customer, sender, us, _text(index, words, rng, inbound=inbound), rng)
        messages.append(msgspec.json.encode(message))
        if sender is not None and rng.random() < _SEND_FAILS:
            message = {**message, "errorMessage": rng.choice(SEND_ERRORS), "__v": 1}
            edits.append((us + rng.randrange(1, 90) * SECOND, index, msgspec.json.encode(message)))
    if rng.random() >= _STAYS_OPEN:
        edits.append(_closing(message, times, agent, rng))
    edits.sort(key=lambda edit: edit[0])
    session_id = object_id(start_us + SECOND, rng)
    head: dict[str, Any] = {
        "sessionId": session_id,
        "conversationId": customer.conversation_id,
        "pageId": customer.page_id,
        "createdAt": start_us // _MILLISECOND,
    }
    if customer.lead_id is not None:
        head["leadId"] = customer.lead_id
    head |= {"messages": [], "messageCount": 0}
    moments = sorted({*times, *(us for us, _, _ in edits)})
    return SessionLife(
        session_id, head, tuple(times), tuple(messages), tuple(edits), tuple(moments)
    )


def _message_times(start_us: int, rng: random.Random) -> list[int]:
    times = [start_us]
    for _ in range(rng.choices(_MESSAGE_COUNTS, _MESSAGE_COUNT_WEIGHTS)[0] - 1):
        draw = rng.random()
        shortest, longest = next((low, high) for share, low, high in _GAPS if draw < share)
        gap = rng.randrange(shortest, longest)
        us = times[-1] + gap - gap % _MILLISECOND
        if us > start_us + LAST_MESSAGE_AFTER:
            break
        times.append(us)
    return times


def _text(index: int, words: dict[str, str], rng: random.Random, *, inbound: bool) -> str:
    phrases = (OPENINGS if index == 0 else QUESTIONS) if inbound else REPLIES
    return rng.choice(phrases).format_map(words)


def _message(
    customer: Customer, agent: str | None, us: int, text: str, rng: random.Random
) -> dict[str, Any]:
    """Return one message; an agent's text is in `location` and `msginfo`, not in `message`."""
    bot = agent is not None and rng.random() < _BOT_REPLIES
    if bot:
        text = rng.choice(BOT_REPLIES)
    pictures = [_picture(rng)] if rng.random() < _HAS_PICTURE else []
    shares = [{"link": "https://vi-du.invalid/bai-viet"}] if rng.random() < _HAS_SHARE else []
    inbound = agent is None
    message: dict[str, Any] = {
        "_id": object_id(us, rng),
        "attachments": {"data": pictures},
        "shares": {"data": shares},
        "channel": customer.channel,
        "errorMessage": "",
        "isOutboundMessage": False,
        "isResponsedByBot": bot,
        "conversationId": customer.conversation_id,
        "pageId": customer.page_id,
        "messageId": f"{rng.getrandbits(80):020x}",
        "from": customer.id if inbound else customer.page_id,
        "to": customer.page_id if inbound else customer.id,
    }
    if inbound:
        message["message"] = text
    else:
        message["location"] = {"type": "text", "message": text}
        message["msginfo"] = {"type": "text", "message": text}
    templated = not inbound and customer.channel == "ZALO" and rng.random() < _HAS_TEMPLATE
    message["templateZaloOA"] = (
        {"type": "list", "elements": [{"title": text}]} if templated else None
    )
    message["created_time"] = iso(us, 3)
    if not inbound and not bot:
        message["createdBy"] = agent
    message["__v"] = 0
    return message


def _picture(rng: random.Random) -> dict[str, Any]:
    name = f"{rng.getrandbits(48):012x}"
    return {"type": "image", "payload": {"url": f"https://anh.vi-du.invalid/{name}.jpg"}}


def _closing(
    last: dict[str, Any], times: list[int], agent: str, rng: random.Random
) -> tuple[int, int, bytes]:
    """Return the edit that closes the session, as in the sample response of the API page."""
    wait = rng.randrange(2 * MINUTE, 12 * HOUR if rng.random() < _CLOSED_LATE else 40 * MINUTE)
    done = min(times[-1] + wait, times[0] + LAST_CHANGE_AFTER) // _MILLISECOND
    stamped = {
        **last,
        "__v": last["__v"] + 1,
        "doneAt": done,
        "doneBy": agent,
        "pin": False,
        "pinnedAt": iso((done + rng.randrange(5, 40)) * _MILLISECOND, 3),
    }
    return (done + 40) * _MILLISECOND, len(times) - 1, msgspec.json.encode(stamped)

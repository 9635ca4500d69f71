"""What AntBuddy's rows look like, how long sessions live, and which fields are new.

Codes such as A17 are explained in docs/api-notes.md.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

from tap_omnimessages.check.estimates import format_count, format_duration, percentile
from tap_omnimessages.check.findings import Answer, Change, unknown
from tap_omnimessages.check.forms import field_forms, safe_name, unknown_names
from tap_omnimessages.timestamps import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_omnimessages.providers.antbuddy.check.look import AntBuddyLook
    from tap_omnimessages.providers.antbuddy.check.page import SeenSession

_SESSION_TIMES = ("createdAt",)
_MESSAGE_TIMES = ("created_time", "doneAt", "pinnedAt")
_IDS = ("sessionId", "conversationId", "pageId")
_DAY = timedelta(days=1)
# A session of this age changes rarely; younger ones have not lived to their end.
_GROWN_UP = 14 * _DAY
_FEWEST = 10
# The share of the lookback that lateness may reach before a run warns.
_SHARE = 0.8


def _messages(look: AntBuddyLook) -> list[dict[str, Any]]:
    return [message for session in look.rows for message in session.rows]


def success(look: AntBuddyLook) -> Answer:
    """Answer what `success` looks like (A14)."""
    body = look.sample.reply.body
    value = body.get("success", "missing")
    known = value if value in ("missing", True, 1) else "other"
    return Answer(known, "it is missing" if known == "missing" else f"{value!r}".lower())


def field_values(look: AntBuddyLook) -> Answer:
    """Answer in which forms the values of all known fields come (A17, A18, A22)."""
    sessions, messages = look.columns
    known = [column.field for column in sessions if not column.derived]
    own = [column.field for column in messages if not column.derived and column.field not in known]
    rows = [session.fields for session in look.rows]
    inner = _messages(look)
    inherited = [name for name in ("conversationId", "pageId") if any(name in m for m in inner)]
    meaning = {
        **{
            f"session.{name}": found
            for name, found in field_forms(rows, _SESSION_TIMES, [*known, "messages"]).items()
        },
        **{
            f"message.{name}": found
            for name, found in field_forms(inner, _MESSAGE_TIMES, [*own, *inherited]).items()
        },
    }
    ids = sorted({form for name in _IDS for form in meaning.get(f"session.{name}", [])})
    words = (
        f"createdAt {_join(meaning, 'session.createdAt')}, created_time "
        f"{_join(meaning, 'message.created_time')}, doneAt {_join(meaning, 'message.doneAt')}; "
        f"ids are {' or '.join(ids)}; leadId {_join(meaning, 'session.leadId')}"
    )
    return Answer(meaning, words, f"in {format_count(len(rows), 'sessions')}")


def _join(meaning: dict[str, list[str]], name: str) -> str:
    return " or ".join(meaning.get(name, ["missing"]))


def unknown_fields(look: AntBuddyLook) -> Answer:
    """Answer which fields the tap does not know (A22)."""
    sessions, messages = look.columns
    fields = [column.field for column in (*sessions, *messages) if not column.derived]
    found = [
        *unknown_names((session.fields for session in look.rows), [*fields, "messages"]),
        *unknown_names(_messages(look), fields),
    ]
    if not found:
        return Answer([], "none")
    return Answer(found, ", ".join(found), "their values go to extra_fields")


def agent_text(look: AntBuddyLook) -> Answer:
    """Answer which field holds the text of an agent's message (A19)."""
    own = [m for m in _messages(look) if m.get("from") is not None and m["from"] == m.get("pageId")]
    counted = Counter(
        tuple(name for name in ("message", "msginfo", "location") if m.get(name)) for m in own
    )
    counted.pop((), None)
    if not counted:
        return unknown("no message of an agent was seen")
    if len(counted) > 1:
        names = sorted({name for found in counted for name in found})
        return Answer("mixed", f"{', '.join(names)}, depending on the message")
    (found,) = counted
    return Answer("_and_".join(found), " and ".join(found))


def outbound_flag(look: AntBuddyLook) -> Answer:
    """Answer whether `isOutboundMessage` tells the direction (A20)."""
    pairs = Counter(
        (message["from"] == message["pageId"], message.get("isOutboundMessage"))
        for message in _messages(look)
        if message.get("from") is not None and message.get("pageId") is not None
    )
    if len({sent for sent, _ in pairs}) < 2:  # noqa: PLR2004 - both directions
        return unknown("only one direction was seen")
    flags = {flag for _, flag in pairs}
    if flags == {False}:
        return Answer("always_false", "isOutboundMessage is always false: use direction")
    if all(sent is flag for sent, flag in pairs):
        return Answer("true_direction", "isOutboundMessage tells the direction")
    return Answer("other", "isOutboundMessage does not always tell the direction: use direction")


def message_id(look: AntBuddyLook) -> Answer:
    """Answer whether `messageId` identifies a message (A24)."""
    values = [message.get("messageId") for message in _messages(look)]
    if not values:
        return unknown("no message was seen")
    present = [str(value) for value in values if value not in (None, "")]
    if not present:
        return Answer("missing", "messageId is missing")
    if len(set(present)) < len({str(m.get("_id")) for m in _messages(look) if m.get("messageId")}):
        return Answer("repeating", "messageId repeats: use id")
    return Answer("unique", "messageId is unique", f"in {format_count(len(present), 'messages')}")


def message_count(look: AntBuddyLook) -> Answer:
    """Answer what `messageCount` counts (A21)."""
    pairs = [
        (claimed, len(session.rows))
        for session in look.whole_rows
        if isinstance(claimed := session.fields.get("messageCount"), int)
    ]
    if not pairs:
        return unknown("no session was seen whole, with a messageCount")
    if all(claimed == shown for claimed, shown in pairs):
        return Answer("shown", "the messages that are shown")
    if all(claimed >= shown for claimed, shown in pairs):
        return Answer("larger", "more messages than are shown")
    return Answer("other", "neither the messages that are shown nor more")


def lives(look: AntBuddyLook) -> Answer:
    """Answer how long sessions live, and suggest a lookback (A7, A12)."""
    if look.meaning("selection") == "message_time_split":
        return unknown("a window shows only a part of a session")
    grown = [
        session
        for session in look.whole_rows
        if session.began and session.began < look.present - _GROWN_UP
    ]
    ages = [age for session in grown if (age := _age(session)) is not None]
    if len(ages) < _FEWEST:
        return unknown("fewer than 10 sessions are older than 14 days")
    longest = max(ages)
    days = max(1, ceil(longest / _SHARE / _DAY))
    configured = look.config["antbuddy_lookback_days"]
    if days > configured:
        reason = f"a session changed {format_duration(longest)} after its start"
        look.report.changes["antbuddy_lookback_days"] = Change(min(days, 3650), reason)
    half, most = percentile(ages, 0.5), percentile(ages, 0.95)
    meaning = {
        "sessions": len(ages),
        "p50_hours": _hours(half),
        "p95_hours": _hours(most),
        "max_hours": _hours(longest),
        "lookback_days": days,
    }
    words = (
        f"half of them {format_duration(half)}, 95 % {format_duration(most)}, at most "
        f"{format_duration(longest)}; a lookback of {format_count(days, 'days')} covers this"
    )
    return Answer(meaning, words, f"in {len(ages)} sessions older than 14 days")


def _age(session: SeenSession) -> timedelta | None:
    """Return how long after its start a session last changed."""
    times = [*session.times, *_closings(session)]
    return max(times) - session.began if session.began and times else None


def _closings(session: SeenSession) -> Iterator[Any]:
    for message in session.rows:
        try:
            moment = parse_time(message.get("doneAt"))
        except ValueError:
            continue
        if moment is not None:
            yield moment


def _hours(duration: timedelta) -> float:
    return round(duration / timedelta(hours=1), 1)


def channels(look: AntBuddyLook) -> Answer:
    """Answer which channels there are (A23)."""
    found = sorted({safe_name(str(m["channel"])) for m in _messages(look) if m.get("channel")})[:12]
    return Answer(found, ", ".join(found)) if found else unknown("no message has one")

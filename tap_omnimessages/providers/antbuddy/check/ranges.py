"""How AntBuddy understands a window: its form, its bounds, its length, and what it selects.

Codes such as A7 are explained in docs/api-notes.md.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tap_omnimessages.check.estimates import longest_accepted
from tap_omnimessages.check.findings import Answer, Change, unknown
from tap_omnimessages.errors import NoRowsError, RefusedError
from tap_omnimessages.extract.windows import Window
from tap_omnimessages.providers.antbuddy.request import TIME_FORMATS, bounded_request

if TYPE_CHECKING:
    from tap_omnimessages.providers.antbuddy.check.look import AntBuddyLook
    from tap_omnimessages.providers.antbuddy.check.page import SeenPage, SeenSession

_MILLISECOND = timedelta(milliseconds=1)
_SECOND = timedelta(seconds=1)
_HALF_MINUTE = timedelta(seconds=30)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_SHORTEST_GAP = timedelta(milliseconds=4)
# A second's fraction that is not cut to the edge of the second by a few milliseconds.
_FRACTIONS = range(10_000, 990_000)
# Nobody used the API then.
_NEVER = Window(datetime(2001, 1, 1, tzinfo=UTC), datetime(2001, 1, 1, 0, 1, tzinfo=UTC))


def time_forms(look: AntBuddyLook) -> Answer:
    """Answer which forms of times the API understands (A1)."""
    page = look.small or look.sample
    meaning = {}
    for form in TIME_FORMATS:
        if form == look.time_format:
            meaning[form] = "understood"
            continue
        try:
            other = look.ask(page.window, look.page_size, 0, form)
        except RefusedError:
            meaning[form] = "refused"
            continue
        meaning[form] = _compare(page, other)
    understood = [form for form, how in meaning.items() if how == "understood"]
    others = [f"{form} is {how}" for form, how in meaning.items() if how != "understood"]
    return Answer(meaning, ", ".join(understood), "; ".join(others))


def _compare(page: SeenPage, other: SeenPage) -> str:
    """Return how a form is understood, from the same window in two forms."""
    if not other.sessions:
        return "empty"
    common = len(set(page.keys) & set(other.keys))
    if common == 0:
        return "misread"
    # A row or two may have come or gone meanwhile, or lie in the second that is cut.
    return "understood" if 2 * common >= max(len(page), len(other)) else "unclear"


def selection(look: AntBuddyLook) -> Answer:
    """Answer what a window selects: sessions by their start or by their messages (A7, A8)."""
    late = max(look.rows, key=_lateness, default=None)
    if late is None or late.began is None or _lateness(late) < _HOUR:
        return unknown("no session has a message an hour after its start")
    moment = max(late.times)
    start = look.ask(Window(late.began, late.began + _SECOND), look.page_size)
    if late.key not in start.keys:
        return unknown("a session was not shown by its own start")
    page = look.ask(Window(moment, moment + _MILLISECOND), look.page_size)
    found = next((session for session in page.sessions if session.key == late.key), None)
    if found is None:
        seen = "a late message's time does not show its session"
        return Answer("session_start", "sessions by their start", seen)
    outside = [time for time in found.times if abs(time - moment) > _HALF_MINUTE]
    if outside:
        return Answer("message_time", "whole sessions with a message in the window")
    return Answer("message_time_split", "of each session, only the messages in the window")


def _lateness(session: SeenSession) -> timedelta:
    if session.began is None or not session.times:
        return timedelta()
    return max(session.times) - session.began


def bounds(look: AntBuddyLook) -> Answer:
    """Answer whether the bounds belong to the window, and to what they are cut (A9)."""
    if look.time_format == "epoch_s":
        return unknown("requests with epoch_s have whole seconds")
    session = max(look.rows, key=_room, default=None)
    moment = None if session is None else _moment(session)
    room = timedelta() if session is None else _room(session)
    if session is None or moment is None or room < _SHORTEST_GAP:
        return unknown("no session's start is known to the millisecond")
    room = min(room / 2, _HALF_MINUTE)
    far = Window(moment + _HOUR, moment + _HOUR + _MILLISECOND)

    def shows(window: Window) -> bool:
        return session.key in look.ask(window, look.page_size, is_exact=True).keys

    beside = Window(moment + 2 * _MILLISECOND, moment + 3 * _MILLISECOND)
    if room > 3 * _MILLISECOND and shows(beside):
        if shows(far):
            return Answer("days", "cut to whole days, or ignored", "a row an hour outside came")
        return Answer("seconds", "cut to seconds or more", "a row 2 ms outside came")
    ends = shows(Window(moment, moment + room)), shows(Window(moment - room, moment))
    meaning, words = {
        (True, True): ("inclusive", "both belong to the window"),
        (False, False): ("exclusive", "neither belongs to the window"),
        (True, False): ("from_inclusive", "only created_from belongs to the window"),
        (False, True): ("to_inclusive", "only created_to belongs to the window"),
    }[ends]
    return Answer(meaning, words, "windows began and ended at a session's start")


def _moment(session: SeenSession) -> datetime | None:
    """Return a session's start where it is known to the millisecond."""
    first = min(session.times, default=None)
    began = session.began
    if began is not None and began.microsecond in _FRACTIONS:
        return began
    # The start may be written in whole seconds; it is the time of the first message.
    is_same = first is not None and began is not None and first.replace(microsecond=0) == began
    return first if first is not None and is_same and first.microsecond in _FRACTIONS else None


def _room(session: SeenSession) -> timedelta:
    """Return how much time lies between a session's start and its second message."""
    moment = _moment(session)
    if moment is None:
        return timedelta()
    others = [time for time in session.times if time != moment]
    return min((abs(time - moment) for time in others), default=_HOUR)


def longest_window(look: AntBuddyLook) -> Answer:
    """Answer how long a window may be (A10)."""
    end = look.home.end
    emptied: list[int] = []

    def accepts(days: int) -> bool:
        if timedelta(days=days) <= look.home.duration:
            return True
        try:
            page = look.ask(Window(end - timedelta(days=days), end), 1, is_exact=True)
        except RefusedError:
            return False
        if not page.sessions:
            emptied.append(days)
        return bool(page.sessions)

    longest, refused = longest_accepted(accepts)
    configured = look.config["antbuddy_window_days"]
    if longest is None:
        return unknown("no window was accepted")
    if longest < configured:
        look.report.changes["antbuddy_window_days"] = Change(longest, "the longest window accepted")
    meaning = {"accepted": longest, "refused": refused}
    if refused is None:
        return Answer(meaning, f"{longest} days or more")
    how = "shows nothing" if refused in emptied else "is refused"
    return Answer(meaning, f"{longest} days", f"{refused} days {how}")


def empty_page(look: AntBuddyLook) -> Answer:
    """Answer how a window without sessions looks (A15)."""
    request = bounded_request(look.url, _NEVER, 0, 1, look.time_format)
    try:
        reply = look.prober.ask(request, accepts_no_rows=True)
    except NoRowsError as error:
        return Answer("status", "a response without a list", str(error))
    if reply.page.sessions:
        return Answer("ignored", "it shows rows: the bounds are ignored")
    data = reply.body.get("data")
    if not isinstance(data, dict):
        return Answer("no_data", "data is missing or null")
    if "sessions" not in data:
        return Answer("missing", "sessions is missing")
    if data["sessions"] is None:
        return Answer("null", "sessions is null")
    return Answer("list", "an empty list")

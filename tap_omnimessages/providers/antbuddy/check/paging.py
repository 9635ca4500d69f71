"""What `limit`, `offset` and `total` mean, how large a page is, and in which order rows come.

Codes such as A2 are explained in docs/api-notes.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_omnimessages.check.common import compare
from tap_omnimessages.check.estimates import format_count
from tap_omnimessages.check.findings import Answer, unknown
from tap_omnimessages.errors import RefusedError
from tap_omnimessages.extract.completeness import WindowScan
from tap_omnimessages.providers.antbuddy.pagination import SessionPaging
from tap_omnimessages.providers.antbuddy.server_traits import ServerTraits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_omnimessages.providers.antbuddy.check.look import AntBuddyLook
    from tap_omnimessages.providers.antbuddy.check.page import SeenPage

_TWO = 2
_LIMITS = (1000, 500, 200)
_FEWEST_TO_ORDER = 5
_REPEATS = 3


def limit_unit(look: AntBuddyLook) -> Answer:
    """Answer what `limit` counts (A2, A6)."""
    pages = look.pages
    if pages is None:
        return unknown("there are too few rows, or they changed between two requests")
    for page in (pages.control, pages.first):
        wanted = page.limit
        whole = sum(len(session.messages) for session in look.sample.sessions[:wanted])
        if len(page) == wanted and len(page.flat) > wanted:
            seen = f"for {wanted}, {wanted} sessions came with {len(page.flat)} messages"
            return Answer("sessions", "sessions", seen)
        if len(page.flat) == wanted < whole:
            seen = f"for {wanted}, {wanted} messages of {format_count(len(page), 'sessions')} came"
            return Answer("messages", "messages; a page may cut a session in two", seen)
    return unknown("the first sessions have one message each")


def offset_unit(look: AntBuddyLook) -> Answer:
    """Answer what `offset` counts (A2, A4)."""
    pages, unit = look.pages, look.meaning("limit")
    if pages is None or unit is None:
        return unknown("it needs the unit of limit")
    second = pages.second
    if not second:
        return unknown("offset 2 showed nothing")
    rows: Sequence[Any] = look.sample.keys if unit == "sessions" else look.sample.flat
    shown: Sequence[Any] = second.keys if unit == "sessions" else second.flat
    flat = look.sample.flat
    candidates = {
        "rows": rows[_TWO : 2 * _TWO],
        "pages": rows[2 * _TWO : 3 * _TWO],
        "ignored": rows[:_TWO],
    }
    found = [name for name, expected in candidates.items() if list(expected) == list(shown)]
    traits = _learn(look, second)
    if unit == "sessions" and not found and second.flat[:1] == flat[_TWO : _TWO + 1]:
        found = ["messages"]
    if len(found) != 1 or (found != ["rows"] and traits.offset_counts_rows):
        return unknown("the page at offset 2 fits no meaning, or several")
    meaning = found[0]
    words = {
        "rows": unit,
        "pages": "pages of limit rows",
        "messages": "messages, while limit counts sessions",
        "ignored": "nothing: it is ignored",
    }
    steps = {"rows": f"{unit[:-1]} 3", "pages": f"{unit[:-1]} 5", "messages": "message 3"}
    seen = f"limit 2, offset 2 began with {steps.get(meaning, f'{unit[:-1]} 1')}"
    return Answer(meaning, words[meaning], seen)


def _learn(look: AntBuddyLook, second: SeenPage) -> ServerTraits:
    """Return what the reading of a run would learn from the same pages."""
    traits = ServerTraits()
    paging = SessionPaging(_TWO, traits)
    before, behind = (
        paging.skim_page(page.reply.page.sessions, WindowScan()) for page in (look.sample, second)
    )
    traits.learn_offset(before, behind, _TWO)
    return traits


@dataclass(frozen=True)
class _Totals:
    """The totals of some pages.

    Attributes:
        sessions: How many sessions a small window holds.
        messages: How many messages they have.
        small: The total of the page that shows all of them.
        one: The total of a page with limit 1 of the same window.
        one_rows: How many sessions that page shows.
        sample: The total of a page of a long window.
        sample_rows: How many sessions that page shows.
        halves: The totals of both halves of the long window.
    """

    sessions: int
    messages: int
    small: int | None
    one: int | None
    one_rows: int
    sample: int | None
    sample_rows: int
    halves: list[int | None]

    @property
    def is_of_window(self) -> bool:
        """Whether the total does not depend on the page."""
        return self.small == self.one

    @property
    def is_capped(self) -> bool:
        """Whether longer windows have no larger total, while a small one has its own."""
        if not self.is_of_window or self.small != self.sessions or self.sample is None:
            return False
        is_beaten = self.sample < self.sample_rows
        return is_beaten or (self.sample > self.sessions and self.halves == [self.sample] * 2)


# The meanings of `total`, in words, and what holds of each.
_TOTALS: dict[str, tuple[str, Callable[[_Totals], bool]]] = {
    "page": (
        "the sessions of the page",
        lambda seen: seen.small == seen.sessions > seen.one_rows == seen.one,
    ),
    "capped": ("the sessions of the window, up to a maximum", lambda seen: seen.is_capped),
    "sessions": (
        "the sessions of the window",
        lambda seen: (
            seen.is_of_window
            and seen.small == seen.sessions != seen.messages
            and not seen.is_capped
        ),
    ),
    "messages": (
        "the messages of the window",
        lambda seen: seen.is_of_window and seen.small == seen.messages != seen.sessions,
    ),
    "account": (
        "the sessions of the whole account",
        lambda seen: (
            seen.is_of_window
            and seen.small is not None
            and seen.small == seen.sample
            and seen.small >= seen.sample_rows
            and seen.small > seen.sessions
            and seen.halves == [seen.small] * 2
        ),
    ),
}


def total_meaning(look: AntBuddyLook) -> Answer:
    """Answer what `total` counts (A3)."""
    small, sample = look.small, look.sample
    if small is None:
        return unknown("no window was found that shows all its rows on one page")
    one = look.ask(small.window, 1)
    middle = look.home.start + look.home.duration / 2
    halves = [look.ask(part, 1).total for part in look.home.cut(middle)]
    totals = [small.total, one.total, sample.total, *halves]
    if totals == [None] * len(totals):
        return Answer("missing", "missing", "no response has one")
    seen = _Totals(
        sessions=len(small),
        messages=len(small.flat),
        small=small.total,
        one=one.total,
        one_rows=len(one),
        sample=sample.total,
        sample_rows=len(sample),
        halves=halves,
    )
    found = [name for name, (_, holds) in _TOTALS.items() if holds(seen)]
    if len(found) != 1 or None in totals:
        return unknown("the totals of several windows fit no meaning, or several")
    how = (
        f"a window of {format_count(seen.sessions, 'sessions')} with "
        f"{format_count(seen.messages, 'messages')} has total {small.total:,}; limit 1 has "
        f"{one.total:,}"
    )
    return Answer(found[0], _TOTALS[found[0]][0], how)


def largest_page(look: AntBuddyLook) -> Answer:
    """Answer how large a page may be (A5)."""
    unit = look.meaning("limit")
    if unit is None:
        return unknown("it needs the unit of limit")
    refused = None
    page = look.sample
    for limit in _LIMITS:
        if limit <= look.page_size:
            break
        try:
            page = look.ask(look.home, limit)
            break
        except RefusedError:
            refused = limit
    count = len(page.flat) if unit == "messages" else len(page)
    name = "messages" if unit == "messages" else "sessions"
    look.largest_page = count
    if refused is not None:
        look.largest_page = page.limit
        words = f"limit {page.limit:,} is accepted, {refused:,} is refused"
        return Answer({"accepted": page.limit, "refused": refused}, words)
    if count >= page.limit:
        words = f"{format_count(count, name)}, as many as asked for; no maximum was seen"
        return Answer({"rows": count, "cap": None}, words)
    if _holds_more(look, page):
        words = f"{format_count(count, name)}, whatever the limit"
        return Answer({"rows": count, "cap": count}, words, f"limit {page.limit:,} shows no more")
    look.largest_page = max(count, look.page_size)
    words = f"{format_count(count, name)}: all that {look.home.duration.days} days hold"
    return Answer({"rows": count, "cap": None}, words, "no maximum was seen")


def _holds_more(look: AntBuddyLook, page: SeenPage) -> bool:
    """Return whether the window holds rows that a page, smaller than its limit, does not show."""
    known = set(page.flat)
    middle = look.home.start + look.home.duration / 2
    starts = sorted(page.starts)
    if starts and starts[0] < starts[-1]:
        # A cap shows in the half that the page shows least of.
        middle = starts[len(starts) // 2]
    for part in look.home.cut(middle):
        if not known.issuperset(look.ask(part, page.limit).flat):
            return True
    return False


def order(look: AntBuddyLook) -> Answer:
    """Answer in which order sessions and messages come (A25)."""
    sessions = look.sample.sessions
    starts = [session.began for session in sessions]
    lasts = [max(session.times, default=None) for session in sessions]
    found = {
        "ascending": _is_sorted(starts),
        "descending": _is_sorted(starts[::-1]),
        "last_message": _is_sorted(lasts[::-1]),
    }
    meanings = [name for name, holds in found.items() if holds]
    words = {
        "ascending": "by their start, oldest first",
        "descending": "by their start, newest first",
        "last_message": "by their last message, newest first",
    }
    if len(sessions) < _FEWEST_TO_ORDER or len(meanings) > 1:
        return unknown("there are too few sessions")
    messages = _message_order(look)
    meaning = {"sessions": meanings[0] if meanings else "none", "messages": messages}
    told = words[meanings[0]] if meanings else "neither by their start nor by their last message"
    inside = {"ascending": "; messages oldest first", "descending": "; messages newest first"}
    return Answer(meaning, told + inside.get(messages, ""))


def _message_order(look: AntBuddyLook) -> str:
    lists = [session.times for session in look.sample.sessions if len(set(session.times)) > 1]
    if not lists:
        return "unknown"
    if all(_is_sorted(times) for times in lists):
        return "ascending"
    return "descending" if all(_is_sorted(times[::-1]) for times in lists) else "none"


def _is_sorted(times: Sequence[Any]) -> bool:
    known = [time for time in times if time is not None]
    return len(known) == len(times) and known == sorted(known)


def changes(look: AntBuddyLook) -> Answer:
    """Answer whether rows come, go or change while they are read (A11, A12, A26)."""
    pages = [(look.sample, look.ask(look.home, look.page_size))]
    if look.small is not None:
        pages += [
            (look.small, look.ask(look.small.window, look.page_size)) for _ in range(_REPEATS)
        ]
    return compare(
        [
            [dict(zip(page.keys, page.reply.page.sessions, strict=True)) for page in pair]
            for pair in pages
        ]
    )

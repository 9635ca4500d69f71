"""Paging through eTelecom's notifications with cursors, whose end is not documented.

`paging.next` of an answer is sent as `after` of the next request. A server may leave `next`
empty on the last page, or set it until a page is empty (E1); it may also give its cursor in
`after` (E4), or none at all. Which of these it does is learned while reading.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from tap_omnimessages.bodies import decode_row
from tap_omnimessages.errors import RefusedError
from tap_omnimessages.timestamps import parse_time
from tap_omnimessages.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from tap_omnimessages.completeness import Reading
    from tap_omnimessages.source import Page

    Ask = Callable[[Window, str, int], "NotificationsAnswer"]


# What the platform puts in the place of an empty cursor, and may echo.
_START_CURSOR = "."
_SECOND = timedelta(seconds=1)
# How much of a window's middle is looked at, and what is believed of it at once: a part that is
# still too large is estimated anew.
_PAGES_IN_A_SAMPLE = 4
_MOST_PAGES = 160
_EMPTY_PAGES = 3
_TRIALS = 3
_ROWS_LEFT_OUT = 3
# More than the overlap that a request adds to its window.
_CLEAR = timedelta(seconds=5)
# Fewer rows than this are not taken for a page that a cap has cut.
_SMALLEST_CAP = 5


class NotificationsAnswer(msgspec.Struct):
    """One page: the JSON texts of its notifications, and what it says of the next one.

    Attributes:
        notifications: The notifications' JSON texts.
        next: The cursor of the next page; empty where there is none.
        after: Mostly an echo of the request's cursor.
        limit: The page size that the server says it used; None where it says nothing.
        listed: Whether there was a list; null or nothing in its place may be a slip.
    """

    notifications: list[bytes]
    next: str
    after: str
    limit: int | None
    listed: bool


@dataclass
class CursorFacts:
    """What a run has learned about the server.

    Attributes:
        gives_next: It has given a `next`, so that an empty one means the end.
        largest_page: The most notifications on any page.
        cursors_are_keys: Its cursors name a row, so that rows that come and go move nothing;
            false where they count rows, or where neither has shown.
        trials: How often that has been tried.
        lock: Held while windows that are read at the same time change these.
    """

    gives_next: bool = False
    largest_page: int = 0
    cursors_are_keys: bool = False
    trials: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def see_page(self, rows: int) -> None:
        """Take in how many notifications a page holds."""
        with self.lock:
            self.largest_page = max(self.largest_page, rows)

    def begin_trial(self) -> bool:
        """Count a trial of the cursors; false where there have been enough."""
        with self.lock:
            self.trials += 1
            return self.trials <= _TRIALS


class _Notification(msgspec.Struct, gc=False):
    """What paging must know of a notification; the rest is decoded where records are made."""

    id: Any = None
    updated_at: Any = None
    submit_time: Any = None


_skim_usual = msgspec.json.Decoder(_Notification).decode


def _skim(text: bytes) -> _Notification:
    try:
        return _skim_usual(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        row = decode_row(text)
    # A row without an id stops the run where records are made, with its stream's name.
    if not isinstance(row, dict):
        return _Notification()
    return _Notification(row.get("id"), row.get("updated_at"), row.get("submit_time"))


@dataclass
class _Walk:
    """Where a reading stands.

    Attributes:
        used: The cursors that have been given.
        pages: The last two pages.
        fruitless: How many pages in a row have shown nothing new.
        moved: Why rows may have moved between pages.
        doubt: Why the end may not be the end.
    """

    used: set[str] = field(default_factory=set)
    pages: list[NotificationsAnswer] = field(default_factory=list)
    fruitless: int = 0
    moved: str | None = None
    doubt: str | None = None


@dataclass
class CursorPaging:
    """Reads the pages of one window, and of its parts where it is read again.

    Attributes:
        page_size: The `limit` that is sent.
        time_field: The field that the window filters on.
        facts: What the run knows of the server.
        given: The fingerprint of each notification that has been given, so that none is given
            twice unless it has changed.
    """

    page_size: int
    time_field: Literal["updated_at", "submit_time"]
    facts: CursorFacts
    given: dict[int, int]

    def read(self, window: Window, ask: Ask, reading: Reading) -> Iterator[Page]:
        """Page through a window once.

        Args:
            window: The window.
            ask: Gives a window's page at a cursor (empty for the first one) with a page size.
            reading: Filled while pages are given; `doubt` is set at the end.

        Yields:
            The notifications that have not been given before.

        Raises:
            TapError: As `ask` does for the first page.
        """
        walk = _Walk()
        cursor: str | None = ""
        while cursor is not None:
            try:
                answer = ask(window, cursor, self.page_size)
            except RefusedError as error:
                if not cursor:
                    raise
                walk.doubt = f"a page behind the first was refused: {error}"
                break
            before = len(reading.identities)
            yield self._take(answer, reading)
            walk.fruitless = 0 if len(reading.identities) > before else walk.fruitless + 1
            walk.pages = [*walk.pages[-1:], answer]
            if len(walk.pages) > 1 and not self.facts.cursors_are_keys:
                self._learn_cursors(window, cursor, walk.pages, ask)
                walk.moved = walk.moved or self._doubt_about_moves(walk.pages)
            cursor = self._go_on(window, cursor, walk, ask)
        rows = len(reading.identities)
        moved = None if self.facts.cursors_are_keys else walk.moved
        reading.doubt = (walk.doubt or moved) if rows else None
        reading.count = f"{rows} notifications seen"
        is_full = rows >= max(min(_SMALLEST_CAP, self.page_size), self.facts.largest_page)
        reading.may_be_cut = is_full and walk.doubt is not None

    def estimate_pages(self, window: Window, answer: NotificationsAnswer, ask: Ask) -> float:
        """Estimate how many pages a window holds, from the time that its first page spans.

        A first page of a campaign spans seconds and says nothing of the days beside it, so the
        middle of the window has to be as dense.

        Returns:
            1 where there is no other page, where the rows are not in the order of their times,
            or where the middle holds fewer.
        """
        times = self._times(answer)
        in_order = times == sorted(times) or times == sorted(times, reverse=True)
        if not (in_order and times and answer.next and self._is_full(answer)):
            return 1
        span = max(abs(times[-1] - times[0]), _SECOND)
        middle = window.start + window.duration / 2
        sample = Window(middle, middle + span * _PAGES_IN_A_SAMPLE)
        if sample.end > window.end or not self._is_full(ask(sample, "", self.page_size)):
            return 1
        return min(window.duration / span, _MOST_PAGES)

    def _go_on(self, window: Window, cursor: str, walk: _Walk, ask: Ask) -> str | None:
        """Choose the next cursor; None at the end, with a doubt where it is not proven."""
        answer = walk.pages[-1]
        following = self._following(answer, cursor)
        if not following:
            walk.doubt = self._doubt_about_end(window, answer, ask)
            return None
        if following in walk.used or following == cursor:
            walk.doubt = "the API gave the same cursor twice" if answer.notifications else None
            return None
        if walk.fruitless >= _EMPTY_PAGES:
            walk.doubt = "the API gives cursors without end"
            return None
        walk.used.add(following)
        return following

    def _doubt_about_moves(self, pages: list[NotificationsAnswer]) -> str | None:
        first, second = pages
        is_one_page = not second.notifications and not self._is_full(first)
        if self.facts.cursors_are_keys or is_one_page:
            return None
        return "its cursors may count rows, and rows may have moved between two pages"

    def _learn_cursors(
        self, window: Window, cursor: str, pages: list[NotificationsAnswer], ask: Ask
    ) -> None:
        """Find out what cursors are, by asking for the second page of a narrower window.

        The narrower window lacks rows of the first page and none of the second. A cursor that
        names a row gives the second page again; one that counts rows gives a later part of it.
        """
        narrower = _narrow(window, *map(self._times, pages))
        if narrower is None or not self.facts.begin_trial():
            return
        try:
            answer = ask(narrower, cursor, self.page_size)
        except RefusedError:
            return
        again = answer.notifications[:_ROWS_LEFT_OUT]
        expected = pages[1].notifications[:_ROWS_LEFT_OUT]
        if again and again == expected:
            self.facts.cursors_are_keys = True

    def _times(self, answer: NotificationsAnswer) -> list[datetime]:
        times = []
        for text in answer.notifications:
            with suppress(ValueError):
                time = parse_time(getattr(_skim(text), self.time_field))
                times += [time] if time else []
        return times

    def _take(self, answer: NotificationsAnswer, reading: Reading) -> Page:
        self.facts.see_page(len(answer.notifications))
        unseen = []
        for text in answer.notifications:
            skimmed = _skim(text)
            key, fingerprint = hash(str(skimmed.id)), hash(text)
            if key not in reading.identities:
                reading.identities.add(key)
                reading.times.append(getattr(skimmed, self.time_field))
            if self.given.get(key) != fingerprint:
                self.given[key] = fingerprint
                unseen.append(text)
        return unseen

    def _following(self, answer: NotificationsAnswer, cursor: str) -> str:
        if answer.next:
            if answer.notifications:
                self.facts.gives_next = True
            return answer.next
        is_new = answer.after not in {"", _START_CURSOR, cursor}
        may_go_on = self._is_full(answer) or not self.facts.gives_next
        return answer.after if is_new and may_go_on and answer.notifications else ""

    def _is_full(self, answer: NotificationsAnswer) -> bool:
        return len(answer.notifications) >= (answer.limit or self.page_size)

    def _doubt_about_end(self, window: Window, answer: NotificationsAnswer, ask: Ask) -> str | None:
        rows = len(answer.notifications)
        if not rows:
            return None
        if self._is_full(answer):
            return "a full page came without a cursor"
        if self.facts.gives_next or rows == 1:
            return None
        # A server that gives cursors gives one to a page that cannot hold all.
        probe = ask(window, "", 1)
        if probe.next and len(probe.notifications) == 1:
            self.facts.gives_next = True
            return None
        return "the API gives no cursors"


def _narrow(window: Window, first: list[datetime], second: list[datetime]) -> Window | None:
    """Give a window without several of the first page's times and with all of the second's.

    Several, so that a row which comes meanwhile does not fill the place of one.
    """
    if not second:
        return None
    earliest, latest = min(second), max(second)
    if sum(time > latest + _CLEAR for time in first) >= _ROWS_LEFT_OUT and window.start < latest:
        return Window(window.start, latest)
    if sum(time < earliest - _CLEAR for time in first) >= _ROWS_LEFT_OUT and earliest < window.end:
        return Window(earliest, window.end)
    return None

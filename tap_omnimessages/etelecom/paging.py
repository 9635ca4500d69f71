"""Paging through eTelecom's notifications with cursors, whose end is not documented.

`paging.next` of an answer is sent as `after` of the next request. A server may leave `next`
empty on the last page, or set it until a page is empty (E1); it may also give its cursor in
`after` (E4), or none at all. Which of these it does is learned while reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from typing_extensions import override

from tap_omnimessages.bodies import decode_row
from tap_omnimessages.errors import RefusedError
from tap_omnimessages.source import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_omnimessages.completeness import Reading


# What the platform puts in the place of an empty cursor, and may echo.
_START_CURSOR = "."
_EMPTY_PAGES = 3
# Fewer rows than this are not taken for a page that a cap has cut.
_SMALLEST_CAP = 5


class RecentlyGiven(dict[int, int]):
    """Fingerprints that forget the oldest ones: a row given twice is harmless, memory is not."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    @override
    def __setitem__(self, key: int, fingerprint: int) -> None:
        super().__setitem__(key, fingerprint)
        if len(self) > self._limit:
            del self[next(iter(self))]


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
    """

    gives_next: bool = False
    largest_page: int = 0


@dataclass
class CursorPaging:
    """Reads the pages of one window, and of its parts where it is read again.

    Attributes:
        page_size: The `limit` that is sent.
        time_field: The field that the window filters on.
        facts: What the run knows of the server.
        given: The fingerprint of each notification that has been given, so that none is given
            twice unless it has changed.
        rated: The same for rated ones, which a second sweep finds in another window.
    """

    page_size: int
    time_field: str
    facts: CursorFacts
    given: dict[int, int]
    rated: dict[int, int]

    def read(
        self, ask: Callable[[str, int], NotificationsAnswer], reading: Reading
    ) -> Iterator[Page]:
        """Page through a window once.

        Args:
            ask: Gives the page at a cursor (empty for the first one) with a page size.
            reading: Filled while pages are given; `doubt` is set at the end.

        Yields:
            The notifications that have not been given before.

        Raises:
            TapError: As `ask` does for the first page.
        """
        cursor = ""
        used: set[str] = set()
        fruitless = 0
        while True:
            try:
                answer = ask(cursor, self.page_size)
            except RefusedError as error:
                if not cursor:
                    raise
                reading.doubt = f"a page behind the first was refused: {error}"
                break
            before = len(reading.identities)
            yield self._take(answer, reading)
            fruitless = 0 if len(reading.identities) > before else fruitless + 1
            following = self._following(answer, cursor)
            if not following:
                reading.doubt = self._doubt_about_end(answer, ask)
                break
            if following in used or following == cursor:
                if answer.notifications:
                    reading.doubt = "the API gave the same cursor twice"
                break
            if fruitless >= _EMPTY_PAGES:
                if reading.identities:
                    reading.doubt = "the API gives cursors without end"
                break
            used.add(following)
            cursor = following
        rows = len(reading.identities)
        reading.count = f"{rows} notifications seen"
        reading.fills_page = rows >= max(_SMALLEST_CAP, self.facts.largest_page)

    def _take(self, answer: NotificationsAnswer, reading: Reading) -> Page:
        self.facts.largest_page = max(self.facts.largest_page, len(answer.notifications))
        page = Page([], [])
        for text in answer.notifications:
            row = decode_row(text)
            identity = row.get("id") if isinstance(row, dict) else None
            # A row without an id stops the run where it is shaped, with its stream's name.
            key, fingerprint = hash(str(identity)), hash(text)
            is_rated = isinstance(row, dict) and row.get("submit_time") is not None
            if key not in reading.identities:
                reading.identities.add(key)
                reading.times.append(row.get(self.time_field) if isinstance(row, dict) else None)
            given = self.rated if is_rated else self.given
            if given.get(key) != fingerprint:
                given[key] = fingerprint
                page.rows.append(row)
                page.raw.append(text)
        return page

    def _following(self, answer: NotificationsAnswer, cursor: str) -> str:
        if answer.next:
            self.facts.gives_next |= bool(answer.notifications)
            return answer.next
        is_new = answer.after not in {"", _START_CURSOR, cursor}
        may_go_on = self._is_full(answer) or not self.facts.gives_next
        return answer.after if is_new and may_go_on and answer.notifications else ""

    def _is_full(self, answer: NotificationsAnswer) -> bool:
        return len(answer.notifications) >= (answer.limit or self.page_size)

    def _doubt_about_end(
        self, answer: NotificationsAnswer, ask: Callable[[str, int], NotificationsAnswer]
    ) -> str | None:
        rows = len(answer.notifications)
        if not rows:
            return None
        if self._is_full(answer):
            return "a full page came without a cursor"
        if self.facts.gives_next or rows == 1:
            return None
        # A server that gives cursors gives one to a page that cannot hold all.
        probe = ask("", 1)
        if probe.next and len(probe.notifications) == 1:
            self.facts.gives_next = True
            return None
        return "the API gives no cursors"

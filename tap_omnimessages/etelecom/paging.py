"""Paging through eTelecom's notifications with cursors, whose end is not documented.

`paging.next` of an answer is sent as `after` of the next request. A server may leave `next`
empty on the last page, or set it until a page is empty (E1); it may also give its cursor in
`after` (E4), or none at all. Which of these it does is learned while reading.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from tap_omnimessages.errors import RefusedError
from tap_omnimessages.source import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_omnimessages.completeness import Reading

_decode = msgspec.json.Decoder().decode

# What the platform puts in the place of an empty cursor, and may echo.
_START_CURSOR = "."
_EMPTY_PAGES = 3


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
    """

    gives_next: bool = False


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
    time_field: str
    facts: CursorFacts
    given: dict[int, int] = field(default_factory=dict)

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
        reading.count = f"{len(reading.identities)} notifications seen"

    def _take(self, answer: NotificationsAnswer, reading: Reading) -> Page:
        page = Page([], [])
        for text in answer.notifications:
            row = _decode(text)
            identity = row.get("id") if isinstance(row, dict) else None
            # A row without an id stops the run where it is shaped, with its stream's name.
            key, fingerprint = hash(str(identity)), hash(text)
            if key not in reading.identities:
                reading.identities.add(key)
                reading.times.append(row.get(self.time_field) if isinstance(row, dict) else None)
            if self.given.get(key) != fingerprint:
                self.given[key] = fingerprint
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

"""What the pages of one reading tell of eTelecom's cursors, and so of its end.

A server may leave `next` empty on the last page, or set it until a page is empty (E1); it may also
give its cursor in `after` (E4), or none at all. Which of these it does is learned while reading.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_omnimessages.errors import RefusedError
    from tap_omnimessages.extract.completeness import WindowScan
    from tap_omnimessages.providers.etelecom.responses import NotificationsResponse
    from tap_omnimessages.providers.etelecom.server_traits import ServerTraits

# What the platform puts in the place of an empty cursor, and may echo.
_START_CURSOR = "."
_EMPTY_PAGES = 3
# Fewer rows than this are not taken for a page that a cap has cut.
_SMALLEST_CAP = 5


@dataclass
class Track:
    """Where a reading stands: the next cursor, and what speaks against its wholeness.

    Attributes:
        page_size: The `limit` that is sent.
        facts: What the run knows of the server.
        reading: What the pages have shown.
        cursor: The cursor of the next page: empty for the first one, None behind the last.
        pages: The last two pages.
    """

    page_size: int
    traits: ServerTraits
    reading: WindowScan
    cursor: str | None = ""
    pages: list[NotificationsResponse] = field(default_factory=list)
    _used: set[str] = field(default_factory=set)
    _fruitless: int = 0
    _moved: str | None = None
    _doubt: str | None = None

    def add(self, answer: NotificationsResponse, *, has_news: bool) -> None:
        """Take a page in; `has_news` tells whether it showed a row for the first time."""
        self._fruitless = 0 if has_news else self._fruitless + 1
        self.pages = [*self.pages[-1:], answer]

    @property
    def may_count_rows(self) -> bool:
        """Whether there are two pages and the cursor between them may count rows."""
        return len(self.pages) > 1 and not self.traits.cursors_are_keys

    def suspect_moves(self) -> None:
        """Take in that rows may have moved between the last two pages."""
        first, second = self.pages
        is_one_page = not second.notifications and not first.is_full(self.page_size)
        if not is_one_page:
            self._moved = "its cursors may count rows, and rows may have moved between two pages"

    def following(self) -> str:
        """Give the cursor that the last page names, or an empty one, and learn where it stands."""
        answer = self.pages[-1]
        if answer.next:
            if answer.notifications:
                self.traits.learn_next()
            return answer.next
        is_new = answer.after not in {"", _START_CURSOR, self.cursor}
        may_go_on = answer.is_full(self.page_size) or not self.traits.gives_next
        return answer.after if is_new and may_go_on and answer.notifications else ""

    def go_on(self, following: str) -> None:
        """Go on at a cursor, or end with a doubt where that leads nowhere."""
        if following in self._used or following == self.cursor:
            has_rows = bool(self.pages[-1].notifications)
            self.end("the API gave the same cursor twice" if has_rows else None)
        elif self._fruitless >= _EMPTY_PAGES:
            self.end("the API gives cursors without end")
        else:
            self._used.add(following)
            self.cursor = following

    def end(self, doubt: str | None) -> None:
        """Go on no more; `doubt` tells why this may not be the end."""
        self.cursor = None
        self._doubt = doubt

    def refuse(self, error: RefusedError) -> None:
        """Take in that a page behind the first was refused."""
        self.end(f"a page behind the first was refused: {error}")

    def judge(self) -> None:
        """Set the reading's doubt: why it may not be whole, or None."""
        rows = len(self.reading.identities)
        moved = None if self.traits.cursors_are_keys else self._moved
        self.reading.doubt = (self._doubt or moved) if rows else None
        self.reading.count = f"{rows} notifications seen"
        is_full = rows >= max(min(_SMALLEST_CAP, self.page_size), self.traits.largest_page)
        self.reading.may_be_cut = is_full and self._doubt is not None

"""Choose the cursors of eTelecom's pages.

A server may leave `next` empty on the last page, or set it until a page is empty (E1). It may also
send its cursor in `after` (E4), or none at all. Which of these it does is learned on the way.

Codes such as E1 are explained in docs/api-notes.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_omnimessages.providers.etelecom.responses import NotificationsResponse
    from tap_omnimessages.providers.etelecom.server_traits import ServerTraits

# What the platform puts in the place of an empty cursor, and may echo.
_START_CURSOR = "."


class CursorPaginator:
    """Chooses the next cursor from the pages so far.

    Attributes:
        cursor: The cursor of the page to request: empty for the first page, None behind the last.
        pages: The last two pages.
    """

    def __init__(self, page_size: int, traits: ServerTraits) -> None:
        """Start at the first page.

        Args:
            page_size: The `limit` that is sent.
            traits: What the run has learned about the server.
        """
        self.cursor: str | None = ""
        self.pages: list[NotificationsResponse] = []
        self._page_size = page_size
        self._traits = traits
        self._used: set[str] = set()

    def add(self, page: NotificationsResponse) -> None:
        """Record the page at `cursor`."""
        self.pages = [*self.pages[-1:], page]

    def next_cursor(self) -> str:
        """Return the cursor that the last page names; empty where it names none."""
        page = self.pages[-1]
        if page.next:
            if page.notifications:
                self._traits.learn_next()
            return page.next
        is_new = page.after not in {"", _START_CURSOR, self.cursor}
        may_go_on = page.is_full(self._page_size) or not self._traits.gives_next
        return page.after if is_new and may_go_on and page.notifications else ""

    def has_used(self, cursor: str) -> bool:
        """Return whether a cursor has been requested in this scan."""
        return cursor in self._used or cursor == self.cursor

    def advance(self, cursor: str) -> None:
        """Move to a cursor."""
        self._used.add(cursor)
        self.cursor = cursor

    def stop(self) -> None:
        """Request no more pages."""
        self.cursor = None

"""Choose the offsets of AntBuddy's pages.

Each page is requested so that it begins with the last row of the page before. A page that does
not begin with it shows that rows have moved. What `offset` counts is learned on the way: sessions
(the plain reading), messages or pages (A2), or nothing (A4: the server ignores it).

Codes such as A2 are explained in docs/api-notes.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_omnimessages.providers.antbuddy.server_traits import ServerTraits, SessionPage

# More pages than any number of workers requests at once.
_MOST_EXPECTED = 64


class OffsetPaginator:
    """Chooses the next offset from the pages so far.

    Attributes:
        offset: The offset of the page to request.
        has_ended: Whether there is no page to request any more.
        previous: The last page that was taken; None before the first.
        largest_page: The most sessions on a page of this scan.
    """

    def __init__(self, page_size: int, traits: ServerTraits) -> None:
        """Start at offset 0.

        Args:
            page_size: The `limit` that is sent.
            traits: What the run has learned about the server.
        """
        self.offset = 0
        self.has_ended = False
        self.previous: SessionPage | None = None
        self.largest_page = 0
        self._page_size = page_size
        self._traits = traits
        self._previous_offset = 0
        self._has_jumped = False

    @property
    def step(self) -> int:
        """How far `offset` lies behind that of the previous page."""
        return self.offset - self._previous_offset

    @property
    def overlaps(self) -> bool:
        """Whether the page at `offset` has to show rows of the previous page."""
        return self.previous is not None and self.step < len(self.previous.sessions)

    def stop(self) -> None:
        """Request no more pages."""
        self.has_ended = True

    def jump(self, page: SessionPage) -> bool:
        """Move past a page that came twice in a row, if there is another offset to try.

        Where `offset` counts messages of whole sessions, a step within a long session shows the
        same page again; behind the page's messages, the next page comes.

        Returns:
            Whether the offset has moved; only once for each page.
        """
        target = self._previous_offset + len(page.flat) - 1
        if target <= self.offset or self._has_jumped:
            return False
        self._has_jumped = True
        self.offset = target
        return True

    def advance(self, page: SessionPage, *, expects_more: bool) -> None:
        """Move behind a page.

        Args:
            page: The page at `offset`.
            expects_more: Whether `total` promises more sessions than have been seen.
        """
        self.previous, self._previous_offset = page, self.offset
        self.offset += self._step(page, expects_more=expects_more)
        self.largest_page = max(self.largest_page, len(page.sessions))

    def _step(self, page: SessionPage, *, expects_more: bool) -> int:
        self._has_jumped = False
        if self._traits.offset_counts_messages:
            return max(1, len(page.flat) - 1)
        rows = len(page.sessions)
        usual = self.largest_page or self._traits.full_page or self._page_size
        # Once it is known what `offset` counts, the end needs no overlap.
        if rows < usual and not expects_more and self._traits.offset_counts_rows:
            return rows
        return max(1, rows - 1)

    def expected_offsets(self, total: int | None) -> list[int]:
        """Return the next offset and those after it, where `total` tells how many pages follow.

        They hold if pages stay as full as they have been. Each page is judged by itself all the
        same, so a wrong guess costs requests and nothing else.
        """
        traits, step = self._traits, self.largest_page - 1
        counts_rows = traits.knows_offset and not traits.offset_counts_messages
        is_known = counts_rows and traits.total_is_wider and step > 0
        if self.has_ended or total is None or traits.total_misleads or not is_known:
            return []
        return list(range(self.offset, total - 1, step)[:_MOST_EXPECTED])

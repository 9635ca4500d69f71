"""What the pages of one reading tell of AntBuddy's `limit`, `offset` and `total`.

Each page is asked for so that it begins with the last row of the page before. A page that does
not shows that rows have moved, so that some may never be seen: neither a short page nor `total`
would tell, since one deleted and one new session leave `total` as it was. The overlap also tells
what `offset` counts: sessions (the plain reading), messages (A2), pages (A2), or nothing (A4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_omnimessages.errors import RefusedError
    from tap_omnimessages.extract.completeness import WindowScan
    from tap_omnimessages.providers.antbuddy.server_traits import ServerTraits, SessionPage

# Fewer rows than this are not taken for a page that a cap has cut.
_SMALLEST_CAP = 5
_SMALLEST_MESSAGES_CAP = 10
# More pages than any number of workers asks for at once.
_MOST_EXPECTED = 64


class Track:
    """Where a reading stands: the next offset, and what speaks for and against its wholeness.

    `add`, `take_single` and `judge` change the facts: their lock is to be held meanwhile.
    """

    def __init__(self, page_size: int, traits: ServerTraits, reading: WindowScan) -> None:
        self.offset = 0
        self.ended = False
        self._page_size = page_size
        self._traits = traits
        self._reading = reading
        self._previous: SessionPage | None = None
        self._previous_offset = 0
        self._jumped = False
        self._largest_page = 0
        self._pages_with_news = 0
        self._fruitless = 0
        self._sessions: set[int] = set()
        self._gap: str | None = None
        self._has_hole = False
        self._unlinked: str | None = None
        self._open_end: str | None = None
        self._total: int | None = None

    def add(self, page: SessionPage, total: int | None) -> None:
        """Take a page in and choose the next offset."""
        traits, previous = self._traits, self._previous
        self._take_total(total, len(page.sessions))
        if not page:
            self.ended = True
            if previous is not None and self.offset - self._previous_offset < len(
                previous.sessions
            ):
                self._gap = f"the page at offset {self.offset} lacks the last row of the one before"
            return
        if len(page.flat) - max(map(len, page.messages)) >= self._page_size:
            traits.limit_counts_sessions = True
        if previous is not None:
            if page == previous:
                self._handle_identical(page)
                return
            self._check_join(previous, page)
        self._take_rows(page)
        if self._fruitless > 2:  # noqa: PLR2004 - the overlap and the end need two
            self._open_end = "the API repeats rows without end"
            self.ended = True
            return
        self._previous, self._previous_offset = page, self.offset
        if self._is_proven_whole(page):
            self.ended = True
        else:
            self.offset += self._step(page)
        self._largest_page = max(self._largest_page, len(page.sessions))

    def _take_total(self, total: int | None, rows: int) -> None:
        if total is not None:
            self._total = max(total, self._total or 0)
            self._traits.total_is_wider |= total > rows

    def _take_rows(self, page: SessionPage) -> None:
        traits = self._traits
        traits.largest_page = max(traits.largest_page, len(page.sessions))
        traits.most_messages = max(traits.most_messages, len(page.flat))
        identities = self._reading.identities
        before = len(identities)
        identities.update(page.sessions)
        identities.update(page.flat)
        self._sessions.update(page.sessions)
        if len(identities) > before:
            self._pages_with_news += 1
            self._fruitless = 0
            if self._previous is not None:
                traits.full_page = max(traits.full_page, len(self._previous.sessions))
        else:
            self._fruitless += 1

    def _check_join(self, previous: SessionPage, page: SessionPage) -> None:
        self._learn_offset(previous, page)
        is_contiguous = (
            bool(page.flat) and page.flat[0] in self._reading.identities
            if self._traits.offset_counts_messages
            else self._knows_first_session(page)
        )
        if is_contiguous:
            return
        text = f"the page at offset {self.offset} does not continue the one before"
        if self.offset - self._previous_offset < len(previous.sessions):
            self._gap = text
            self._has_hole = True
        elif self._knows_offset:
            # After a page with one session, no known row was asked for.
            self._unlinked = text
        else:
            self._gap = text

    def _learn_offset(self, previous: SessionPage, page: SessionPage) -> None:
        if self._knows_offset:
            return
        step = self.offset - self._previous_offset
        first_message = page.flat[0] if page.flat else None
        if step < len(previous.sessions) and page.sessions[0] == previous.sessions[step]:
            messages = previous.messages[step]
            if not messages or first_message == messages[0]:
                self._traits.offset_counts_rows = True
                return
        # A page that begins in the middle of a session shows that messages are counted; where it
        # begins with one, rows that came or went may have put it there.
        begins = {messages[0] for messages in previous.messages if messages}
        if step < len(previous.flat) and first_message == previous.flat[step] not in begins:
            self._traits.offset_counts_messages = True

    def _knows_first_session(self, page: SessionPage) -> bool:
        # A long session may go on here while messages of it were skipped: one must be known.
        messages = page.messages[0]
        return page.sessions[0] in self._sessions and (
            not messages or not self._reading.identities.isdisjoint(messages)
        )

    def _handle_identical(self, page: SessionPage) -> None:
        # Where `offset` counts messages of whole sessions, a step within a long session shows the
        # same page again; past its messages, the next one comes.
        jump = self._previous_offset + len(page.flat) - 1
        if jump > self.offset and not self._jumped:
            self._jumped = True
            self.offset = jump
            return
        self._open_end = f"two identical pages came in a row, at offset {self.offset}"
        self.ended = True

    def _step(self, page: SessionPage) -> int:
        self._jumped = False
        if self._traits.offset_counts_messages:
            return max(1, len(page.flat) - 1)
        rows = len(page.sessions)
        usual = self._largest_page or self._traits.full_page or self._page_size
        expects_end = rows < usual and not self._expects_more()
        # Once it is known what `offset` counts, the end needs no overlap to be asked for.
        if expects_end and self._traits.offset_counts_rows:
            return rows
        return max(1, rows - 1)

    def expected_offsets(self) -> list[int]:
        """Give the next offset and those after it, where `total` tells how many pages follow.

        They hold if pages stay as full as they have been; each page is judged by itself all the
        same, so that a wrong guess costs requests and nothing else.
        """
        traits, step = self._traits, self._largest_page - 1
        is_known = traits.offset_counts_rows and traits.total_is_wider and step > 0
        if self.ended or self._total is None or traits.total_misleads or not is_known:
            return []
        return list(range(self.offset, self._total - 1, step)[:_MOST_EXPECTED])

    def _expects_more(self) -> bool:
        return (
            self._traits.total_is_wider
            and not self._traits.total_counts_messages
            and self._total is not None
            and len(self._sessions) < self._total
        )

    def _is_proven_whole(self, page: SessionPage) -> bool:
        """Tell whether `total` and a short page save the request for an empty page.

        Only where a page ends with a whole session: `limit` counts sessions.
        """
        usual = self._largest_page or self._page_size
        return (
            self._traits.limit_counts_sessions
            and self._traits.total_is_wider
            and self._gap is None
            and len(page.sessions) < usual
            and self._total == len(self._sessions)
        )

    @property
    def needs_probe(self) -> bool:
        """Whether one session is all there is, so that no second page tells if it was cut."""
        messages = len(self._reading.identities) - 1
        return len(self._sessions) == 1 and self._doubt_about_offset(1, messages) is not None

    def take_single(self, page: SessionPage) -> None:
        """Take in what came with a `limit` of 1: a message, or a whole session (A2)."""
        is_known = len(page.sessions) == 1 and self._sessions.issuperset(page.sessions)
        if is_known and len(page.flat) > 1:
            self._traits.sessions_come_whole = True

    def refuse(self, error: RefusedError) -> None:
        """Take in that a page behind the first was refused."""
        self._open_end = f"the page at offset {self.offset} was refused: {error}"

    def judge(self) -> None:
        """Set the reading's doubt: why it may not be whole, or None."""
        sessions = len(self._sessions)
        messages = len(self._reading.identities) - sessions
        total = self._total
        self._reading.total = total
        if total is not None and total > sessions:
            self._traits.total_misleads = True
        told = "no total" if total is None else f"total {total}"
        self._reading.count = f"{sessions} sessions with {messages} messages seen, {told}"
        is_joined = self._gap is None and self._open_end is None and self._knows_offset
        self._reading.may_be_cut = self._has_hole or (
            not is_joined
            and (
                sessions >= max(min(_SMALLEST_CAP, self._page_size), self._traits.largest_page)
                or messages >= max(self._smallest_messages_cap, self._traits.most_messages)
            )
        )
        self._reading.doubt = (
            self._gap or self._unlinked or self._doubt_about_total(sessions, messages)
        )

    def _doubt_about_total(self, sessions: int, messages: int) -> str | None:
        traits, total = self._traits, self._total
        if total is not None and traits.total_is_wider:
            if total == sessions or (traits.total_counts_messages and total == messages):
                return self._doubt_about_offset(sessions, messages)
            return self._open_end or f"the API tells of {total} and shows {sessions} sessions"
        if self._open_end is not None:
            return self._open_end
        if self._pages_with_news > 1:
            return "the API does not tell how many sessions the window holds"
        # One page held all: nothing can have moved between pages, if `offset` means what it says.
        return self._doubt_about_offset(sessions, messages, needed=True)

    def _doubt_about_offset(
        self, sessions: int, messages: int, *, needed: bool = False
    ) -> str | None:
        """Ask for a sign of what `offset` counts: else the page after the first was not the next.

        Where `limit` counts sessions and all of them have been seen, no sign is needed; nor
        where one short session is all that there is.
        """
        is_short = messages < self._smallest_messages_cap or self._traits.sessions_come_whole
        if self._knows_offset or (sessions <= 1 and is_short):
            return None
        if self._traits.limit_counts_sessions and not needed:
            return None
        return "no second page shows what offset counts"

    @property
    def _knows_offset(self) -> bool:
        return self._traits.offset_counts_rows or self._traits.offset_counts_messages

    @property
    def _smallest_messages_cap(self) -> int:
        return min(_SMALLEST_MESSAGES_CAP, self._page_size)

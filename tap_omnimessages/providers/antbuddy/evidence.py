"""Collect what the pages of one scan say for and against its completeness, and judge it.

Neither a short page nor `total` shows that rows have moved between two pages: one deleted and one
new session leave `total` as it was. The overlap of neighbouring pages does (see `offsets.py`).

Codes such as A2 are explained in docs/api-notes.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_omnimessages.extract.completeness import Verdict, first_doubt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_omnimessages.errors import RefusedError
    from tap_omnimessages.extract.completeness import Rule, WindowScan
    from tap_omnimessages.providers.antbuddy.offsets import OffsetPaginator
    from tap_omnimessages.providers.antbuddy.server_traits import ServerTraits, SessionPage

# Fewer rows than this are not taken for a page that a cap has cut.
_SMALLEST_CAP = 5
_SMALLEST_MESSAGES_CAP = 10
# The overlap and the end of a window need two pages without a new row.
_MOST_FRUITLESS_PAGES = 2


class Evidence:
    """The signs that one scan has shown.

    Its methods change what the run has learned about the server: hold `traits.lock` meanwhile.

    Attributes:
        gap: Why rows were skipped between two pages; None where none were.
        unlinked: Why two pages may not be neighbours; None where they are.
        open_end: Why the last page may not be the end; None where it is.
        total: The largest `total` of the pages; None where the API sends none.
        hidden_beyond: Which row lies behind the last page although the list ended; None where none.
    """

    def __init__(
        self,
        page_size: int,
        traits: ServerTraits,
        scan: WindowScan,
        *,
        whole_total: int | None = None,
    ) -> None:
        """Start without a sign.

        Args:
            page_size: The `limit` that is sent.
            traits: What the run has learned about the server.
            scan: Filled by `observe`, judged by `judge`.
            whole_total: The `total` of the window that this one is a part of; None for a whole.
        """
        self.gap: str | None = None
        self.unlinked: str | None = None
        self.open_end: str | None = None
        self.total: int | None = None
        self.hidden_beyond: str | None = None
        self._looked_beyond = False
        self._listed: int | None = None
        self._whole_total = whole_total
        self._page_size = page_size
        self._traits = traits
        self._scan = scan
        self._sessions: set[int] = set()
        self._pages_with_news = 0
        self._fruitless_pages = 0
        self._skipped_rows = False

    def observe(self, page: SessionPage, total: int | None, paginator: OffsetPaginator) -> None:
        """Record a page, and move the paginator behind it.

        Args:
            page: The page at the paginator's offset.
            total: The `total` that came with it.
            paginator: Has not moved since the page was requested.
        """
        self._record_total(total, len(page.sessions))
        if not page:
            paginator.stop()
            if paginator.overlaps:
                self.gap = (
                    f"the page at offset {paginator.offset} lacks the last row of the one before"
                )
            return
        # Without its largest session, the page would still be as large as `limit` allows.
        if len(page.flat) - max(map(len, page.messages)) >= self._page_size:
            self._traits.limit_counts_sessions = True
        if page == paginator.previous:
            if not paginator.jump(page):
                self.open_end = f"two identical pages came in a row, at offset {paginator.offset}"
                paginator.stop()
            return
        if paginator.previous is not None:
            self._check_link(paginator.previous, page, paginator)
        self._record_rows(page, paginator.previous)
        if self._fruitless_pages > _MOST_FRUITLESS_PAGES:
            self.open_end = "the API repeats rows without end"
            paginator.stop()
            return
        is_whole = self._proves_end(page, paginator.largest_page or self._page_size)
        paginator.advance(page, expects_more=self._expects_more)
        if is_whole:
            paginator.stop()

    def _record_total(self, total: int | None, rows: int) -> None:
        if total is not None:
            self.total = max(total, self.total or 0)
            self._traits.total_is_wider |= total > rows

    def _record_rows(self, page: SessionPage, previous: SessionPage | None) -> None:
        traits, identities = self._traits, self._scan.identities
        traits.largest_page = max(traits.largest_page, len(page.sessions))
        traits.most_messages = max(traits.most_messages, len(page.flat))
        before = len(identities)
        identities.update(page.sessions)
        identities.update(page.flat)
        self._sessions.update(page.sessions)
        if len(identities) == before:
            self._fruitless_pages += 1
            return
        self._pages_with_news += 1
        self._fruitless_pages = 0
        if previous is not None:
            traits.full_page = max(traits.full_page, len(previous.sessions))

    def _check_link(
        self, previous: SessionPage, page: SessionPage, paginator: OffsetPaginator
    ) -> None:
        """Record whether a page continues the one before."""
        self._traits.learn_offset(previous, page, paginator.step)
        is_linked = (
            bool(page.flat) and page.flat[0] in self._scan.identities
            if self._traits.offset_counts_messages
            else self._knows_first_session(page)
        )
        if is_linked:
            return
        text = f"the page at offset {paginator.offset} does not continue the one before"
        if paginator.overlaps:
            self.gap = text
            self._skipped_rows = True
        elif self._traits.knows_offset:
            # Behind a page with one session, no known row was requested.
            self.unlinked = text
        else:
            self.gap = text

    def _knows_first_session(self, page: SessionPage) -> bool:
        # A long session may go on here while messages of it were skipped: one must be known.
        messages = page.messages[0]
        return page.sessions[0] in self._sessions and (
            not messages or not self._scan.identities.isdisjoint(messages)
        )

    @property
    def _expects_more(self) -> bool:
        """Whether `total` promises more sessions than have been seen."""
        return (
            self._traits.total_is_wider
            and not self._traits.total_counts_messages
            and self.total is not None
            and len(self._sessions) < self.total
        )

    def _proves_end(self, page: SessionPage, full_page: int) -> bool:
        """Return whether `total` and a short page save the request for an empty page.

        Only where a page ends with a whole session: `limit` counts sessions.

        Args:
            page: The last page.
            full_page: How many sessions a full page holds.
        """
        return (
            self._traits.limit_counts_sessions
            and self._traits.total_is_wider
            and self.gap is None
            and len(page.sessions) < full_page
            and self.total == len(self._sessions)
        )

    def expects_rows(self, paginator: OffsetPaginator) -> bool:
        """Whether an empty page at the paginator's offset may be a slip: a page came before it."""
        return paginator.overlaps or (bool(paginator.offset) and self._expects_more)

    @property
    def needs_probe(self) -> bool:
        """Whether one session is all there is, so that no second page tells if it was cut."""
        return (
            self.sessions == 1 and not self._traits.limit_counts_sessions and self.offset_is_unknown
        )

    def observe_probe(self, page: SessionPage) -> None:
        """Record what came with a `limit` of 1: one message, or a whole session (A2)."""
        is_known = len(page.sessions) == 1 and self._sessions.issuperset(page.sessions)
        if is_known and len(page.flat) > 1:
            self._traits.sessions_come_whole = True

    @property
    def needs_look_beyond(self) -> bool:
        """Whether the list ended in a way that a cap on results would show, too."""
        caps = self._traits.caps
        fills_page = self.sessions >= max(_SMALLEST_CAP, self._traits.largest_page)
        may_be_cap = fills_page and caps.may_be_reached(self.sessions)
        return self.open_end is None and (may_be_cap or self.may_be_capped)

    def observe_beyond(self, page: SessionPage, *, is_proof: bool) -> None:
        """Record what a request for the rest of the window shows.

        Args:
            page: The rows behind the last row.
            is_proof: Whether rows are in order of time, and these lie in the rest of the window, so
                that nothing lies elsewhere.
        """
        self._looked_beyond = is_proof
        self._listed = len(self._sessions)
        has_news = not self._sessions.issuperset(page.sessions)
        self._scan.identities.update(page.sessions)
        self._scan.identities.update(page.flat)
        self._sessions.update(page.sessions)
        # A few new sessions are read by now; a full page of them may hide others.
        if has_news and len(page.sessions) >= min(self._page_size, self._traits.largest_page):
            self.hidden_beyond = "the list ended, but the rest of the window shows more sessions"

    def refuse(self, error: RefusedError, offset: int) -> None:
        """Record that a page behind the first was refused."""
        self.open_end = f"the page at offset {offset} was refused: {error}"

    @property
    def sessions(self) -> int:
        """How many sessions were seen."""
        return len(self._sessions)

    @property
    def messages(self) -> int:
        """How many messages were seen."""
        return len(self._scan.identities) - len(self._sessions)

    @property
    def trusts_total(self) -> bool:
        """Whether `total` counts rows: it has been larger than a page that it came with."""
        return self.total is not None and self._traits.total_is_wider

    @property
    def reaches_total(self) -> bool:
        """Whether as many rows were seen as a trusted `total` promises."""
        counts_messages = self._traits.total_counts_messages
        return self.trusts_total and (
            self.total == self.sessions or (counts_messages and self.total == self.messages)
        )

    @property
    def has_total_of_whole(self) -> bool:
        """Whether a part of a window has the `total` of the whole window."""
        return self._whole_total is not None and (self.total or 0) >= self._whole_total

    @property
    def may_be_capped(self) -> bool:
        """Whether the number of sessions may be a cap on results, and no row has shown the end."""
        return not self._looked_beyond and self._traits.caps.is_suspicious(
            self.sessions, self._page_size
        )

    @property
    def has_several_pages(self) -> bool:
        """Whether rows came on more than one page, so that they may have moved meanwhile."""
        return self._pages_with_news > 1

    @property
    def offset_is_unknown(self) -> bool:
        """Whether nothing shows what `offset` counts, so that the second page may be another.

        No sign is needed where `limit` counts sessions and all of `total` were seen; nor where
        one short session is all there is.
        """
        traits = self._traits
        is_short = self.messages < self._smallest_messages_cap or traits.sessions_come_whole
        if traits.knows_offset or (self.sessions <= 1 and is_short):
            return False
        return not (self.reaches_total and traits.limit_counts_sessions)

    @property
    def _smallest_messages_cap(self) -> int:
        return min(_SMALLEST_MESSAGES_CAP, self._page_size)

    def judge(self, rules: Iterable[Rule[Evidence]]) -> None:
        """Judge the scan by the first rule that holds."""
        if self.total is not None and self.total > self.sessions:
            self._traits.total_misleads = True
        told = "no total" if self.total is None else f"total {self.total}"
        self._scan.total = self.total
        self._scan.summary = f"{self.sessions} sessions with {self.messages} messages seen, {told}"
        self._scan.verdict = Verdict(first_doubt(rules, self), may_be_cut=self._may_be_cut)
        # What lies behind the list was asked for apart: a cap shows in the list alone.
        self._traits.caps.record(self.sessions if self._listed is None else self._listed)

    @property
    def _may_be_cut(self) -> bool:
        if self._skipped_rows or self.may_be_capped:
            return True
        if self.gap is None and self.open_end is None and self._traits.knows_offset:
            return False
        cap = max(min(_SMALLEST_CAP, self._page_size), self._traits.largest_page)
        messages_cap = max(self._smallest_messages_cap, self._traits.most_messages)
        return self.sessions >= cap or self.messages >= messages_cap

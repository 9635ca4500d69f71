"""Collect what the pages of one scan say against its completeness, and judge it.

Codes such as E1 are explained in docs/api-notes.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_omnimessages.extract.completeness import Rule, Verdict, first_doubt

if TYPE_CHECKING:
    from tap_omnimessages.errors import RefusedError
    from tap_omnimessages.extract.completeness import WindowScan
    from tap_omnimessages.providers.etelecom.cursors import CursorPaginator
    from tap_omnimessages.providers.etelecom.server_traits import ServerTraits

_MOST_FRUITLESS_PAGES = 2
# Fewer rows than this are not taken for a page that a cap has cut.
_SMALLEST_CAP = 5


class Evidence:
    """The signs that one scan has shown.

    Attributes:
        open_end: Why the last page may not be the end; None where it is.
        has_several_pages: Whether rows may have moved between two pages.
        hidden_beyond: Which row lies behind the last page although the list ended; None where none.
    """

    def __init__(self, page_size: int, traits: ServerTraits, scan: WindowScan) -> None:
        """Start without a sign.

        Args:
            page_size: The `limit` that is sent.
            traits: What the run has learned about the server.
            scan: Judged by `judge`.
        """
        self.open_end: str | None = None
        self.has_several_pages = False
        self.hidden_beyond: str | None = None
        self._looked_beyond = False
        self._listed: int | None = None
        self._page_size = page_size
        self._traits = traits
        self._scan = scan
        self._fruitless_pages = 0

    @property
    def cursors_are_keys(self) -> bool:
        """Whether cursors name rows, so that rows that come and go move nothing."""
        return self._traits.cursors_are_keys

    def observe(self, *, has_news: bool) -> None:
        """Record a page; `has_news` says whether it showed a row for the first time."""
        self._fruitless_pages = 0 if has_news else self._fruitless_pages + 1

    def suspect_moves(self, paginator: CursorPaginator) -> None:
        """Record that rows may have moved between the last two pages."""
        first, second = paginator.pages
        is_one_page = not second.notifications and not first.is_full(self._page_size)
        self.has_several_pages |= not is_one_page

    def follow(self, cursor: str, paginator: CursorPaginator) -> None:
        """Move the paginator to a cursor, or stop it where that leads nowhere."""
        if paginator.has_used(cursor):
            if paginator.pages[-1].notifications:
                self.open_end = "the API sent the same cursor twice"
            paginator.stop()
        elif self._fruitless_pages > _MOST_FRUITLESS_PAGES:
            self.open_end = "the API sends cursors without end"
            paginator.stop()
        else:
            paginator.advance(cursor)

    def refuse(self, error: RefusedError) -> None:
        """Record that a page behind the first was refused."""
        self.open_end = f"a page behind the first was refused: {error}"

    @property
    def needs_look_beyond(self) -> bool:
        """Whether the list ended in a way that a cap on results would show, too."""
        may_be_cap = self._traits.caps.may_be_reached(self.rows)
        return self.open_end is None and (may_be_cap or self.may_be_capped)

    def observe_beyond(self, listed: int, *, is_proof: bool, hides_rows: bool) -> None:
        """Record what a request for the rest of the window shows.

        Args:
            listed: How many rows the list itself has shown.
            is_proof: Whether rows are in order of time, and these lie in the rest of the window, so
                that nothing lies elsewhere.
            hides_rows: Whether it shows a full page with new rows, so that there may be more.
        """
        self._looked_beyond = is_proof
        self._listed = listed
        if hides_rows:
            self.hidden_beyond = (
                "the list ended, but the rest of the window shows a page of new rows"
            )

    @property
    def rows(self) -> int:
        """How many notifications were seen."""
        return len(self._scan.identities)

    @property
    def may_be_capped(self) -> bool:
        """Whether the number of rows may be a cap on results, and no row has shown the end."""
        return not self._looked_beyond and self._traits.caps.is_suspicious(
            self.rows, self._page_size
        )

    def judge(self) -> None:
        """Judge the scan by the first of `RULES` that holds; without a row there is no doubt."""
        rows = len(self._scan.identities)
        self._scan.summary = f"{rows} notifications seen"
        is_full = rows >= max(min(_SMALLEST_CAP, self._page_size), self._traits.largest_page)
        self._scan.verdict = Verdict(
            first_doubt(RULES, self) if rows else None,
            may_be_cut=self.may_be_capped or (is_full and self.open_end is not None),
        )
        # What lies behind the list was asked for apart: a cap shows in the list alone.
        self._traits.caps.record(rows if self._listed is None else self._listed)


# In order: the first rule that holds is the doubt. A scan without doubt is complete.
RULES: tuple[Rule[Evidence], ...] = (
    Rule(
        "The last page was refused, was full and had no cursor, or repeated a cursor.",
        lambda seen: seen.open_end is not None,
        lambda seen: seen.open_end,
    ),
    Rule(
        "Behind the last page, a request for the rest of the window shows a full page of new rows.",
        lambda seen: seen.hidden_beyond is not None,
        lambda seen: seen.hidden_beyond,
    ),
    Rule(
        "The number of rows is round, fills its pages, or is the largest of another window.",
        lambda seen: seen.may_be_capped,
        lambda seen: f"{seen.rows} notifications may be all that the API ever shows of a window",
    ),
    Rule(
        "There are several pages, and no request has shown that cursors name rows.",
        lambda seen: seen.has_several_pages and not seen.cursors_are_keys,
        lambda _: "its cursors may count rows, and rows may have moved between two pages",
    ),
)

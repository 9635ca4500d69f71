"""A source for a plain API: one list, a page number, an offset or a cursor, and a time filter.

A provider whose API needs no more than that subclasses `SimpleSource` and writes two functions:
the parameters of a request, and the parsing of a body. `tests/providers/desk.py` is an example.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import msgspec

from tap_omnimessages.errors import RefusedError, TapError
from tap_omnimessages.extract.completeness import (
    CompleteReader,
    ConfirmationNotice,
    Rule,
    Verdict,
    WindowScan,
    first_doubt,
)
from tap_omnimessages.extract.seen_rows import SeenRows
from tap_omnimessages.http.client import Request
from tap_omnimessages.lenient_json import decode_row
from tap_omnimessages.providers.http_source import HttpSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_omnimessages.extract.revisits import Lookback
    from tap_omnimessages.extract.source import Page, RequestPlanner
    from tap_omnimessages.extract.windows import Window
    from tap_omnimessages.http.client import HttpClient
    from tap_omnimessages.http.options import HttpOptions

Position = int | str
"""A page number from 1, an offset from 0, or a cursor; the first cursor is empty."""


class SimplePage(msgspec.Struct):
    """One page of a plain API.

    Attributes:
        rows: The rows' JSON texts.
        cursor: The cursor of the next page; None where there is none, or where none is used.
        total: How many rows the window holds; None where the API does not say.
        listed: Whether there was a list; a null or missing list may be a slip.
    """

    rows: list[bytes]
    cursor: str | None = None
    total: int | None = None
    listed: bool = True

    @property
    def has_rows(self) -> bool:
        """Whether the page has rows."""
        return bool(self.rows)


@dataclass(frozen=True)
class _Paging:
    first: Position
    following: Callable[[Any, SimplePage], Position | None]


# For each kind of paging: the first position, and the position behind a page; None at the end.
_PAGINGS: dict[str, _Paging] = {
    "page": _Paging(1, lambda number, page: number + 1 if page.rows else None),
    "offset": _Paging(0, lambda offset, page: offset + len(page.rows) if page.rows else None),
    "cursor": _Paging("", lambda _, page: page.cursor or None),
}


@dataclass
class _Evidence:
    """What the pages of one scan have shown.

    Attributes:
        pages: How many pages held rows.
        largest_page: The most rows on a page.
        total: The largest `total` of the pages.
        rows: How many rows were seen.
        open_end: Why the last page may not be the end; None where it is.
    """

    pages: int = 0
    largest_page: int = 0
    total: int | None = None
    rows: int = 0
    open_end: str | None = None
    positions: set[Position] = field(default_factory=set)


_RULES: tuple[Rule[_Evidence], ...] = (
    Rule(
        "The last page was refused, came twice, or repeats a cursor.",
        lambda seen: seen.open_end is not None,
        lambda seen: seen.open_end,
    ),
    Rule(
        "`total` differs from the number of rows seen.",
        lambda seen: (seen.total or 0) > seen.largest_page and seen.total != seen.rows,
        lambda seen: f"the API claims {seen.total} rows and shows {seen.rows}",
    ),
    Rule(
        "There are several pages, and `total` is not larger than a page.",
        lambda seen: seen.pages > 1 and (seen.total or 0) <= seen.largest_page,
        lambda _: "rows may have moved between two pages",
    ),
)


class SimpleSource(HttpSource, ABC):
    """Reads windows of a plain API, each until it has been shown to be complete.

    A subclass sets the class attributes and writes `request` and `parse`.

    Attributes:
        paging: What a position is: a page number, an offset, or a cursor.
        key_field: The field that identifies a row.
        time_field: The field that the time filter looks at.
        rows_name: What the rows are called in messages, such as `tickets`.
        shortest_part: The shortest part that a window may be cut into.
    """

    paging: ClassVar[Literal["page", "offset", "cursor"]]
    key_field: ClassVar[str] = "id"
    time_field: ClassVar[str]
    rows_name: ClassVar[str] = "rows"
    shortest_part: ClassVar[timedelta] = timedelta(seconds=2)

    def __init__(
        self,
        name: str,
        client: HttpClient,
        options: HttpOptions,
        *,
        width: timedelta,
        lookback: Lookback,
    ) -> None:
        super().__init__(client, options, width=width, lookback=lookback)
        self._name = name
        self._notice = ConfirmationNotice(name, self.rows_name)

    @abstractmethod
    def request(self, window: Window, position: Position) -> tuple[str, dict[str, Any]]:
        """Return the URL and the query of the request for a window's page."""

    @abstractmethod
    def parse(self, body: bytes) -> SimplePage:
        """Parse the body of a response.

        Raises:
            RequestFailure: The body is no page.
        """

    def read(self, window: Window, planner: RequestPlanner) -> Iterator[Page]:  # noqa: ARG002
        """Yield the rows of a window, as `Source.read` says."""
        seen = SeenRows()

        def read_once(part: Window, scan: WindowScan) -> Iterator[Page]:
            return self._scan(part, scan, seen)

        reader = CompleteReader(read_once, self.shortest_part, self._name, self._notice.give)
        yield from reader.read(window)

    def _scan(self, window: Window, scan: WindowScan, seen: SeenRows) -> Iterator[Page]:
        """Page through a window once."""
        paging, evidence = _PAGINGS[self.paging], _Evidence()
        position: Position | None = paging.first
        previous: list[int] = []
        while position is not None:
            evidence.positions.add(position)
            url, params = self.request(window, position)
            try:
                page = self.fetch_page(
                    Request("GET", url, params),
                    self.parse,
                    SimplePage([]),
                    is_first=position == paging.first,
                )
            except RefusedError as error:
                if position == paging.first:
                    raise
                evidence.open_end = f"a page behind the first was refused: {error}"
                break
            keys = [self._record(text, scan) for text in page.rows]
            evidence.pages += bool(keys)
            evidence.largest_page = max(evidence.largest_page, len(keys))
            if page.total is not None:
                evidence.total = max(page.total, evidence.total or 0)
            yield [
                text
                for key, text in zip(keys, page.rows, strict=True)
                if seen.is_news(key, hash(text))
            ]
            following = paging.following(position, page)
            if keys and keys == previous:
                evidence.open_end = "two identical pages came in a row"
                break
            if following is not None and following in evidence.positions:
                evidence.open_end = "the API sent the same cursor twice"
                break
            position, previous = following, keys
        evidence.rows = len(scan.identities)
        scan.summary = f"{evidence.rows} {self.rows_name} seen"
        doubt = first_doubt(_RULES, evidence)
        scan.verdict = Verdict(doubt, may_be_cut=evidence.open_end is not None)

    def _record(self, text: bytes, scan: WindowScan) -> int:
        row = decode_row(text)
        key = row.get(self.key_field) if isinstance(row, dict) else None
        if key in (None, ""):
            msg = f"{self._name} sent a row without `{self.key_field}`, which is its primary key."
            raise TapError(msg)
        identity = hash(str(key))
        if identity not in scan.identities:
            scan.identities.add(identity)
            scan.times.append(row.get(self.time_field))
        return identity

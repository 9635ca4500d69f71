"""Page through AntBuddy's sessions with `limit` and `offset`, whose unit nobody documents (A2).

Codes such as A2 are explained in docs/api-notes.md.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from tap_omnimessages.errors import RefusedError, TapError
from tap_omnimessages.extract.completeness import WindowScan
from tap_omnimessages.extract.seen_rows import SeenRows
from tap_omnimessages.lenient_json import decode_row
from tap_omnimessages.providers.antbuddy.evidence import Evidence
from tap_omnimessages.providers.antbuddy.offsets import OffsetPaginator
from tap_omnimessages.providers.antbuddy.rules import RULES
from tap_omnimessages.providers.antbuddy.server_traits import ServerTraits, SessionPage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_omnimessages.extract.source import Page, RequestPlanner
    from tap_omnimessages.providers.antbuddy.responses import SessionsResponse


def _no_order(_: list[Any]) -> tuple[bool, SessionsResponse | None]:
    """Look behind nothing."""
    return False, None


@dataclass
class SessionPaging:
    """Reads the pages of one window, and of its parts where the window is read again.

    Attributes:
        page_size: The `limit` that is sent.
        traits: What the run has learned about the server.
        seen: The sessions that have been yielded, so that none is yielded twice unchanged.
        pages: How many pages have been read.
    """

    page_size: int
    traits: ServerTraits
    seen: SeenRows = field(default_factory=SeenRows)
    pages: int = 0
    _claims: dict[int, int] = field(default_factory=dict)
    _shown: dict[int, set[int]] = field(default_factory=dict)

    def read(
        self,
        ask: Callable[[int, int], SessionsResponse],
        scan: WindowScan,
        planner: RequestPlanner,
        *,
        whole_total: int | None = None,
        ask_beyond: Callable[[list[Any]], tuple[bool, SessionsResponse | None]] = _no_order,
    ) -> Iterator[Page]:
        """Page through a window once.

        Args:
            ask: Fetches the page at an offset, with a limit.
            scan: Filled while pages are yielded, judged at the end.
            planner: Sends the requests, some ahead of time once `total` is proven.
            whole_total: The `total` of the window that this one is a part of; None for a whole.
            ask_beyond: Returns whether the end is shown by what lies behind rows of these times,
                and the response for it; None where nothing does.

        Yields:
            The sessions that have not been yielded before.

        Raises:
            TapError: As `ask` does for the first page, or a session without an id came.
        """
        paginator = OffsetPaginator(self.page_size, self.traits)
        evidence = Evidence(self.page_size, self.traits, scan, whole_total=whole_total)
        edges: list[Any] = []

        def fetch(offset: int) -> SessionsResponse:
            return ask(offset, self.page_size)

        while not paginator.has_ended:
            try:
                response = planner.send(paginator.offset, fetch)
                if not response.sessions and evidence.expects_rows(paginator):
                    response = fetch(paginator.offset)
            except RefusedError as error:
                if not paginator.offset:
                    raise
                evidence.refuse(error, paginator.offset)
                break
            page = self.skim_page(response.sessions, scan)
            edges += page.edges
            with self.traits.lock:
                self.traits.null_sessions += response.nulls
                evidence.observe(page, response.total, paginator)
                expected = paginator.expected_offsets(evidence.total)
            planner.expect(expected, fetch)
            self.pages += 1
            self._record_claims(page)
            yield self._news(page, response.sessions)
        if evidence.needs_probe:
            with suppress(RefusedError):
                page = self.skim_page(ask(0, 1).sessions, WindowScan())
                with self.traits.lock:
                    evidence.observe_probe(page)
        if evidence.needs_look_beyond:
            with suppress(RefusedError):
                is_proof, rest = ask_beyond(edges)
                rows = rest.sessions if rest else []
                page = self.skim_page(rows, scan)
                with self.traits.lock:
                    evidence.observe_beyond(page, is_proof=is_proof)
                yield self._news(page, rows)
        with self.traits.lock:
            evidence.judge(RULES)

    def skim_page(self, texts: list[bytes], scan: WindowScan) -> SessionPage:
        """Skim the ids of a page; add the times of sessions that the scan does not know.

        Raises:
            TapError: A session without an id came.
        """
        page = SessionPage([], [], {}, [])
        for text in texts:
            try:
                skimmed = _skim(text)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                skimmed, nulls = _pick(decode_row(text))
                with self.traits.lock:
                    self.traits.null_messages += nulls
            if skimmed.identity in (None, ""):
                msg = "AntBuddy sent a session without a sessionId, which is its primary key."
                raise TapError(msg)
            session = hash(str(skimmed.identity))
            if session not in scan.identities:
                scan.times.append(skimmed.created_at)
            messages = skimmed.messages
            page.sessions.append(session)
            page.messages.append([hash((session, str(message.identity))) for message in messages])
            page.edges = [page.edges[0] if page.edges else skimmed.created_at, skimmed.created_at]
            if isinstance(skimmed.claim, int) and skimmed.claim > len(messages):
                page.claims[session] = skimmed.claim
        return page

    def _record_claims(self, page: SessionPage) -> None:
        self._claims.update(page.claims)
        for session, messages in zip(page.sessions, page.messages, strict=True):
            if session in self._claims:
                self._shown.setdefault(session, set()).update(messages)

    def count_unseen(self) -> None:
        """Count the messages that sessions claim beyond what the window has shown (A21)."""
        with self.traits.lock:
            for session, claim in self._claims.items():
                unseen = claim - len(self._shown[session])
                self.traits.short_sessions += unseen > 0
                self.traits.unseen_messages += max(0, unseen)

    def _news(self, page: SessionPage, texts: list[bytes]) -> Page:
        return [
            text
            for session, text in zip(page.sessions, texts, strict=True)
            if self.seen.is_news(session, hash(text))
        ]


class _Message(msgspec.Struct, gc=False):
    identity: Any = msgspec.field(name="_id", default=None)


class _Session(msgspec.Struct, gc=False):
    """The fields of a session that paging needs; records decode the rest."""

    identity: Any = msgspec.field(name="sessionId", default=None)
    created_at: Any = msgspec.field(name="createdAt", default=None)
    claim: Any = msgspec.field(name="messageCount", default=None)
    messages: list[_Message] = msgspec.field(default_factory=list)


_skim = msgspec.json.Decoder(_Session).decode


def key_of(text: bytes) -> int:
    """Return what identifies a session, hashed."""
    row = decode_row(text)
    return hash(str(row.get("sessionId") if isinstance(row, dict) else None))


def _pick(row: Any) -> tuple[_Session, int]:  # noqa: ANN401 - any JSON value
    """Pick the same fields from a row of an unusual shape; count the messages that are null."""
    if not isinstance(row, dict):
        return _Session(), 0
    messages = row.get("messages")
    items = messages if isinstance(messages, list) else []
    session = _Session(
        row.get("sessionId"),
        row.get("createdAt"),
        row.get("messageCount"),
        [
            _Message(item.get("_id") if isinstance(item, dict) else None)
            for item in items
            if item is not None
        ],
    )
    return session, items.count(None)

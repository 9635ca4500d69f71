"""Paging through AntBuddy's sessions with `limit` and `offset`, whose unit nobody documents."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_omnimessages.antbuddy.evidence import PagingFacts, SessionPage, Track
from tap_omnimessages.bodies import decode_row
from tap_omnimessages.errors import RefusedError, TapError
from tap_omnimessages.source import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_omnimessages.antbuddy.api import SessionsAnswer
    from tap_omnimessages.completeness import Reading
    from tap_omnimessages.fields import JsonObject


@dataclass
class SessionPaging:
    """Reads the pages of one window, and of its parts where it is read again.

    Attributes:
        page_size: The `limit` that is sent.
        facts: What the run knows of the server.
        given: The fingerprint of each session that has been given, so that none is given twice
            unless it has changed.
    """

    page_size: int
    facts: PagingFacts
    given: dict[int, int] = field(default_factory=dict)
    _claims: dict[int, int] = field(default_factory=dict)
    _shown: dict[int, set[int]] = field(default_factory=dict)

    def read(self, ask: Callable[[int], SessionsAnswer], reading: Reading) -> Iterator[Page]:
        """Page through a window once.

        Args:
            ask: Gives the page at an offset.
            reading: Filled while pages are given; `doubt` is set at the end.

        Yields:
            The sessions that have not been given before.

        Raises:
            TapError: As `ask` does for the first page, or a session without an id came.
        """
        track = Track(self.page_size, self.facts, reading)
        while not track.ended:
            try:
                answer = ask(track.offset)
            except RefusedError as error:
                if not track.offset:
                    raise
                track.refuse(error)
                break
            rows = [decode_row(raw) for raw in answer.sessions]
            page = _describe(rows, reading)
            track.add(page, answer.total)
            self._compare_claims(page)
            yield self._unseen(rows, answer.sessions)
        track.judge()

    def _compare_claims(self, page: SessionPage) -> None:
        self._claims.update(page.claims)
        for session, messages in zip(page.sessions, page.messages, strict=True):
            if session in self._claims:
                self._shown.setdefault(session, set()).update(messages)

    def count_unseen(self) -> None:
        """Count what sessions say they hold beyond what the window has shown (A21)."""
        for session, claim in self._claims.items():
            unseen = claim - len(self._shown[session])
            self.facts.short_sessions += unseen > 0
            self.facts.unseen_messages += max(0, unseen)

    def _unseen(self, rows: list[JsonObject], raw: list[bytes]) -> Page:
        page = Page([], [])
        for row, text in zip(rows, raw, strict=True):
            key, fingerprint = hash(str(row["sessionId"])), hash(text)
            if self.given.get(key) != fingerprint:
                self.given[key] = fingerprint
                page.rows.append(row)
                page.raw.append(text)
        return page


def _describe(rows: list[JsonObject], reading: Reading) -> SessionPage:
    page = SessionPage([], [], {})
    for row in rows:
        identity = row.get("sessionId") if isinstance(row, dict) else None
        if identity in (None, ""):
            msg = "AntBuddy sent a session without a sessionId, which is its primary key."
            raise TapError(msg)
        session = hash(str(identity))
        if session not in reading.identities:
            reading.times.append(row.get("createdAt"))
        page.sessions.append(session)
        messages = row.get("messages")
        items = messages if isinstance(messages, list) else ()
        page.messages.append([_message_key(session, item) for item in items])
        claim = row.get("messageCount")
        if isinstance(claim, int) and claim > len(items):
            page.claims[session] = claim
    return page


def _message_key(session: int, message: Any) -> int:  # noqa: ANN401 - any JSON value may come
    identity = message.get("_id") if isinstance(message, dict) else None
    return hash((session, str(identity)))

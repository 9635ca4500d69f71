"""Paging through AntBuddy's sessions with `limit` and `offset`, whose unit nobody documents."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from tap_omnimessages.errors import RefusedError, TapError
from tap_omnimessages.extract.completeness import WindowScan
from tap_omnimessages.lenient_json import decode_row
from tap_omnimessages.providers.antbuddy.evidence import Track
from tap_omnimessages.providers.antbuddy.server_traits import ServerTraits, SessionPage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_omnimessages.extract.source import Page, RequestPlanner
    from tap_omnimessages.providers.antbuddy.responses import SessionsResponse


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
    traits: ServerTraits
    given: dict[int, int] = field(default_factory=dict)
    _claims: dict[int, int] = field(default_factory=dict)
    _shown: dict[int, set[int]] = field(default_factory=dict)

    def read(
        self,
        ask: Callable[[int, int], SessionsResponse],
        reading: WindowScan,
        requests: RequestPlanner,
    ) -> Iterator[Page]:
        """Page through a window once.

        Args:
            ask: Gives the page at an offset, with a limit.
            reading: Filled while pages are given; `doubt` is set at the end.
            requests: Sends the requests, some ahead of time once `total` is proven.

        Yields:
            The sessions that have not been given before.

        Raises:
            TapError: As `ask` does for the first page, or a session without an id came.
        """
        track = Track(self.page_size, self.traits, reading)

        def ask_for_page(offset: int) -> SessionsResponse:
            return ask(offset, self.page_size)

        while not track.ended:
            try:
                answer = requests.send(track.offset, ask_for_page)
            except RefusedError as error:
                if not track.offset:
                    raise
                track.refuse(error)
                break
            page = _describe(answer.sessions, reading)
            with self.traits.lock:
                track.add(page, answer.total)
            requests.expect(track.expected_offsets(), ask_for_page)
            self._compare_claims(page)
            yield self._unseen(page, answer.sessions)
        if track.needs_probe:
            with suppress(RefusedError):
                page = _describe(ask(0, 1).sessions, WindowScan())
                with self.traits.lock:
                    track.take_single(page)
        with self.traits.lock:
            track.judge()

    def _compare_claims(self, page: SessionPage) -> None:
        self._claims.update(page.claims)
        for session, messages in zip(page.sessions, page.messages, strict=True):
            if session in self._claims:
                self._shown.setdefault(session, set()).update(messages)

    def count_unseen(self) -> None:
        """Count what sessions say they hold beyond what the window has shown (A21)."""
        with self.traits.lock:
            for session, claim in self._claims.items():
                unseen = claim - len(self._shown[session])
                self.traits.short_sessions += unseen > 0
                self.traits.unseen_messages += max(0, unseen)

    def _unseen(self, page: SessionPage, texts: list[bytes]) -> Page:
        unseen = []
        for session, text in zip(page.sessions, texts, strict=True):
            fingerprint = hash(text)
            if self.given.get(session) != fingerprint:
                self.given[session] = fingerprint
                unseen.append(text)
        return unseen


class _Message(msgspec.Struct, gc=False):
    identity: Any = msgspec.field(name="_id", default=None)


class _Session(msgspec.Struct, gc=False):
    """What paging must know of a session; the rest is decoded where records are made."""

    identity: Any = msgspec.field(name="sessionId", default=None)
    created_at: Any = msgspec.field(name="createdAt", default=None)
    claim: Any = msgspec.field(name="messageCount", default=None)
    messages: list[_Message] = msgspec.field(default_factory=list)


_skim = msgspec.json.Decoder(_Session).decode


def _describe(texts: list[bytes], reading: WindowScan) -> SessionPage:
    page = SessionPage([], [], {})
    for text in texts:
        try:
            skimmed = _skim(text)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            skimmed = _pick(decode_row(text))
        if skimmed.identity in (None, ""):
            msg = "AntBuddy sent a session without a sessionId, which is its primary key."
            raise TapError(msg)
        session = hash(str(skimmed.identity))
        if session not in reading.identities:
            reading.times.append(skimmed.created_at)
        messages = skimmed.messages
        page.sessions.append(session)
        page.messages.append([hash((session, str(message.identity))) for message in messages])
        if isinstance(skimmed.claim, int) and skimmed.claim > len(messages):
            page.claims[session] = skimmed.claim
    return page


def _pick(row: Any) -> _Session:  # noqa: ANN401 - any JSON value may come
    """Pick the same from a row that has not the usual form."""
    if not isinstance(row, dict):
        return _Session()
    messages = row.get("messages")
    items = messages if isinstance(messages, list) else ()
    return _Session(
        row.get("sessionId"),
        row.get("createdAt"),
        row.get("messageCount"),
        [_Message(item.get("_id") if isinstance(item, dict) else None) for item in items],
    )

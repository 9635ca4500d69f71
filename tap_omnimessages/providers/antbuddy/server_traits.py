"""What a run learns about AntBuddy's server from the pages that it sees.

Codes such as A2 are explained in docs/api-notes.md.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_omnimessages.extract.caps import CapWatch

if TYPE_CHECKING:
    from tap_omnimessages.extract.completeness import WindowScan


@dataclass
class ServerTraits:
    """What a run has learned about the server; each trait, once seen, holds for the run.

    Attributes:
        total_is_wider: `total` has exceeded the rows of its own page, so it is not the page's
            size.
        total_misleads: A scan ended with fewer sessions than `total`.
        total_counts_messages: A confirmed window showed that `total` counts messages.
        offset_counts_rows: A page began where `offset` pointed, counted in sessions.
        offset_counts_messages: A page began where `offset` pointed, counted in messages (A2).
        limit_counts_sessions: A page held more messages than `limit`.
        sessions_come_whole: With a `limit` of 1, a session came with several messages.
        full_page: The most sessions on a page that another followed.
        largest_page: The most sessions on any page.
        most_messages: The most messages on any page.
        short_sessions: How many sessions claim more messages than they showed.
        unseen_messages: How many messages those sessions lacked.
        null_messages: How many messages were null.
        null_sessions: How many sessions were null.
        offset_is_linked: Pages began where `offset` pointed, in sessions and in messages.
        caps: Recognizes numbers of rows that a cap leaves.
        lock: Held while windows that are read at the same time change these.
    """

    total_is_wider: bool = False
    total_misleads: bool = False
    total_counts_messages: bool = False
    offset_counts_rows: bool = False
    offset_counts_messages: bool = False
    limit_counts_sessions: bool = False
    sessions_come_whole: bool = False
    full_page: int = 0
    largest_page: int = 0
    most_messages: int = 0
    short_sessions: int = 0
    unseen_messages: int = 0
    null_messages: int = 0
    null_sessions: int = 0
    offset_is_linked: bool = False
    caps: CapWatch = field(default_factory=CapWatch, repr=False, compare=False)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @property
    def knows_offset(self) -> bool:
        """Whether a page has shown that `offset` points where it should."""
        return self.offset_counts_rows or self.offset_counts_messages or self.offset_is_linked

    def learn_offset(self, previous: SessionPage, page: SessionPage, step: int) -> None:
        """Learn what `offset` counts from two neighbouring pages.

        Args:
            previous: The page before.
            page: The page behind it.
            step: How far the offsets of both lie apart.
        """
        first_message = page.flat[0] if page.flat else None
        fits_rows = step < len(previous.sessions) and page.sessions[0] == previous.sessions[step]
        if fits_rows and previous.messages[step]:
            fits_rows = first_message == previous.messages[step][0]
        fits_messages = step < len(previous.flat) and first_message == previous.flat[step]
        if fits_rows and fits_messages:
            # Sessions of one message each: both meanings give the same page.
            self.offset_is_linked = True
        elif fits_rows:
            self.offset_counts_rows, self.offset_counts_messages = True, False
        elif fits_messages:
            # A page that begins in the middle of a session shows that messages are counted. Where
            # it begins with the start of one, rows that came or went may have put it there.
            begins = {messages[0] for messages in previous.messages if messages}
            if first_message not in begins:
                self.offset_counts_rows, self.offset_counts_messages = False, True

    def learn_total(self, scan: WindowScan) -> None:
        """Learn what `total` counts from a scan that a second reading has confirmed."""
        messages = len(scan.identities) - len(scan.times)
        if scan.total == messages != len(scan.times):
            with self.lock:
                self.total_counts_messages = True


@dataclass
class SessionPage:
    """A page as it came: the id of each session and the ids of its messages.

    Attributes:
        sessions: The sessions' ids, hashed.
        messages: For each session, its messages' ids, hashed.
        claims: The `messageCount` of each session that claims more messages than it shows.
        edges: When the first and the last session began, as the API writes it.
    """

    sessions: list[int]
    messages: list[list[int]]
    claims: dict[int, int]
    edges: list[Any] = field(default_factory=list, compare=False)

    def __bool__(self) -> bool:
        return bool(self.sessions)

    @property
    def flat(self) -> list[int]:
        """All messages of the page, in its order."""
        return [message for messages in self.messages for message in messages]

"""What a run learns of AntBuddy's server from the pages that it sees."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_omnimessages.extract.completeness import WindowScan


@dataclass
class ServerTraits:
    """What a run has learned about the server; each fact, once seen, holds for the run.

    Attributes:
        total_is_wider: `total` has passed the rows of its own page: it is not the page's size.
        total_misleads: A reading ended with fewer sessions than `total`.
        total_counts_messages: A confirmed window showed that `total` is its messages' number.
        offset_counts_rows: A page began where `offset` said, counted in sessions.
        offset_counts_messages: A page began where `offset` said, counted in messages.
        limit_counts_sessions: A page held more messages than `limit`.
        sessions_come_whole: With a `limit` of 1, a session came with several messages.
        full_page: The most sessions on a page that others followed.
        largest_page: The most sessions on any page.
        most_messages: The most messages on any page.
        short_sessions: How many sessions said that they hold more messages than they showed.
        unseen_messages: How many messages those lacked.
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
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def learn(self, reading: WindowScan) -> None:
        """Learn from a reading that a second one has confirmed."""
        messages = len(reading.identities) - len(reading.times)
        if reading.total == messages != len(reading.times):
            with self.lock:
                self.total_counts_messages = True


@dataclass
class SessionPage:
    """A page as it came: for each session its id and the ids of its messages.

    Attributes:
        sessions: The sessions' ids, hashed.
        messages: For each session, its messages' ids, hashed.
        claims: For each session that says so: that it holds more messages than it shows.
    """

    sessions: list[int]
    messages: list[list[int]]
    claims: dict[int, int]

    def __bool__(self) -> bool:
        return bool(self.sessions)

    @property
    def flat(self) -> list[int]:
        """All messages of the page, in its order."""
        return [message for messages in self.messages for message in messages]

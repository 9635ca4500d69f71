"""AntBuddy's two streams: sessions, and the messages nested in them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

import msgspec
from typing_extensions import override

from tap_omnimessages.errors import ApiError
from tap_omnimessages.lenient_json import decode_row
from tap_omnimessages.records.columns import EXTRA_FIELDS, Column, column_name
from tap_omnimessages.records.kinds import Kind
from tap_omnimessages.records.reader import RowReader
from tap_omnimessages.singer.stream import IncrementalStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from singer_sdk import Tap

    from tap_omnimessages.extract.cache import CachedSource
    from tap_omnimessages.extract.source import Page
    from tap_omnimessages.extract.windows import Range
    from tap_omnimessages.records.columns import JsonObject

_SESSION_COLUMNS = (
    Column(
        "sessionId", Kind.ID, "The session: a stretch of conversation until somebody closes it."
    ),
    Column(
        "conversationId",
        Kind.ID,
        "The conversation between one page and one person; it contains many sessions.",
    ),
    Column("pageId", Kind.ID, "The company's page or account on the channel."),
    Column("leadId", Kind.ID, "The person in the CRM, if linked."),
)
# Fields that a message inherits from its session where it has none of its own.
_SHARED_FIELDS = ("conversationId", "pageId", "leadId")
_SHARED_NAMES = tuple(map(column_name, _SHARED_FIELDS))
# When a message was written, and when its session was closed.
_CHANGE_TIMES = ("created_time", "done_at")
_CREATED_AT = Column(
    "createdAt", Kind.TIMESTAMP, "When the session began, with its first message (UTC)."
)
_MESSAGE_COUNT = Column(
    "messageCount", Kind.INTEGER, "The number of messages in the session, as the API counts them."
)
_MESSAGE_COLUMNS = (
    Column("_id", Kind.ID, "The message."),
    Column("messageId", Kind.ID, "The message's id on the channel. It may repeat or be missing."),
    Column("channel", Kind.STRING, "The channel, such as ZALO or FACEBOOK. New values may appear."),
    Column("from", Kind.ID, "The sender: the page, or the person on the channel."),
    Column("to", Kind.ID, "The recipient: the page, or the person on the channel."),
    Column(
        "message", Kind.STRING, "The text of a customer's message. Null for an agent's: use text."
    ),
    Column("msginfo", Kind.OBJECT, "The type and text of an agent's message."),
    Column("location", Kind.OBJECT, "A copy of msginfo; not a place."),
    Column("attachments", Kind.OBJECT, "Attached files, in the channel's own format."),
    Column("shares", Kind.OBJECT, "Shared content, in the channel's own format."),
    Column(
        "templateZaloOA",
        Kind.OBJECT,
        "The Zalo template that was sent; null if none. Some loaders store JSON's null.",
    ),
    Column("errorMessage", Kind.STRING, "Why sending failed; empty if it did not fail."),
    Column(
        "isOutboundMessage",
        Kind.BOOLEAN,
        "The API's own flag. Its documents show false in both directions: use direction.",
    ),
    Column(
        "isResponsedByBot",
        Kind.BOOLEAN,
        "By its name, whether a bot replied; no document explains it.",
    ),
    Column("created_time", Kind.TIMESTAMP, "When the message was written (UTC)."),
    Column("createdBy", Kind.ID, "The agent who wrote the message."),
    Column("doneAt", Kind.TIMESTAMP, "When the session was closed (UTC); set on its last message."),
    Column("doneBy", Kind.ID, "The agent who closed the session; set on its last message."),
    Column("pin", Kind.BOOLEAN, "Whether the message is pinned."),
    Column("pinnedAt", Kind.TIMESTAMP, "When the message was last pinned or unpinned (UTC)."),
    Column("__v", Kind.INTEGER, "The version of the record, which grows with each edit."),
)
_DERIVED_COLUMNS = (
    Column("text", Kind.STRING, "The text: `message`, else the text in `msginfo`.", derived=True),
    Column(
        "direction",
        Kind.STRING,
        "`outbound` if `from` is the page, else `inbound`; null if either is missing.",
        derived=True,
    ),
)

_MESSAGES = "messages"
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode

# The share of the lookback that lateness may reach before a warning.
_WARNING_SHARE = 0.8


class AntBuddySessions(IncrementalStream):
    """Sessions, without their messages."""

    name = "antbuddy_sessions"
    primary_keys = ("session_id",)
    replication_key = "created_at"
    revisit_setting = "antbuddy_revisit_days"
    columns: ClassVar[Sequence[Column]] = (*_SESSION_COLUMNS, _CREATED_AT, _MESSAGE_COUNT)

    @override
    def make_reader(self) -> RowReader:
        return RowReader(
            self.columns, self.contract.report, nested=_MESSAGES, removes_nul=self.removes_nul
        )

    @override
    def make_records(self, page: Page) -> Iterator[JsonObject]:
        other = self._tap.streams.get(AntBuddyMessages.name)
        # Messages that nobody selected, or that a stream map hides, must not leave here.
        may_leave = (
            isinstance(other, AntBuddyMessages) and other.selected and other.output.shows_all
        )
        for text in page:
            record, messages = self.rows.read_with_nested(text)
            start = bytes(messages)[:1]
            # A list belongs to the other stream; any other value is kept in extra_fields.
            if start not in {b"[", b"n"} and may_leave:
                self.contract.report(_MESSAGES, "it is not a list")
                record[EXTRA_FIELDS] = {
                    **(record[EXTRA_FIELDS] or {}),
                    _MESSAGES: self.rows.decode(messages),
                }
            yield record


class AntBuddyMessages(IncrementalStream):
    """Messages, each with the ids of its session."""

    name = "antbuddy_messages"
    primary_keys = ("id",)
    replication_key = "created_time"
    revisit_setting = "antbuddy_revisit_days"
    columns: ClassVar[Sequence[Column]] = (
        *_MESSAGE_COLUMNS,
        *_SESSION_COLUMNS,
        *_DERIVED_COLUMNS,
    )

    def __init__(self, tap: Tap, source: CachedSource, time_range: Range | None) -> None:
        super().__init__(tap, source, time_range)
        columns = (*_SESSION_COLUMNS, _CREATED_AT)
        self._sessions = RowReader(
            columns, self._report_of_session, nested=_MESSAGES, removes_nul=self.removes_nul
        )
        self._warned_of_lateness = False

    def _report_of_session(self, field: str, reason: str) -> None:
        # The stream of sessions reports the other fields.
        if field in _SHARED_FIELDS:
            self.contract.report(field, reason)

    @override
    def make_records(self, page: Page) -> Iterator[JsonObject]:
        read = self.rows.read
        for text in page:
            session, messages = self._sessions.read_with_nested(text)
            identity = session["session_id"]
            shared = [(name, session[name]) for name in _SHARED_NAMES]
            extra = session[EXTRA_FIELDS] or {}
            unfit = {field: extra[field] for field in _SHARED_FIELDS if field in extra}
            last = started = session["created_at"] or ""
            for message in _list_messages(messages):
                record = read(message)
                record["session_id"] = identity
                # A message's own conversation and page win; in the API's sample both are the same.
                for name, value in shared:
                    if record[name] is None:
                        record[name] = value
                if unfit:
                    record[EXTRA_FIELDS] = unfit | (record[EXTRA_FIELDS] or {})
                _derive(record)
                for name in _CHANGE_TIMES:
                    time = record[name]
                    if time is not None and time > last:
                        last = time
                yield record
            if started:
                self._watch_lateness(datetime.fromisoformat(last) - datetime.fromisoformat(started))
                if self.finds is not None:
                    self.finds.see(started, last)

    def _watch_lateness(self, lateness: timedelta) -> None:
        """Warn when sessions change so late that the lookback may miss changes.

        AntBuddy has no filter on the time of a change: a message or a closing that comes later
        than the lookback waits for a revisit (A7, A12).
        """
        lookback = self.source.lookback
        if lateness <= lookback.each_run * _WARNING_SHARE or self._warned_of_lateness:
            return
        self._warned_of_lateness = True
        text = (
            "A session had a message, or was closed, %.1f days after it began, and "
            "antbuddy_lookback_days is %g. What changes later waits for a revisit, up to as many "
            "days again: raise the setting to find it with the next run."
        )
        if lateness * 2 > lookback.revisit:
            text = (
                "A session had a message, or was closed, %.1f days after it began, and "
                "antbuddy_lookback_days is %g: raise it or antbuddy_revisit_days, or later "
                "changes will be missed."
            )
        day = timedelta(days=1)
        self.logger.warning(text, lateness / day, lookback.each_run / day)


def _derive(record: JsonObject) -> None:
    """Compute the derived columns, `text` (A19) and `direction` (A20)."""
    text = record["message"]
    if text is None and record["msginfo"] is not None:
        text = record["msginfo"].get("message")
    record["text"] = text if isinstance(text, str) else None
    sender, page = record["from_id"], record["page_id"]
    is_known = sender is not None and page is not None
    record["direction"] = ("outbound" if sender == page else "inbound") if is_known else None


def _list_messages(messages: msgspec.Raw) -> list[bytes]:
    """Return the JSON texts of a session's messages.

    Raises:
        ApiError: `messages` is not a list.
    """
    try:
        # A null among the messages is skipped; the source counts and reports them.
        return [text for raw in _decode_list(messages) if (text := bytes(raw)) != b"null"]
    except msgspec.ValidationError:
        if decode_row(messages) in (None, "", {}):
            return []
        msg = (
            "AntBuddy sent a session whose `messages` is not a list, so its messages cannot be "
            "read. The bookmark stays before it; report this sentence."
        )
        raise ApiError(msg) from None

"""eTelecom's stream: ZNS notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import msgspec
from typing_extensions import override

from tap_omnimessages.extract.seen_rows import SeenRows
from tap_omnimessages.records.columns import Column
from tap_omnimessages.records.kinds import Kind
from tap_omnimessages.singer.stream import IncrementalStream

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from singer_sdk import Tap

    from tap_omnimessages.extract.cache import CachedSource
    from tap_omnimessages.extract.source import Page
    from tap_omnimessages.extract.windows import Range
    from tap_omnimessages.records.columns import JsonObject

_RATINGS_REMEMBERED = 10_000
# The times of steps that may leave the update time unchanged.
_CHANGE_TIMES = ("sent_time", "delivery_time", "submit_time")


class EtelecomZnsMessages(IncrementalStream):
    """ZNS notifications with their delivery, cost and rating."""

    name = "etelecom_zns_messages"
    primary_keys = ("id",)
    replication_key = "created_at"
    revisit_setting = "etelecom_revisit_days"
    columns: ClassVar[Sequence[Column]] = (
        Column("id", Kind.ID, "The notification's id in eTelecom."),
        Column("shop_id", Kind.ID, "The shop's id in eTelecom."),
        Column("user_id", Kind.ID, "The sender's id in eTelecom."),
        Column("oa_id", Kind.ID, "The Zalo Official Account that sent it."),
        Column("campaign_id", Kind.ID, "The campaign."),
        Column("journey_id", Kind.ID, "The journey."),
        Column("msg_id", Kind.ID, "The notification's id at Zalo."),
        Column("tracking_id", Kind.ID, "The sender's own id, for reconciliation."),
        Column("zl_user_id", Kind.ID, "The recipient's id at Zalo."),
        Column(
            "phone",
            Kind.STRING,
            "The recipient's phone number. Its form may differ: 84…, 0… or neither.",
        ),
        Column("type", Kind.STRING, "template, journey, uid or unknown. New values may appear."),
        Column("template_id", Kind.INTEGER, "The template."),
        Column("template_data", Kind.OBJECT, "The values of the template's parameters."),
        Column("sending_mode", Kind.STRING, "The sending mode, such as default or tag3."),
        Column(
            "status",
            Kind.STRING,
            "Documented as Z newly created, P enabled, N disabled; use error_code for failures. "
            "New values may appear.",
        ),
        Column(
            "delivery_status",
            Kind.STRING,
            "unknown, received or seen; ignore case when you compare.",
        ),
        Column(
            "error_code", Kind.INTEGER, "Zalo's error code: 0 for success, negative for a failure."
        ),
        Column("error_message", Kind.STRING, "The meaning of the error code."),
        Column("is_charged", Kind.BOOLEAN, "Whether the fees are owed; may change after delivery."),
        Column(
            "is_development", Kind.BOOLEAN, "Whether the notification was sent in development mode."
        ),
        Column("fee_main", Kind.INTEGER, "The main fee (VND), owed only if is_charged."),
        Column(
            "fee_token",
            Kind.INTEGER,
            "The fee for creating the journey's token (VND), owed only if is_charged.",
        ),
        Column(
            "timeout",
            Kind.INTEGER,
            "Documented as the longest time for processing; by resellers' pages the delivery "
            "deadline in milliseconds.",
        ),
        Column("response_data", Kind.STRING, "Zalo's response."),
        Column("rate", Kind.INTEGER, "The customer's rating in stars; 0 or null is no rating."),
        Column("note", Kind.STRING, "The customer's comment."),
        Column("feedback", Kind.STRINGS, "The rating options that the customer chose."),
        Column("created_at", Kind.TIMESTAMP, "When the notification was created (UTC)."),
        Column("updated_at", Kind.TIMESTAMP, "When the notification last changed (UTC)."),
        Column("request_time", Kind.TIMESTAMP, "When sending was requested (UTC)."),
        Column("sent_time", Kind.TIMESTAMP, "When the notification was sent (UTC)."),
        Column("delivery_time", Kind.TIMESTAMP, "When the recipient's device received it (UTC)."),
        Column("submit_time", Kind.TIMESTAMP, "When the customer rated it (UTC)."),
    )

    def __init__(self, tap: Tap, source: CachedSource, time_range: Range | None) -> None:
        super().__init__(tap, source, time_range)
        self._rated = SeenRows(_RATINGS_REMEMBERED)

    @override
    def make_records(self, page: Page) -> Iterator[JsonObject]:
        for text in page:
            record = self.rows.read(text)
            if self.finds is not None:
                # Windows of a revisit go by update time; a row without one was created then.
                times = [record[name] for name in _CHANGE_TIMES if record[name] is not None]
                self.finds.see(
                    record["updated_at"] or record["created_at"], max(times, default=None)
                )
            if record["submit_time"] is None or self._is_news(record):
                yield record

    def _is_news(self, record: JsonObject) -> bool:
        """Return whether a rated notification is new or has changed.

        The sweep by rating time may find it in another window than the sweep by update time.
        """
        return self._rated.is_news(hash(record["id"]), hash(msgspec.json.encode(record)))

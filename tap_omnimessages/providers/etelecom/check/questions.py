"""The questions about eTelecom's API, in the order in which they are asked.

Later questions use what earlier ones have found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_omnimessages.check import common
from tap_omnimessages.check.findings import Question
from tap_omnimessages.providers.etelecom.check import paging, ranges, rows

if TYPE_CHECKING:
    from tap_omnimessages.check.findings import Answer
    from tap_omnimessages.providers.etelecom.check.look import EtelecomLook


def _amount(look: EtelecomLook) -> Answer:
    sweeps = 2 if look.config["etelecom_sweep_ratings"] else 1
    return common.amount(look, "notifications", sweeps=sweeps)


QUESTIONS: tuple[Question[EtelecomLook], ...] = (
    Question("key", "API key", common.key, needs_rows=False),
    Question("next", "paging.next", paging.next_cursor),
    Question("cursor", "a cursor", paging.cursor_kind),
    Question("page", "largest page", paging.largest_page),
    Question("limit_echo", "paging.limit", paging.limit_echo),
    Question("order", "order", paging.order),
    Question("sort", "sort", paging.sorting),
    Question("rounding", "bounds are", ranges.rounding),
    Question("bounds", "bounds", ranges.bounds),
    Question("one_date", "dates", ranges.one_date),
    Question("default_time_type", "time_type means", ranges.default_time_type),
    Question("window", "longest window", ranges.longest_window),
    Question("empty", "no rows", ranges.empty_page),
    Question("newest", "newest row", common.newest),
    Question("amount", "first load", _amount),
    Question("ratings", "ratings", rows.ratings),
    Question("deliveries", "a delivery", rows.deliveries),
    Question("update_time", "updated_at is", rows.update_time),
    Question("accounts", "Official Accounts", rows.accounts),
    Question("development", "test notifications", rows.development),
    Question("fields", "values", rows.field_values),
    Question("missing_fields", "missing fields", rows.missing_fields),
    Question("unknown_fields", "unknown fields", rows.unknown_fields),
    Question("enums", "new values", rows.enums),
    Question("changes", "changes", paging.changes),
    Question("clock", "clock", common.clock, needs_rows=False),
    Question("latency", "responses take", common.latency, needs_rows=False),
    Question("limits", "rate limits", common.limits, needs_rows=False),
)

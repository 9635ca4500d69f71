"""The questions about AntBuddy's API, in the order in which they are asked.

Later questions use what earlier ones have found.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tap_omnimessages.check import common
from tap_omnimessages.check.findings import Question
from tap_omnimessages.providers.antbuddy.check import paging, ranges, rows

if TYPE_CHECKING:
    from tap_omnimessages.providers.antbuddy.check.look import AntBuddyLook

QUESTIONS: tuple[Question[AntBuddyLook], ...] = (
    Question("key", "API key", common.key, needs_rows=False),
    Question("limit", "limit counts", paging.limit_unit),
    Question("offset", "offset counts", paging.offset_unit),
    Question("total", "total is", paging.total_meaning),
    Question("page", "largest page", paging.largest_page),
    Question("order", "order", paging.order),
    Question("times", "times in requests", ranges.time_forms),
    Question("selection", "a window selects", ranges.selection),
    Question("bounds", "bounds", ranges.bounds),
    Question("window", "longest window", ranges.longest_window),
    Question("empty", "no rows", ranges.empty_page),
    Question("newest", "newest row", common.newest),
    Question("amount", "first load", partial(common.amount, rows="sessions")),
    Question("lives", "sessions live", rows.lives),
    Question("success", "success", rows.success),
    Question("fields", "values", rows.field_values),
    Question("unknown_fields", "unknown fields", rows.unknown_fields),
    Question("channels", "channels", rows.channels),
    Question("agent_text", "agents' texts", rows.agent_text),
    Question("direction", "direction", rows.outbound_flag),
    Question("message_id", "messageId", rows.message_id),
    Question("message_count", "messageCount", rows.message_count),
    Question("changes", "changes", paging.changes),
    Question("clock", "clock", common.clock, needs_rows=False),
    Question("latency", "responses take", common.latency, needs_rows=False),
    Question("limits", "rate limits", common.limits, needs_rows=False),
)

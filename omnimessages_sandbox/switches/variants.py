"""The variants of the two APIs: a switch for each point that their pages leave open.

Each meaning starts with the code of its question, such as A17 or E13; the codes are explained in
docs/api-notes.md. The defaults are the documented format, or its plainest interpretation. The two
oddities answer no question: they contradict the pages.
"""

# ruff: noqa: RUF009 - `switch` returns a dataclass field.

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from omnimessages_sandbox.switches.base import Switches, switch
from omnimessages_sandbox.switches.oddities import (  # the switches read their types at run time
    AntBuddyOddity,  # noqa: TC001
    EtelecomOddity,  # noqa: TC001
)

Capped = Annotated[str, r"capped:\d+", "'capped:N'"]
Churn = Annotated[
    str,
    r"(delete|insert|change|update):[1-9]\d*(\*[1-9]\d*)?"
    r"(,(delete|insert|change|update):[1-9]\d*(\*[1-9]\d*)?)*",
    "'delete:3,insert:5' and the like (KIND:EVERY or KIND:EVERY*TIMES)",
]
Bounds = Literal["inclusive", "exclusive", "from_inclusive"]
Lists = Literal["lists", "null", "missing"]
TimeForm = Literal[
    "any",
    "iso",
    "epoch_ms",
    "epoch_s",
    "iso_else_empty",
    "epoch_ms_else_empty",
    "epoch_s_else_empty",
]
AbsentTime = Literal[0, "", "0001-01-01T00:00:00Z"] | None


@dataclass(frozen=True)
class ApiVariants(Switches):
    """A variant of both APIs; immutable, so replace the whole object to change a switch."""

    plural = "variants"

    antbuddy_limit_unit: Literal["sessions", "messages"] = switch(
        default="sessions",
        meaning=(
            "A2/A6: Do limit and offset count sessions, or messages, so that a page may cut a "
            "session in two?"
        ),
    )
    antbuddy_offset: Literal["rows", "page_index", "ignored"] = switch(
        default="rows",
        meaning="A2/A4: Does offset count rows or pages of `limit` rows, or is it ignored?",
    )
    antbuddy_page_cap: int | None = switch(
        default=None, meaning="A5: Is limit capped? No page has more rows than this."
    )
    antbuddy_page_cap_refuses: bool = switch(
        default=False,
        meaning="A5: Does a limit above the cap get HTTP 400 instead of a smaller page?",
    )
    antbuddy_total: Literal["sessions", "messages", "page", "account", "missing"] | Capped = switch(
        default="sessions",
        meaning=(
            "A3: What does total count? The window's sessions, its messages, the page's rows, "
            "all sessions of the account, or the window's sessions up to N; or it is missing."
        ),
    )
    antbuddy_order: Literal["ascending", "descending", "shuffled", "last_message"] = switch(
        default="ascending",
        meaning=(
            "A11/A25: In which order do sessions come? By createdAt up or down, shuffled (the "
            "same for each request of a window), or by last message, newest first."
        ),
    )
    antbuddy_message_order: Literal["ascending", "descending"] = switch(
        default="ascending",
        meaning="A25: In which order do the messages of a session come, by created_time?",
    )
    antbuddy_filter: Literal["session_start", "message_time", "message_time_split"] = switch(
        default="session_start",
        meaning=(
            "A7/A8: What does a window select? Sessions that start in it, whole sessions with "
            "a message in it, or of each session only the messages in it."
        ),
    )
    antbuddy_bounds: Bounds = switch(
        default="inclusive",
        meaning="A9: Are a window's bounds inclusive? Both, neither, or only created_from.",
    )
    antbuddy_longest_window_days: int | None = switch(
        default=None, meaning="A10: How long may a window be? More days than this get HTTP 400."
    )
    antbuddy_times: TimeForm = switch(
        default="any",
        meaning=(
            "A1: Which form must created_from and created_to have? Any other form gets HTTP 400, "
            "or an empty list."
        ),
    )
    antbuddy_success: Literal[True, 1, "missing"] = switch(
        default=True,
        meaning="A14: What does success look like? It is true, the number 1, or missing.",
    )
    antbuddy_empty: Literal["list", "null", "no_data"] = switch(
        default="list",
        meaning="A15: How does an empty page look? sessions is [] or null, or data is missing.",
    )
    antbuddy_created_at: Literal["epoch_ms", "epoch_s", "iso", "iso_offset"] = switch(
        default="epoch_ms",
        meaning=(
            "A17: In which form does a session's createdAt come? Milliseconds, seconds, ISO "
            "with Z, or ISO with +07:00."
        ),
    )
    antbuddy_message_times: Literal["iso", "iso_offset", "epoch_ms"] = switch(
        default="iso", meaning="A17: In which form do a message's created_time and pinnedAt come?"
    )
    antbuddy_ids: Literal["strings", "numbers"] = switch(
        default="strings",
        meaning="A18/A24: Are ids of digits texts or numbers? Some have 38 digits.",
    )
    antbuddy_lead_id: Literal["number", "string", "null", "missing"] = switch(
        default="number", meaning="A18: Is leadId a number or a text? Or is it null or missing?"
    )
    antbuddy_zero_times: AbsentTime = switch(
        default=None,
        meaning=(
            "A17: How does an absent doneAt or pinnedAt come? none leaves the field out; any "
            "other value is sent."
        ),
    )
    antbuddy_null_lists: Lists = switch(
        default="lists",
        meaning=(
            "A22: Can attachments and shares (and messages, in a session without any) be null "
            "or missing?"
        ),
    )
    antbuddy_attachments: Literal["object", "list", "text"] = switch(
        default="object",
        meaning="A22: What are attachments and shares? {'data': []}, the list, or JSON as text.",
    )
    antbuddy_agent_text: Literal["msginfo_and_location", "msginfo", "message"] = switch(
        default="msginfo_and_location",
        meaning="A19: Which field holds the text of an agent's reply?",
    )
    antbuddy_outbound_flag: Literal["always_false", "true_direction"] = switch(
        default="always_false",
        meaning=(
            "A20: Can isOutboundMessage be trusted? It is always false, or tells the direction."
        ),
    )
    antbuddy_message_id: Literal["unique", "repeating", "missing"] = switch(
        default="unique",
        meaning=(
            "A24: Does the channel's messageId identify a message? It is unique, the same on "
            "every message, or missing."
        ),
    )
    antbuddy_message_count: Literal["list", "larger", "session"] = switch(
        default="list",
        meaning=(
            "A21: What does messageCount count? The listed messages, two more than the session "
            "has, or all of the session's messages."
        ),
    )
    antbuddy_unknown_fields: bool = switch(
        default=False, meaning="A22: Do sessions and messages have fields that no page documents?"
    )
    antbuddy_churn: Churn | Literal[""] = switch(
        default="",
        meaning=(
            "A11/A26: What changes while pages are read? After every Nth request of a window, "
            "a session is deleted (a served one if possible), inserted (among the served ones) "
            "or changed (it gets a message)."
        ),
    )
    antbuddy_lag_seconds: int = switch(
        default=0,
        meaning="A11: When do new sessions appear? All changes appear this many seconds late.",
    )
    antbuddy_oddity: AntBuddyOddity = switch(
        default="",
        meaning="Odd: How does the API contradict its own pages? One of the odd behaviours.",
    )
    etelecom_page_cap: int | None = switch(
        default=None, meaning="E2: How many rows may a page hold? No page has more than this."
    )
    etelecom_limit_above_100: Literal["becomes_100", "allowed", "refused"] = switch(
        default="becomes_100",
        meaning="E2: What does a limit above 100 do? 'refused' sends HTTP 400 above 1000.",
    )
    etelecom_limit_echo: Literal["applied", "asked", "zero", "missing"] = switch(
        default="applied",
        meaning=(
            "E2: What is paging.limit in the response? The applied limit, the requested one, "
            "0, or missing."
        ),
    )
    etelecom_next: Literal[
        "until_empty", "empty_on_last", "null_on_last", "missing", "repeating", "in_after"
    ] = switch(
        default="until_empty",
        meaning=(
            "E1/E4: What is paging.next on the last page? It is set as long as rows come, "
            "empty, null, missing, always the same cursor, or empty while the cursor is in "
            "paging.after."
        ),
    )
    etelecom_cursor: Literal["keyset", "offset"] = switch(
        default="keyset",
        meaning=(
            "E12: Do cursors survive changes of rows? A cursor names the last row, or only counts "
            "the rows before it."
        ),
    )
    etelecom_order: Literal["newest", "oldest", "by_id", "shuffled"] = switch(
        default="newest",
        meaning="E5: In which order do rows come? By the filter's time, by id, or shuffled.",
    )
    etelecom_sort: Literal["allowed", "refused"] = switch(
        default="allowed", meaning="E6: Can rows be sorted? A sort is followed, or gets HTTP 400."
    )
    etelecom_bounds: Bounds = switch(
        default="inclusive",
        meaning="E7: Are a window's bounds inclusive? Both, neither, or only date_from.",
    )
    etelecom_date_rounding: Literal["none", "seconds"] = switch(
        default="none", meaning="E7: Are the bounds cut to seconds? Rows have microseconds."
    )
    etelecom_one_date: Literal["refused", "allowed"] = switch(
        default="refused", meaning="E8: Is one date alone allowed?"
    )
    etelecom_longest_window_days: int | None = switch(
        default=None, meaning="E9: How long may a window be? More days than this get HTTP 400."
    )
    etelecom_default_time_type: Literal["updated_time", "request_time"] = switch(
        default="updated_time",
        meaning="E10: Which time does a window mean if time_type is absent or unknown?",
    )
    etelecom_rating_bumps_updated_at: bool = switch(
        default=True, meaning="E11: Does a rating move updated_at?"
    )
    etelecom_webhook_bumps_updated_at: bool = switch(
        default=True, meaning="E11: Do delivery, reading and charging move updated_at?"
    )
    etelecom_lag_seconds: int = switch(
        default=0,
        meaning="E13: Is the API's clock behind? All changes appear this many seconds late.",
    )
    etelecom_updated_at: Literal["always", "null_until_changed", "missing_until_changed"] = switch(
        default="always", meaning="E14: Does a row have an updated_at before its first change?"
    )
    etelecom_ids: Literal["strings", "numbers"] = switch(
        default="strings",
        meaning="E15: Are int64 ids texts or numbers? template_id is the opposite.",
    )
    etelecom_enums: Literal["documented", "wider"] = switch(
        default="documented",
        meaning=(
            "E16: Are the values of status, delivery_status and type closed? 'wider' has other "
            "spellings and new values."
        ),
    )
    etelecom_template_data: Literal["strings", "mixed", "null", "list"] = switch(
        default="strings",
        meaning="E17: What is template_data? Texts, any JSON values, null, or a list of pairs.",
    )
    etelecom_null_lists: Lists = switch(
        default="lists", meaning="E18: Can feedback and note be null or missing?"
    )
    etelecom_newer_fields: bool = switch(
        default=True,
        meaning="E19: Do rows have request_time, zl_user_id, response_data and sending_mode?",
    )
    etelecom_unknown_fields: bool = switch(
        default=False, meaning="E19: Do rows and paging have fields that no page documents?"
    )
    etelecom_empty: Literal["list", "null", "missing"] = switch(
        default="list", meaning="E22: How does an empty page look? messages is [], null or missing."
    )
    etelecom_oa_scope: Literal["all", "first"] = switch(
        default="all", meaning="E23: Which Official Accounts does a request without oa_id cover?"
    )
    etelecom_development: Literal["included", "excluded"] = switch(
        default="included",
        meaning="E27: Do test notifications come if is_development is not in the filter?",
    )
    etelecom_churn: Churn | Literal[""] = switch(
        default="",
        meaning=(
            "E12/E28: What changes while pages are read? After every Nth request of a window, "
            "a row is deleted (a served one if possible), inserted, or updated (its updated_at "
            "becomes the clock's time). 'change' means 'update'."
        ),
    )
    etelecom_zero_times: AbsentTime = switch(
        default=None,
        meaning="E14: How does an absent time come? As null, 0, an empty text, or year one.",
    )
    etelecom_fraction_digits: Literal[0, 3, 6, 9] = switch(
        default=0, meaning="E7: How many digits of a second's fraction do times have?"
    )
    etelecom_offset: Literal["Z", "+07:00"] = switch(
        default="Z", meaning="E7: Which offset do times have?"
    )
    etelecom_oddity: EtelecomOddity = switch(
        default="",
        meaning="Odd: How does the API contradict its own pages? One of the odd behaviours.",
    )


DEFAULTS = ApiVariants()

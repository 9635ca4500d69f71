"""How the sandbox reads what the two API pages leave open: one switch for each open point.

The numbers A1-A26 (AntBuddy) and E1-E28 (eTelecom) name the project's open questions about the
APIs; each switch restates its question. Every default is the documented format, or what follows
from it most plainly.
"""

# ruff: noqa: RUF009 - `switch` makes a dataclass field.

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from omnimessages_sandbox.switches.base import Switches, switch

Capped = Annotated[str, r"capped:\d+", "'capped:N'"]
Churn = Annotated[
    str,
    r"(delete|insert|change|update):[1-9]\d*(\*[1-9]\d*)?"
    r"(,(delete|insert|change|update):[1-9]\d*(\*[1-9]\d*)?)*",
    "'delete:3,insert:5' and the like (KIND:EVERY or KIND:EVERY*TIMES)",
]
Bounds = Literal["inclusive", "exclusive", "from_inclusive"]
Lists = Literal["lists", "null", "missing"]
AbsentTime = Literal[0, "", "0001-01-01T00:00:00Z"] | None


@dataclass(frozen=True)
class ApiVariants(Switches):
    """The readings that the sandbox follows; immutable, replace it as a whole."""

    plural = "variants"

    antbuddy_limit_unit: Literal["sessions", "messages"] = switch(
        default="sessions",
        meaning=(
            "A2/A6: what limit and offset count; counting messages splits sessions over pages."
        ),
    )
    antbuddy_offset: Literal["rows", "page_index", "ignored"] = switch(
        default="rows",
        meaning="A2/A4: whether offset counts rows, counts pages of `limit` rows, or is ignored.",
    )
    antbuddy_page_cap: int | None = switch(
        default=None,
        meaning="A5: the most rows on a page, whatever limit asks for, without saying so.",
    )
    antbuddy_page_cap_refuses: bool = switch(
        default=False,
        meaning="A5: a limit above the page cap is answered with 400 instead of a smaller page.",
    )
    antbuddy_total: Literal["sessions", "messages", "page", "account", "missing"] | Capped = switch(
        default="sessions",
        meaning=(
            "A3: what total counts: the window's sessions, its messages, this page's rows, all "
            "sessions of the account, nothing (left out), or the window's sessions up to N."
        ),
    )
    antbuddy_order: Literal["ascending", "descending", "shuffled", "last_message"] = switch(
        default="ascending",
        meaning=(
            "A11/A25: the order of sessions: by createdAt, shuffled (the same way for one "
            "window), or by last message, newest first."
        ),
    )
    antbuddy_message_order: Literal["ascending", "descending"] = switch(
        default="ascending",
        meaning="A25: the order of the messages inside a session, by created_time.",
    )
    antbuddy_filter: Literal["session_start", "message_time", "message_time_split"] = switch(
        default="session_start",
        meaning=(
            "A7/A8: what the window holds: sessions that start in it, whole sessions with any "
            "message in it, or of each session only the messages in it."
        ),
    )
    antbuddy_bounds: Bounds = switch(
        default="inclusive",
        meaning="A9: which ends of the window belong to it: both, none, or created_from only.",
    )
    antbuddy_longest_window_days: int | None = switch(
        default=None, meaning="A10: a window of more days than this is answered with 400."
    )
    antbuddy_times: Literal["any", "iso", "epoch_ms", "iso_else_empty", "epoch_ms_else_empty"] = (
        switch(
            default="any",
            meaning=(
                "A1: the form created_from and created_to must have; another is answered with "
                "400, or with an empty list."
            ),
        )
    )
    antbuddy_success: Literal[True, 1, "missing"] = switch(
        default=True, meaning="A14: how a good answer says so: true, the number 1, or not at all."
    )
    antbuddy_empty: Literal["list", "null", "no_data"] = switch(
        default="list",
        meaning="A15: an empty page: sessions is [], sessions is null, or data is left out.",
    )
    antbuddy_created_at: Literal["epoch_ms", "epoch_s", "iso", "iso_offset"] = switch(
        default="epoch_ms",
        meaning=(
            "A17: the form of a session's createdAt: epoch milliseconds, epoch seconds, ISO with "
            "Z, or ISO with +07:00."
        ),
    )
    antbuddy_message_times: Literal["iso", "iso_offset", "epoch_ms"] = switch(
        default="iso", meaning="A17: the form of a message's created_time and pinnedAt."
    )
    antbuddy_ids: Literal["strings", "numbers"] = switch(
        default="strings",
        meaning=(
            "A18/A24: whether ids made of digits are text or JSON numbers, 38 digits and all."
        ),
    )
    antbuddy_lead_id: Literal["number", "string", "null", "missing"] = switch(
        default="number", meaning="A18: the form of leadId."
    )
    antbuddy_zero_times: AbsentTime = switch(
        default=None,
        meaning=(
            "A17: what stands for an absent doneAt or pinnedAt: none leaves the key out, else "
            "this value stands there."
        ),
    )
    antbuddy_null_lists: Lists = switch(
        default="lists",
        meaning=(
            "A22: attachments and shares (and messages where a session has none): as documented, "
            "null or left out."
        ),
    )
    antbuddy_attachments: Literal["object", "list", "text"] = switch(
        default="object",
        meaning=(
            "A22: the shape of attachments and shares: {'data': []}, the bare list, or JSON in a "
            "text."
        ),
    )
    antbuddy_agent_text: Literal["msginfo_and_location", "msginfo", "message"] = switch(
        default="msginfo_and_location", meaning="A19: where an agent's reply keeps its text."
    )
    antbuddy_outbound_flag: Literal["always_false", "true_direction"] = switch(
        default="always_false",
        meaning=(
            "A20: isOutboundMessage is false in both directions (as in the sample) or tells the "
            "truth."
        ),
    )
    antbuddy_message_id: Literal["unique", "repeating", "missing"] = switch(
        default="unique",
        meaning="A24: the channel's messageId: unique, the same on every message, or left out.",
    )
    antbuddy_message_count: Literal["list", "larger", "session"] = switch(
        default="list",
        meaning=(
            "A21: messageCount is the length of the list, two more than the session has, or the "
            "session's count also where the list is only a part."
        ),
    )
    antbuddy_unknown_fields: bool = switch(
        default=False, meaning="A22: sessions and messages carry fields that no page documents."
    )
    antbuddy_churn: Churn | Literal[""] = switch(
        default="",
        meaning=(
            "A11/A26: after every Nth request of a window a session is deleted (a served one if "
            "possible), inserted (among the served) or changed (gets a message)."
        ),
    )
    antbuddy_lag_seconds: int = switch(
        default=0, meaning="A11: how many seconds late the API shows what happened."
    )
    etelecom_page_cap: int | None = switch(
        default=None,
        meaning="E2: the most rows on a page, whatever limit asks for, without refusing.",
    )
    etelecom_limit_above_100: Literal["becomes_100", "allowed", "refused"] = switch(
        default="becomes_100",
        meaning="E2: what a limit above 100 does; 'refused' answers above 1000 with 400.",
    )
    etelecom_limit_echo: Literal["applied", "asked", "zero", "missing"] = switch(
        default="applied",
        meaning="E2: the answer's paging.limit: as applied, as asked for, 0, or left out.",
    )
    etelecom_next: Literal[
        "until_empty", "empty_on_last", "null_on_last", "missing", "repeating", "in_after"
    ] = switch(
        default="until_empty",
        meaning=(
            "E1/E4: paging.next is set while rows come, is empty or null on the last page, is "
            "left out, is the same cursor again and again, or stands in paging.after while next "
            "is empty."
        ),
    )
    etelecom_cursor: Literal["keyset", "offset"] = switch(
        default="keyset",
        meaning="E12: whether the cursor names the last row or only how many rows went before.",
    )
    etelecom_order: Literal["newest", "oldest", "by_id", "shuffled"] = switch(
        default="newest", meaning="E5: the order of rows, by the filter's time or by id."
    )
    etelecom_sort: Literal["allowed", "refused"] = switch(
        default="allowed",
        meaning="E6: whether a sort in the request is followed or answered with 400.",
    )
    etelecom_bounds: Bounds = switch(
        default="inclusive",
        meaning="E7: which ends of the window belong to it: both, none, or date_from only.",
    )
    etelecom_date_rounding: Literal["none", "seconds"] = switch(
        default="none",
        meaning="E7: whether the server cuts the bounds to seconds; rows have microseconds.",
    )
    etelecom_one_date: Literal["refused", "allowed"] = switch(
        default="refused", meaning="E8: what one date without the other does."
    )
    etelecom_longest_window_days: int | None = switch(
        default=None, meaning="E9: a window of more days than this is answered with 400."
    )
    etelecom_default_time_type: Literal["updated_time", "request_time"] = switch(
        default="updated_time",
        meaning="E10: what date_from and date_to mean when time_type is absent or unknown.",
    )
    etelecom_rating_bumps_updated_at: bool = switch(
        default=True, meaning="E11: whether a rating moves updated_at."
    )
    etelecom_webhook_bumps_updated_at: bool = switch(
        default=True, meaning="E11: whether being received, seen and charged moves updated_at."
    )
    etelecom_lag_seconds: int = switch(
        default=0, meaning="E13: how many seconds the server's clock, and so its data, is behind."
    )
    etelecom_updated_at: Literal["always", "null_until_changed", "missing_until_changed"] = switch(
        default="always", meaning="E14: whether a row that was only created has an updated_at."
    )
    etelecom_ids: Literal["strings", "numbers"] = switch(
        default="strings",
        meaning="E15: whether int64 ids are text or JSON numbers; template_id is the opposite.",
    )
    etelecom_enums: Literal["documented", "wider"] = switch(
        default="documented",
        meaning="E16: status, delivery_status, type with other spellings and new members.",
    )
    etelecom_template_data: Literal["strings", "mixed", "null", "list"] = switch(
        default="strings",
        meaning="E17: template_data: texts, any JSON values, null, or a list of pairs.",
    )
    etelecom_null_lists: Lists = switch(
        default="lists", meaning="E18: feedback and note: as documented, null, none."
    )
    etelecom_newer_fields: bool = switch(
        default=True,
        meaning=(
            "E19: whether request_time, zl_user_id, response_data and sending_mode are there."
        ),
    )
    etelecom_unknown_fields: bool = switch(
        default=False, meaning="E19: rows and paging carry fields that no page documents."
    )
    etelecom_empty: Literal["list", "null", "missing"] = switch(
        default="list", meaning="E22: an empty page: messages is [], is null, or is left out."
    )
    etelecom_oa_scope: Literal["all", "first"] = switch(
        default="all", meaning="E23: which official accounts a request without oa_id covers."
    )
    etelecom_development: Literal["included", "excluded"] = switch(
        default="included",
        meaning="E27: whether development notifications come without is_development.",
    )
    etelecom_churn: Churn | Literal[""] = switch(
        default="",
        meaning=(
            "E12/E28: after every Nth request of a window a row is deleted (a served one if "
            "possible), inserted, or updated (moves to the clock's time); 'change' means "
            "'update'."
        ),
    )
    etelecom_zero_times: AbsentTime = switch(
        default=None,
        meaning="E14: what stands for an absent time: null, 0, an empty text, or year one.",
    )
    etelecom_fraction_digits: Literal[0, 3, 6, 9] = switch(
        default=0, meaning="E7: how many digits of a second's fraction are printed."
    )
    etelecom_offset: Literal["Z", "+07:00"] = switch(
        default="Z", meaning="E7: the offset that times carry."
    )


DEFAULTS = ApiVariants()

"""What the check has to say about each variant of the APIs."""

from __future__ import annotations

from typing import Any

# By a switch and its value: the topic, and its meaning. Of `fields`, `field: form` has to be there.
EXPECTED: dict[tuple[str, Any], tuple[str, Any]] = {
    ("antbuddy_limit_unit", "messages"): ("limit", "messages"),
    ("antbuddy_offset", "page_index"): ("offset", "pages"),
    ("antbuddy_offset", "ignored"): ("offset", "ignored"),
    **{
        ("antbuddy_total", total): ("total", total.partition(":")[0])
        for total in ("messages", "page", "account", "missing")
    },
    ("antbuddy_total", "capped:10"): ("total", "capped"),
    ("antbuddy_page_cap", 20): ("page", {"rows": 20, "cap": 20}),
    ("antbuddy_page_cap", 7): ("page", {"rows": 7, "cap": 7}),
    ("antbuddy_page_cap_refuses", True): ("page", {"accepted": 100, "refused": 200}),
    ("antbuddy_filter", "message_time"): ("selection", "message_time"),
    ("antbuddy_filter", "message_time_split"): ("selection", "message_time_split"),
    ("antbuddy_bounds", "exclusive"): ("bounds", "exclusive"),
    ("antbuddy_bounds", "from_inclusive"): ("bounds", "from_inclusive"),
    ("antbuddy_longest_window_days", 31): ("window", {"accepted": 31, "refused": 32}),
    **{
        ("antbuddy_order", order): ("order", {"sessions": meaning, "messages": "ascending"})
        for order, meaning in (
            ("descending", "descending"),
            ("shuffled", "none"),
            ("last_message", "last_message"),
        )
    },
    ("antbuddy_message_order", "descending"): (
        "order",
        {"sessions": "ascending", "messages": "descending"},
    ),
    ("antbuddy_churn", "insert:2"): ("changes", ["appeared", "disappeared"]),
    ("antbuddy_churn", "change:2"): ("changes", ["changed"]),
    ("antbuddy_churn", "delete:3*2"): ("changes", ["appeared", "disappeared"]),
    ("antbuddy_success", 1): ("success", 1),
    ("antbuddy_success", "missing"): ("success", "missing"),
    ("antbuddy_empty", "null"): ("empty", "null"),
    ("antbuddy_empty", "no_data"): ("empty", "no_data"),
    ("antbuddy_created_at", "epoch_s"): ("fields", "session.createdAt: epoch_s"),
    ("antbuddy_created_at", "iso"): ("fields", "session.createdAt: iso Z"),
    ("antbuddy_created_at", "iso_offset"): ("fields", "session.createdAt: iso +07:00"),
    ("antbuddy_message_times", "iso_offset"): ("fields", "message.created_time: iso +07:00"),
    ("antbuddy_message_times", "epoch_ms"): ("fields", "message.created_time: epoch_ms"),
    ("antbuddy_zero_times", 0): ("fields", "message.doneAt: zero number"),
    ("antbuddy_zero_times", ""): ("fields", "message.doneAt: empty text"),
    ("antbuddy_zero_times", "0001-01-01T00:00:00Z"): ("fields", "message.doneAt: zero text"),
    ("antbuddy_lead_id", "string"): ("fields", "session.leadId: digits"),
    ("antbuddy_lead_id", "null"): ("fields", "session.leadId: null"),
    ("antbuddy_lead_id", "missing"): ("fields", "session.leadId: missing"),
    ("antbuddy_ids", "numbers"): ("fields", "session.conversationId: number"),
    ("antbuddy_agent_text", "msginfo"): ("agent_text", "msginfo"),
    ("antbuddy_agent_text", "message"): ("agent_text", "message"),
    ("antbuddy_outbound_flag", "true_direction"): ("direction", "true_direction"),
    ("antbuddy_message_count", "larger"): ("message_count", "larger"),
    # A session is shown whole here, so that its messages are those that are listed.
    ("antbuddy_message_count", "session"): ("message_count", "shown"),
    ("antbuddy_null_lists", "null"): ("fields", "message.attachments: null"),
    ("antbuddy_null_lists", "missing"): ("fields", "message.attachments: missing"),
    ("antbuddy_attachments", "list"): ("fields", "message.attachments: list"),
    ("antbuddy_attachments", "text"): ("fields", "message.attachments: text"),
    ("antbuddy_unknown_fields", True): (
        "unknown_fields",
        ["isDone", "rating_value", "tags", "reactions", "seenBy"],
    ),
    ("antbuddy_message_id", "repeating"): ("message_id", "repeating"),
    ("antbuddy_message_id", "missing"): ("message_id", "missing"),
    **{
        ("etelecom_next", following): ("next", following)
        for following in ("empty_on_last", "null_on_last", "missing", "repeating", "in_after")
    },
    ("etelecom_page_cap", 20): ("page", {"rows": 20, "cap": 20, "refused": None}),
    ("etelecom_limit_above_100", "allowed"): ("page", {"cap": None, "refused": None}),
    ("etelecom_limit_above_100", "refused"): ("page", {"cap": None, "refused": 1001}),
    **{
        ("etelecom_limit_echo", echo): ("limit_echo", echo) for echo in ("asked", "zero", "missing")
    },
    **{
        ("etelecom_order", order): ("order", meaning)
        for order, meaning in (("oldest", "oldest"), ("by_id", "by_id"), ("shuffled", "none"))
    },
    ("etelecom_sort", "refused"): ("sort", "refused"),
    ("etelecom_date_rounding", "seconds"): ("rounding", "seconds"),
    ("etelecom_fraction_digits", 3): ("fields", "fraction_digits: 3"),
    ("etelecom_fraction_digits", 6): ("fields", "fraction_digits: 6"),
    ("etelecom_fraction_digits", 9): ("fields", "fraction_digits: 9"),
    ("etelecom_offset", "+07:00"): ("fields", "created_at: iso +07:00"),
    ("etelecom_one_date", "allowed"): ("one_date", "allowed"),
    ("etelecom_longest_window_days", 31): ("window", {"accepted": 31, "refused": 32}),
    ("etelecom_default_time_type", "request_time"): ("default_time_type", "request_time"),
    ("etelecom_rating_bumps_updated_at", False): ("ratings", {"moves_updated_at": False}),
    ("etelecom_webhook_bumps_updated_at", False): ("deliveries", False),
    ("etelecom_churn", "update:2"): ("changes", ["appeared", "disappeared"]),
    ("etelecom_churn", "delete:3*2"): ("changes", ["appeared", "disappeared"]),
    ("etelecom_cursor", "offset"): ("cursor", "offset"),
    ("etelecom_updated_at", "null_until_changed"): ("update_time", "null_until_changed"),
    ("etelecom_updated_at", "missing_until_changed"): ("update_time", "missing_until_changed"),
    ("etelecom_zero_times", 0): ("fields", "sent_time: zero number"),
    ("etelecom_zero_times", ""): ("fields", "sent_time: empty text"),
    ("etelecom_zero_times", "0001-01-01T00:00:00Z"): ("fields", "sent_time: zero text"),
    ("etelecom_ids", "numbers"): ("fields", "id: number"),
    ("etelecom_enums", "wider"): (
        "enums",
        {
            "status": ["NS", "S"],
            "delivery_status": ["Unkown"],
            "type": ["journey_paused"],
        },
    ),
    ("etelecom_template_data", "mixed"): ("fields", "template_data.*: true/false"),
    ("etelecom_template_data", "null"): ("fields", "template_data: null"),
    ("etelecom_template_data", "list"): ("fields", "template_data: list"),
    ("etelecom_null_lists", "null"): ("fields", "note: null"),
    ("etelecom_null_lists", "missing"): ("missing_fields", ["note", "feedback"]),
    ("etelecom_newer_fields", False): (
        "missing_fields",
        ["zl_user_id", "sending_mode", "response_data", "request_time"],
    ),
    ("etelecom_unknown_fields", True): (
        "unknown_fields",
        ["cancelled_at", "meta", "price_class", "paging.has_more"],
    ),
    ("etelecom_empty", "null"): ("empty", "null"),
    ("etelecom_empty", "missing"): ("empty", "missing"),
    ("etelecom_development", "excluded"): ("development", "excluded"),
}
for _name, _value, _forms in (
    ("antbuddy_times", "iso", ("understood", "refused", "refused")),
    ("antbuddy_times", "epoch_ms", ("refused", "understood", "refused")),
    ("antbuddy_times", "epoch_s", ("refused", "refused", "understood")),
    ("antbuddy_times", "iso_else_empty", ("understood", "empty", "empty")),
    ("antbuddy_times", "epoch_ms_else_empty", ("empty", "understood", "empty")),
    ("antbuddy_times", "epoch_s_else_empty", ("empty", "empty", "understood")),
):
    EXPECTED[_name, _value] = (
        "times",
        dict(zip(("iso8601", "epoch_ms", "epoch_s"), _forms, strict=True)),
    )

# The topics of variants that a few requests cannot show.
CANNOT_TELL: dict[tuple[str, Any], str] = {
    # What is late by seconds shows only beside a row of the last seconds.
    ("antbuddy_lag_seconds", 5): "delay",
    ("etelecom_lag_seconds", 300): "delay",
    # Times are printed in seconds.
    ("etelecom_bounds", "exclusive"): "bounds",
    ("etelecom_bounds", "from_inclusive"): "bounds",
    # One account is all that there may be.
    ("etelecom_oa_scope", "first"): "accounts",
}

# What depends on the rows that happen to come, and says nothing about the API.
ABOUT_ROWS = {
    "amount",
    "channels",
    "clock",
    "fields",
    "latency",
    "limits",
    "lives",
    "newest",
    "ratings",
}
# A row that churn invents lacks fields, and repeats others.
OF_CHURN = {"direction", "message_id", "message_count", "page"}
# Other topics that a variant changes, too, with the meaning that then holds.
ALSO: dict[tuple[str, Any], dict[str, Any]] = {
    ("antbuddy_limit_unit", "messages"): {"page": {"rows": 1000, "cap": None}},
    ("etelecom_null_lists", "null"): {},
    ("etelecom_order", "by_id"): {"bounds": "inclusive"},
    ("etelecom_order", "shuffled"): {"bounds": "inclusive"},
    ("etelecom_fraction_digits", 6): {"bounds": "inclusive"},
    ("etelecom_fraction_digits", 9): {"bounds": "inclusive"},
    ("etelecom_development", "excluded"): {"bounds": "inclusive"},
    ("etelecom_oa_scope", "first"): {"bounds": "inclusive"},
}

"""The variants for each open question about the two APIs.

The API pages leave questions open. Codes name them: A1 to A26 are AntBuddy's, E1 to E28 are
eTelecom's. docs/api-notes.md explains each code and what the tap does about it. Some codes have no
variant here:

- A16, E20, E21 and E25 are about errors, so they are faults.
- A23 (more channels) and E24 (one shop per API key) hold in every world.
- E3 (the first page) and E26 (the form of the base address) depend on the client.
"""

from __future__ import annotations

from typing import Any, Final

from omnimessages_sandbox.switches.oddities import ODDITIES

Variant = tuple[str, Any]

VARIANTS_BY_QUESTION: Final[dict[str, list[Variant]]] = {
    "A1": [
        ("antbuddy_times", "iso"),
        ("antbuddy_times", "epoch_ms"),
        ("antbuddy_times", "epoch_s"),
        ("antbuddy_times", "epoch_ms_else_empty"),
        ("antbuddy_times", "epoch_s_else_empty"),
    ],
    "A2": [("antbuddy_limit_unit", "messages"), ("antbuddy_offset", "page_index")],
    "A3": [
        ("antbuddy_total", "messages"),
        ("antbuddy_total", "page"),
        ("antbuddy_total", "account"),
        ("antbuddy_total", "missing"),
        ("antbuddy_total", "capped:10"),
    ],
    "A4": [("antbuddy_offset", "ignored")],
    "A5": [
        ("antbuddy_page_cap", 20),
        ("antbuddy_page_cap", 7),
        ("antbuddy_page_cap_refuses", True),
    ],
    "A6": [("antbuddy_limit_unit", "messages")],
    "A7": [("antbuddy_filter", "message_time"), ("antbuddy_filter", "message_time_split")],
    "A8": [("antbuddy_filter", "message_time")],
    "A9": [("antbuddy_bounds", "exclusive"), ("antbuddy_bounds", "from_inclusive")],
    "A10": [("antbuddy_longest_window_days", 31)],
    "A11": [
        ("antbuddy_order", "descending"),
        ("antbuddy_churn", "insert:2"),
        ("antbuddy_lag_seconds", 5),
    ],
    "A12": [("antbuddy_churn", "change:2")],
    "A13": [("antbuddy_filter", "message_time")],
    "A14": [("antbuddy_success", 1), ("antbuddy_success", "missing")],
    "A15": [("antbuddy_empty", "null"), ("antbuddy_empty", "no_data")],
    "A17": [
        ("antbuddy_created_at", "epoch_s"),
        ("antbuddy_created_at", "iso"),
        ("antbuddy_created_at", "iso_offset"),
        ("antbuddy_message_times", "iso_offset"),
        ("antbuddy_message_times", "epoch_ms"),
        ("antbuddy_zero_times", 0),
        ("antbuddy_zero_times", ""),
        ("antbuddy_zero_times", "0001-01-01T00:00:00Z"),
    ],
    "A18": [
        ("antbuddy_lead_id", "string"),
        ("antbuddy_lead_id", "null"),
        ("antbuddy_lead_id", "missing"),
        ("antbuddy_ids", "numbers"),
    ],
    "A19": [("antbuddy_agent_text", "msginfo"), ("antbuddy_agent_text", "message")],
    "A20": [("antbuddy_outbound_flag", "true_direction")],
    "A21": [("antbuddy_message_count", "larger"), ("antbuddy_message_count", "session")],
    "A22": [
        ("antbuddy_null_lists", "null"),
        ("antbuddy_null_lists", "missing"),
        ("antbuddy_attachments", "list"),
        ("antbuddy_attachments", "text"),
        ("antbuddy_unknown_fields", True),
    ],
    "A24": [
        ("antbuddy_message_id", "repeating"),
        ("antbuddy_message_id", "missing"),
        ("antbuddy_ids", "numbers"),
    ],
    "A25": [
        ("antbuddy_order", "descending"),
        ("antbuddy_order", "shuffled"),
        ("antbuddy_order", "last_message"),
        ("antbuddy_message_order", "descending"),
    ],
    "A26": [("antbuddy_churn", "delete:3*2")],
    "E1": [
        ("etelecom_next", "empty_on_last"),
        ("etelecom_next", "null_on_last"),
        ("etelecom_next", "missing"),
        ("etelecom_next", "repeating"),
    ],
    "E2": [
        ("etelecom_page_cap", 20),
        ("etelecom_limit_above_100", "allowed"),
        ("etelecom_limit_above_100", "refused"),
        ("etelecom_limit_echo", "asked"),
        ("etelecom_limit_echo", "zero"),
        ("etelecom_limit_echo", "missing"),
    ],
    "E4": [("etelecom_next", "in_after")],
    "E5": [
        ("etelecom_order", "oldest"),
        ("etelecom_order", "by_id"),
        ("etelecom_order", "shuffled"),
    ],
    "E6": [("etelecom_sort", "refused")],
    "E7": [
        ("etelecom_bounds", "exclusive"),
        ("etelecom_bounds", "from_inclusive"),
        ("etelecom_date_rounding", "seconds"),
        ("etelecom_fraction_digits", 3),
        ("etelecom_fraction_digits", 6),
        ("etelecom_fraction_digits", 9),
        ("etelecom_offset", "+07:00"),
    ],
    "E8": [("etelecom_one_date", "allowed")],
    "E9": [("etelecom_longest_window_days", 31)],
    "E10": [("etelecom_default_time_type", "request_time")],
    "E11": [
        ("etelecom_rating_bumps_updated_at", False),
        ("etelecom_webhook_bumps_updated_at", False),
    ],
    "E12": [("etelecom_churn", "update:2"), ("etelecom_cursor", "offset")],
    "E13": [("etelecom_lag_seconds", 300)],
    "E14": [
        ("etelecom_updated_at", "null_until_changed"),
        ("etelecom_updated_at", "missing_until_changed"),
        ("etelecom_zero_times", 0),
        ("etelecom_zero_times", ""),
        ("etelecom_zero_times", "0001-01-01T00:00:00Z"),
    ],
    "E15": [("etelecom_ids", "numbers")],
    "E16": [("etelecom_enums", "wider")],
    "E17": [
        ("etelecom_template_data", "mixed"),
        ("etelecom_template_data", "null"),
        ("etelecom_template_data", "list"),
    ],
    "E18": [("etelecom_null_lists", "null"), ("etelecom_null_lists", "missing")],
    "E19": [("etelecom_newer_fields", False), ("etelecom_unknown_fields", True)],
    "E22": [("etelecom_empty", "null"), ("etelecom_empty", "missing")],
    "E23": [("etelecom_oa_scope", "first")],
    "E27": [("etelecom_development", "excluded")],
    "E28": [("etelecom_churn", "delete:3*2")],
}
"""Variants, each a switch and its value, by code, for instance `"A2"`; defaults are left out."""

_NUMBERS: Final[dict[str, tuple[int, ...]]] = {
    "cap": (20, 37, 50),
    "cap_repeats": (20, 37, 50),
    "cap_refuses": (20, 37, 50),
    "limit_above": (20,),
    "limit_above_total_0": (20,),
    "newest_days": (5,),
    "whole_days_cap": (5,),
    "trouble_message": (3, 1),
    "trouble_error": (3, 1),
    "trouble_errors": (3, 1),
    "trouble_status": (3, 1),
    "half_partial": (3, 1),
    "half_timed_out": (3, 1),
}

ODD_VARIANTS: Final[list[Variant]] = [
    (f"{api}_oddity", f"{name}:{number}" if oddity.has_number else name)
    for name, oddity in ODDITIES.items()
    for number in _NUMBERS.get(name, (0,))
    for api in oddity.apis
]
"""Variants that answer no open question: APIs that contradict themselves or misunderstand."""

"""The variants of the two APIs that tests run under, alone and combined."""

from __future__ import annotations

from typing import Any

import pytest

from omnimessages_sandbox import VARIANTS_BY_QUESTION

SWITCHES = [
    pytest.param(name, value, id=f"{ambiguity} {name}={value!r}")
    for ambiguity, variants in VARIANTS_BY_QUESTION.items()
    for name, value in variants
]
# The settings that a switch needs to have an effect.
OTHER_SETTINGS: dict[str, dict[str, Any]] = {
    "antbuddy_page_cap_refuses": {"antbuddy_page_size": 101},
    "antbuddy_longest_window_days": {"antbuddy_window_days": 30},
    "etelecom_longest_window_days": {"etelecom_window_days": 30},
    "etelecom_limit_above_100": {"etelecom_page_size": 120, "etelecom_window_days": 31},
}
ORDERS = ("ascending", "descending", "shuffled", "last_message")
CHURN = ("delete:1*3", "delete:2,insert:2", "delete:1,insert:1", "insert:3*4", "change:2")
TOTALS = ("sessions", "messages", "page", "account", "missing", "capped:10")

ANTBUDDY_MIXES: list[dict[str, Any]] = [
    {"page_cap": 20, "total": "page"},
    {"page_cap": 20, "total": "missing", "order": "descending"},
    {"page_cap": 7, "total": "capped:10", "order": "shuffled"},
    {"page_cap": 7, "total": "account", "message_order": "descending"},
    *({"limit_unit": "messages", "total": total} for total in TOTALS),
    *({"limit_unit": "messages", "page_cap": 20, "total": total} for total in TOTALS),
    *({"offset": "page_index", "total": total} for total in TOTALS),
    *({"offset": "page_index", "page_cap": 20, "total": total} for total in TOTALS),
    *({"offset": "ignored", "total": total} for total in TOTALS),
    {"bounds": "exclusive", "filter": "message_time_split"},
    {"bounds": "exclusive", "filter": "message_time_split", "limit_unit": "messages"},
    {"bounds": "from_inclusive", "filter": "message_time", "page_cap": 7, "total": "page"},
    {"filter": "message_time_split", "total": "messages", "order": "last_message"},
    {"empty": "no_data", "success": 1, "total": "page", "page_cap": 20},
    {"offset": "ignored", "page_cap": 7, "total": "missing", "filter": "message_time_split"},
    {"empty": "null", "success": 1, "total": "missing", "page_cap": 20, "ids": "numbers"},
]
ANTBUDDY_CHURN_MIXES: list[dict[str, Any]] = [
    *({"churn": churn, "order": order} for churn in CHURN for order in ORDERS),
    *({"churn": churn, "total": "missing", "page_cap": 7} for churn in CHURN),
    *({"churn": churn, "total": "page", "page_cap": 20} for churn in CHURN),
    *({"churn": churn, "limit_unit": "messages", "total": "messages"} for churn in CHURN),
    *({"churn": churn, "offset": "page_index"} for churn in CHURN),
    {"churn": "delete:1*3", "total": "missing", "page_cap": 7, "order": "shuffled"},
    {"churn": "insert:2*3", "limit_unit": "messages", "offset": "page_index", "total": "missing"},
    {"churn": "delete:1*3", "limit_unit": "messages", "offset": "page_index"},
    {"churn": "insert:2*3", "limit_unit": "messages", "offset": "ignored", "order": "descending"},
]
NEXTS = ("until_empty", "empty_on_last", "missing", "repeating", "in_after")
ETELECOM_MIXES: list[dict[str, Any]] = [
    *(
        {"next": following, "page_cap": cap, "limit_echo": echo}
        for following in NEXTS
        for cap, echo in ((20, "asked"), (7, "applied"), (20, "missing"))
    ),
    {"next": "missing", "page_cap": 20, "limit_echo": "zero", "order": "shuffled"},
    {"next": "in_after", "order": "by_id", "empty": "missing"},
    {"cursor": "offset", "order": "oldest", "page_cap": 7, "next": "null_on_last"},
    {"bounds": "exclusive", "fraction_digits": 6, "date_rounding": "seconds", "page_cap": 20},
    {"updated_at": "missing_until_changed", "rating_bumps_updated_at": False, "ids": "numbers"},
]
ETELECOM_CHURN = ("delete:1*3", "delete:1,insert:1", "update:1*5", "delete:2,insert:2,update:3*5")
ETELECOM_CHURN_MIXES: list[dict[str, Any]] = [
    {"churn": churn, "cursor": cursor, "order": order}
    for churn in ETELECOM_CHURN
    for cursor in ("keyset", "offset")
    for order in ("newest", "oldest", "shuffled")
]


# No request can reach the messages that do not fit the first page, or nothing marks an empty page.
HOPELESS_MIXES: list[dict[str, Any]] = [
    *({"offset": "ignored", "limit_unit": "messages", "total": total} for total in TOTALS),
    {"empty": "no_data", "success": "missing", "total": "page", "page_cap": 20},
]
# Whether a run can be complete depends on where pages happen to end.
DOUBTFUL_MIXES: list[dict[str, Any]] = [
    {"offset": "page_index", "limit_unit": "messages", "total": total, "order": order}
    for total in TOTALS
    for order in ("ascending", "shuffled")
]


def params_of(prefix: str, mixes: list[dict[str, Any]]) -> list[Any]:
    return [
        pytest.param(
            {f"{prefix}_{name}": value for name, value in mix.items()},
            id=" ".join([prefix, *(f"{name}={value}" for name, value in mix.items())]),
        )
        for mix in mixes
    ]

"""The odd behaviours that an API may have beside, or against, what its pages say.

Each is a value of the switches `antbuddy_oddity` and `etelecom_oddity`, for instance `cap:20`. The
functions that make the APIs behave so are in `omnimessages_sandbox/apis/oddities.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

ANTBUDDY = "antbuddy"
ETELECOM = "etelecom"


@dataclass(frozen=True, slots=True)
class Oddity:
    """An odd behaviour.

    Attributes:
        meaning: What the API does, in one sentence; N is the number behind the colon.
        has_number: Whether its value is `NAME:N` instead of `NAME`.
        apis: The APIs that may behave so.
    """

    meaning: str
    has_number: bool = False
    apis: tuple[str, ...] = (ANTBUDDY, ETELECOM)


ODDITIES: Final[dict[str, Oddity]] = {
    "cap": Oddity(
        "No query shows more than N rows, and total says N, too; behind them comes an empty page.",
        has_number=True,
    ),
    "cap_repeats": Oddity(
        "No query shows more than N rows; behind them comes the last page again.", has_number=True
    ),
    "cap_refuses": Oddity(
        "No query shows more than N rows; a request behind them gets HTTP 400.", has_number=True
    ),
    "limit_above": Oddity(
        "A limit above N gets an empty list, beside the true total.", has_number=True
    ),
    "limit_above_total_0": Oddity(
        "A limit above N gets an empty list, beside a total of 0.",
        has_number=True,
        apis=(ANTBUDDY,),
    ),
    "newest_days": Oddity("Every window shows the newest N days.", has_number=True),
    "window_ignored": Oddity("Every window shows all rows."),
    "cache_without_window": Oddity(
        "A cache answers by limit and offset or cursor alone, whatever the window."
    ),
    "whole_days": Oddity("A window is widened to whole days."),
    "whole_days_cap": Oddity(
        "A window is widened to whole days, and no query shows more than N rows.", has_number=True
    ),
    "dates_only": Oddity(
        "The bounds are cut to midnight, so the last day of a window is left out."
    ),
    "trouble_message": Oddity(
        "Every Nth request gets an empty list beside a message of an error.", has_number=True
    ),
    "trouble_error": Oddity(
        "Every Nth request gets an empty list beside `error`.", has_number=True
    ),
    "trouble_errors": Oddity(
        "Every Nth request gets an empty list beside `errors`.", has_number=True
    ),
    "trouble_status": Oddity(
        "Every Nth request gets an empty list beside `statusCode` 429.", has_number=True
    ),
    "half_partial": Oddity(
        'Every Nth request gets half of its page beside `success` "partial".', has_number=True
    ),
    "half_timed_out": Oddity(
        "Every Nth request gets half of its page beside `timed_out` true.", has_number=True
    ),
    "empty_page_once": Oddity(
        "The second page of each window is empty when it is requested for the first time."
    ),
    "null_rows": Oddity("Each page begins with a null instead of a row."),
    "null_messages": Oddity("The messages of each session begin with a null.", apis=(ANTBUDDY,)),
    "no_rows_204": Oddity("An empty page is HTTP 204 without a body."),
    "no_rows_404": Oddity("An empty page is HTTP 404 with a JSON body."),
    "no_rows_data_list": Oddity("An empty page has `data` as an empty list."),
    "no_rows_data_null": Oddity("An empty page has `data` as null."),
    "no_rows_object": Oddity("An empty page is an empty object."),
    "half_hidden": Oddity("Half of the rows are shown to no request."),
}
"""The odd behaviours by name."""


def _forms(api: str) -> dict[str, str]:
    return {
        name: f"{name}:N" if oddity.has_number else name
        for name, oddity in ODDITIES.items()
        if api in oddity.apis
    }


def _pattern(api: str) -> str:
    return "|".join(["", *(form.replace(":N", r":[1-9]\d*") for form in _forms(api).values())])


def _words(api: str) -> str:
    return f"'', {', '.join(map(repr, _forms(api).values()))}"


AntBuddyOddity = Annotated[str, _pattern(ANTBUDDY), _words(ANTBUDDY)]
EtelecomOddity = Annotated[str, _pattern(ETELECOM), _words(ETELECOM)]


def split_oddity(value: str) -> tuple[str, int]:
    """Split a value such as `cap:20` into the name and the number, which is 0 if there is none."""
    name, _, number = value.partition(":")
    return name, int(number or 0)

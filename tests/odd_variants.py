"""What a run does under each odd behaviour of the APIs: the table of tests and of a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from omnimessages_sandbox import ODDITIES

END = Literal["complete", "stops", "cannot be known"]


@dataclass(frozen=True)
class Expected:
    """How a run ends.

    Attributes:
        end: `complete`: no record is missing. `stops`: an error, and the bookmark is behind
            what is missing. `cannot be known`: records are missing, and nothing shows it.
        words: What the error says, one of these; `{api}` stands for the API's prefix.
        settings: The settings under which the behaviour shows, without the API's prefix.
    """

    end: END
    words: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)


COMPLETE = Expected("complete")
# Windows that begin before the account does, so that some are empty.
_EARLY = Expected("complete", settings={"start_date": "2026-02-10T00:00:00Z"})
_PAGE_SIZE = Expected("stops", ("Set {api}_page_size to 20.",), {"page_size": 25})
_NOT_UNDERSTOOD = "so it does not understand"
_OTHER_TIME = "as if the API filtered by whole days or by another time"
_BOUNDS = Expected("stops", (_NOT_UNDERSTOOD,))


def _trouble(name: str) -> Expected:
    return Expected("stops", (f"the response reports trouble in its field `{name}`",))


# By the name of a behaviour; a value with its number goes first.
EXPECTED: dict[str, Expected] = {
    "cap": COMPLETE,
    "cap_repeats": COMPLETE,
    "cap_refuses": COMPLETE,
    "limit_above": _PAGE_SIZE,
    "limit_above_total_0": _PAGE_SIZE,
    "newest_days": _BOUNDS,
    "window_ignored": _BOUNDS,
    "cache_without_window": Expected("stops", (_NOT_UNDERSTOOD, _OTHER_TIME)),
    "whole_days": COMPLETE,
    "whole_days_cap": Expected("stops", (_OTHER_TIME,), {"page_size": 5}),
    "dates_only": Expected("stops", ("whole days",), {"end_date": "2026-03-31T12:00:00Z"}),
    "trouble_message": COMPLETE,
    "trouble_error": COMPLETE,
    "trouble_errors": COMPLETE,
    "trouble_status": COMPLETE,
    "half_partial": COMPLETE,
    "half_timed_out": COMPLETE,
    "trouble_message:1": _trouble("message"),
    "trouble_error:1": _trouble("error"),
    "trouble_errors:1": _trouble("errors"),
    "trouble_status:1": _trouble("statusCode"),
    "half_partial:1": _trouble("success"),
    "half_timed_out:1": _trouble("timed_out"),
    "empty_page_once": COMPLETE,
    "null_rows": COMPLETE,
    "null_messages": COMPLETE,
    "no_rows_204": _EARLY,
    "no_rows_404": _EARLY,
    "no_rows_data_list": _EARLY,
    "no_rows_data_null": _EARLY,
    "no_rows_object": _EARLY,
    "half_hidden": Expected("cannot be known"),
}
SIZES: dict[str, dict[str, Any]] = {
    "long windows": {"page_size": 10, "window_days": 16},
    "short windows": {"page_size": 25, "window_days": 10},
}


def expected_of(value: str) -> Expected:
    """Return how a run ends under a value such as `cap:20`."""
    return EXPECTED.get(value) or EXPECTED[value.partition(":")[0]]


def settings_of(provider: str, *settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings with the provider's prefix where they need it."""
    merged = {name: value for each in settings for name, value in each.items()}
    return {
        f"{provider}_{name}" if name in {"page_size", "window_days"} else name: value
        for name, value in merged.items()
    }


def printed_rows() -> list[dict[str, str]]:
    """Return the table of docs/guarantees.md."""
    rows = []
    for value, expected in EXPECTED.items():
        name, _, number = value.partition(":")
        meaning = ODDITIES[name].meaning
        behaviour = meaning.replace("Every Nth request", "Every request") if number else meaning
        end: str = expected.end
        if expected.words:
            words = " or ".join(f"“{each.replace('{api}', '…')}”" for each in expected.words)
            end += f": {words}"
        rows.append({"what the API does": behaviour, "the run": end})
    return rows

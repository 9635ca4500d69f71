"""Questions that can be asked about every API."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from statistics import median
from typing import TYPE_CHECKING, Any

from tap_omnimessages.check.estimates import (
    format_count,
    format_duration,
    history,
    load_seconds,
    sample_weeks,
)
from tap_omnimessages.check.findings import Answer, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tap_omnimessages.check.look import Look
    from tap_omnimessages.extract.windows import Window

# The Date header counts whole seconds, and responses take their time.
_IN_STEP = timedelta(seconds=3)
# A window costs its end, and mostly a second reading; of ten pages, one is audited.
_REQUESTS_PER_WINDOW = 2
_AUDITED_SHARE = 1.1


def key(look: Look[Any]) -> Answer:
    """Answer whether the API key works: some response has come."""
    return Answer("works", f"works ({look.info.key_setting})")


def clock(look: Look[Any]) -> Answer:
    """Answer how the API's clock differs from this machine's."""
    difference = look.prober.client.clock.difference
    if difference is None:
        return unknown("no response has a Date header")
    seconds = round(difference.total_seconds())
    if abs(difference) < _IN_STEP:
        return Answer(seconds, "the same as this machine's")
    side = "behind" if seconds > 0 else "ahead of"
    return Answer(seconds, f"{format_duration(difference)} {side} this machine's")


def latency(look: Look[Any]) -> Answer:
    """Answer how long responses take."""
    seconds = look.prober.log.seconds
    middle, longest = round(median(seconds) * 1000), round(max(seconds) * 1000)
    meaning = {"median_ms": middle, "max_ms": longest, "responses": len(seconds)}
    words = f"{middle:,} ms at the median, {longest:,} ms at most"
    return Answer(meaning, words, f"in {len(seconds)} responses")


def limits(look: Look[Any]) -> Answer:
    """Answer which headers tell about limits on requests."""
    found = dict(look.prober.log.limits)
    pauses = look.prober.client.request_stats.pauses
    told = ", ".join(f"{name}: {value}" for name, value in found.items())
    seen = f"{format_count(pauses, 'pauses')} for retries" if pauses else ""
    return Answer({"headers": found, "pauses": pauses}, told or "no headers about them", seen)


def newest(look: Look[Any]) -> Answer:
    """Answer how old the newest row is, and so how late rows may appear (A11, E13)."""
    moment = look.newest()
    if moment is None:
        return unknown("the last two hours hold no row")
    age = look.present - moment
    seconds = max(0, round(age.total_seconds()))
    seen = "so rows appear within this time, or sooner"
    return Answer({"age_seconds": seconds}, f"{format_duration(age)} old", seen)


def amount(look: Look[Any], rows: str, *, sweeps: int = 1) -> Answer:
    """Answer how much there is to read, and how long the first load takes.

    Args:
        look: The look.
        rows: What the rows are called.
        sweeps: How often each window is read.
    """
    start, end = look.start, look.present
    counts: list[tuple[Window, int]] = []
    for window in sample_weeks(start, end):
        count = look.count(window)
        if count is not None:
            counts.append((window, count))
    if not counts:
        return unknown("no page shows how many rows there are")
    estimate = history(counts, start, end)
    windows = ceil((end - start) / look.width)
    requests = ceil(
        (estimate / look.rows_per_page * _AUDITED_SHARE + windows * _REQUESTS_PER_WINDOW) * sweeps
    )
    most = look.config["max_concurrency"]
    seconds = load_seconds(requests, look.page_seconds, (1, most, 8))
    meaning = {
        "weeks": [
            {"from": f"{window.start:%Y-%m-%d}", "days": _days(window), "rows": count}
            for window, count in counts
        ],
        "rows": estimate,
        "requests": requests,
        "seconds_at_concurrency": seconds,
    }
    times = ", ".join(
        f"{format_duration(timedelta(seconds=value))} with {name}"
        for name, value in seconds.items()
    )
    (_, first), (_, newest) = counts[0], counts[-1]
    words = (
        f"about {format_count(estimate, rows)} since {start:%Y-%m-%d}, in about "
        f"{format_count(requests, 'requests')}; by max_concurrency: {times}"
    )
    seen = f"the first week holds {first:,}, the newest {newest:,}"
    return Answer(meaning, words, seen)


def _days(window: Window) -> float:
    return round(window.duration / timedelta(days=1), 1)


def compare(pairs: Iterable[Sequence[Mapping[int, bytes]]]) -> Answer:
    """Answer whether rows come, go or change while they are read.

    Args:
        pairs: The rows of a page by their keys, and those of the same page later.
    """
    pairs = list(pairs)
    kinds = {
        "appeared": any(key not in before for before, after in pairs for key in after),
        "disappeared": any(key not in after for before, after in pairs for key in before),
        "changed": any(
            after.get(key, text) != text for before, after in pairs for key, text in before.items()
        ),
    }
    found = [name for name, holds in kinds.items() if holds]
    if not found:
        return Answer([], "none seen", f"{len(pairs)} pages came again as they were")
    return Answer(found, f"rows {', '.join(found)} between two requests")

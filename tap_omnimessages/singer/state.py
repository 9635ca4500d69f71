"""What the state says of a stream, read carefully: it may be old, foreign or edited by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_omnimessages.extract.windows import Coverage
from tap_omnimessages.timestamps import format_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping

REPLICATION_KEY = "replication_key"
HORIZON = "replication_key_value"
EXTRACTED_FROM = "extracted_from"
_OWN_KEYS = (REPLICATION_KEY, HORIZON, EXTRACTED_FROM)

# Two machines' clocks may differ by this much; beyond it a bookmark was not written by a run.
_CLOCK_TOLERANCE = timedelta(minutes=10)


def find_state_errors(
    state: Any,  # noqa: ANN401 - whatever the file holds
    replication_keys: Mapping[str, str],
    now: datetime,
) -> list[str]:
    """Check a state before anything is read.

    Args:
        state: The value of `--state`.
        replication_keys: The replication key of each stream of this tap.
        now: The present time, UTC.

    Returns:
        One sentence for each kind of fault; none for a state that can be used, be it empty.
    """
    bookmarks = (state.get("bookmarks") or {}) if isinstance(state, dict) else None
    is_foreign = bool(state) and isinstance(state, dict) and "bookmarks" not in state
    if not isinstance(bookmarks, dict) or is_foreign:
        return ["The state is not one that this tap wrote: give its last STATE value unchanged."]
    faults: dict[str, list[str]] = {}
    for stream, replication_key in replication_keys.items():
        fault = _find_fault(bookmarks.get(stream, {}), replication_key, now)
        if fault:
            faults.setdefault(fault, []).append(stream)
    remedy = "correct the state, or remove what it says of the stream to read from start_date"
    return [
        f"The state's bookmark of {' and '.join(streams)} {fault}: {remedy}."
        for fault, streams in faults.items()
    ]


def _find_fault(bookmark: Any, replication_key: str, now: datetime) -> str | None:  # noqa: ANN401
    if not isinstance(bookmark, dict):
        return "is not an object"
    if bookmark.get(REPLICATION_KEY, replication_key) != replication_key:
        return "is for another replication key"
    for name in (HORIZON, EXTRACTED_FROM):
        if bookmark.get(name) is None:
            continue
        try:
            moment = parse_time(bookmark[name])
        except ValueError:
            moment = None
        if moment is None:
            return f"has a {name} that is no time"
        if moment > now + _CLOCK_TOLERANCE:
            return f"lies in the future ({name} is {format_time(moment)})"
    return None


def read_coverage(bookmark: Mapping[str, Any], start_date: datetime) -> Coverage | None:
    """Read what a checked bookmark says.

    Args:
        bookmark: The stream's part of the state.
        start_date: Where the covered range begins if the bookmark does not say: a state written
            by hand or by another tool has a horizon only.

    Returns:
        The covered range; None without a bookmark.
    """
    high_watermark = parse_time(bookmark.get(HORIZON))
    if high_watermark is None:
        return None
    start = parse_time(bookmark.get(EXTRACTED_FROM)) or start_date
    return Coverage(min(start, high_watermark), high_watermark)


def write_coverage(bookmark: dict[str, Any], coverage: Coverage, replication_key: str) -> None:
    """Write a covered range into the stream's part of the state."""
    bookmark[REPLICATION_KEY] = replication_key
    bookmark[HORIZON] = format_time(coverage.high_watermark)
    bookmark[EXTRACTED_FROM] = format_time(coverage.start)


def clear_coverage(bookmark: dict[str, Any]) -> None:
    """Forget a bookmark, for a stream that is read whole each time."""
    for key in _OWN_KEYS:
        bookmark.pop(key, None)


def utc_now() -> datetime:
    """Give the present time, UTC."""
    return datetime.now(UTC)

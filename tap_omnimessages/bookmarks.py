"""What the state says of a stream, read carefully: it may be old, foreign or edited by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_omnimessages.timestamps import format_time, parse_time
from tap_omnimessages.windows import Coverage

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
        One sentence for each fault; none for a state that can be used, be it empty.
    """
    if not isinstance(state, dict):
        return ["The state is not a JSON object: give the last STATE value, or no --state at all."]
    bookmarks = state.get("bookmarks", {})
    if not isinstance(bookmarks, dict):
        return ["The state's `bookmarks` is not an object: give the last STATE value unchanged."]
    errors = []
    for stream, bookmark in bookmarks.items():
        if stream not in replication_keys:
            continue
        if not isinstance(bookmark, dict):
            errors.append(f"The state's bookmark of {stream} is not an object.")
            continue
        errors += _find_bookmark_errors(stream, bookmark, replication_keys[stream], now)
    return errors


def _find_bookmark_errors(
    stream: str, bookmark: Mapping[str, Any], replication_key: str, now: datetime
) -> list[str]:
    remedy = "correct the state, or remove this bookmark to read the stream from start_date"
    key = bookmark.get(REPLICATION_KEY, replication_key)
    if key != replication_key:
        foreign = f"is for another replication key than {replication_key}"
        return [f"The state's bookmark of {stream} {foreign}: {remedy}."]
    for name in (HORIZON, EXTRACTED_FROM):
        if bookmark.get(name) is None:
            continue
        try:
            moment = parse_time(bookmark[name])
        except ValueError:
            moment = None
        if moment is None:
            return [f"The state's bookmark of {stream} has a {name} that is no time: {remedy}."]
        if moment > now + _CLOCK_TOLERANCE:
            times = f"{name} {format_time(moment)}, now {format_time(now)}"
            return [f"The state's bookmark of {stream} lies in the future ({times}): {remedy}."]
    return []


def read_coverage(bookmark: Mapping[str, Any], start_date: datetime) -> Coverage | None:
    """Read what a checked bookmark says.

    Args:
        bookmark: The stream's part of the state.
        start_date: Where the covered range begins if the bookmark does not say: a state written
            by hand or by another tool has a horizon only.

    Returns:
        The covered range; None without a bookmark.
    """
    horizon = parse_time(bookmark.get(HORIZON))
    if horizon is None:
        return None
    start = parse_time(bookmark.get(EXTRACTED_FROM)) or start_date
    return Coverage(min(start, horizon), horizon)


def write_coverage(bookmark: dict[str, Any], coverage: Coverage, replication_key: str) -> None:
    """Write a covered range into the stream's part of the state."""
    bookmark[REPLICATION_KEY] = replication_key
    bookmark[HORIZON] = format_time(coverage.horizon)
    bookmark[EXTRACTED_FROM] = format_time(coverage.start)


def clear_coverage(bookmark: dict[str, Any]) -> None:
    """Forget a bookmark, for a stream that is read whole each time."""
    for key in _OWN_KEYS:
        bookmark.pop(key, None)


def utc_now() -> datetime:
    """Give the present time, UTC."""
    return datetime.now(UTC)

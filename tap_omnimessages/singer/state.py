"""Bookmarks: check and read those of a state, and move them behind finished windows.

A state may be old, foreign or edited by hand, so everything in it is checked.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_omnimessages.extract.windows import Coverage, Leg, make_plan
from tap_omnimessages.http.account import is_account_id
from tap_omnimessages.timestamps import format_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_omnimessages.extract.revisits import Lookback
    from tap_omnimessages.extract.windows import Range, Window

REPLICATION_KEY = "replication_key"
HIGH_WATERMARK = "replication_key_value"
LOW_WATERMARK = "extracted_from"
ACCOUNT = "account"
_OWN_KEYS = (REPLICATION_KEY, HIGH_WATERMARK, LOW_WATERMARK, ACCOUNT)

# Clocks may differ by this much; a bookmark farther in the future was not written by a run.
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
        One sentence for each kind of fault; none for a usable state, even an empty one.
    """
    bookmarks = (state.get("bookmarks") or {}) if isinstance(state, dict) else None
    is_foreign = bool(state) and isinstance(state, dict) and "bookmarks" not in state
    if not isinstance(bookmarks, dict) or is_foreign:
        return ["The state was not written by this tap: use its last STATE value unchanged."]
    faults: dict[str, list[str]] = {}
    for stream, replication_key in replication_keys.items():
        fault = _find_fault(bookmarks.get(stream, {}), replication_key, now)
        if fault:
            faults.setdefault(fault, []).append(stream)
    remedy = "correct the state, or remove the bookmark to read from start_date"
    return [
        f"The state's bookmark of {' and '.join(streams)} {fault}: {remedy}."
        for fault, streams in faults.items()
    ]


def _find_fault(bookmark: Any, replication_key: str, now: datetime) -> str | None:  # noqa: ANN401
    if not isinstance(bookmark, dict):
        return "is not an object"
    if bookmark.get(REPLICATION_KEY, replication_key) != replication_key:
        return "is for another replication key"
    for name in (HIGH_WATERMARK, LOW_WATERMARK):
        if bookmark.get(name) is None:
            continue
        try:
            moment = parse_time(bookmark[name])
        except ValueError:
            moment = None
        if moment is None:
            return f"has a {name} that is not a time"
        if moment > now + _CLOCK_TOLERANCE:
            return f"lies in the future ({name} is {format_time(moment)})"
    if bookmark.get(ACCOUNT) is not None and not is_account_id(bookmark[ACCOUNT]):
        return "has an account that this tap did not write"
    return None


def read_coverage(bookmark: Mapping[str, Any], start_date: datetime) -> Coverage | None:
    """Return the range that a checked bookmark covers.

    Args:
        bookmark: The stream's part of the state.
        start_date: Where the covered range begins if the bookmark does not say so, as in a state
            written by hand or by another tool.

    Returns:
        The covered range; None without a bookmark.
    """
    high_watermark = parse_time(bookmark.get(HIGH_WATERMARK))
    if high_watermark is None:
        return None
    start = parse_time(bookmark.get(LOW_WATERMARK)) or start_date
    return Coverage(min(start, high_watermark), high_watermark)


def write_coverage(
    bookmark: dict[str, Any], coverage: Coverage, replication_key: str, account: str
) -> None:
    """Write a covered range, and the account whose records it covers, to the stream's state."""
    bookmark[REPLICATION_KEY] = replication_key
    bookmark[HIGH_WATERMARK] = format_time(coverage.high_watermark)
    bookmark[LOW_WATERMARK] = format_time(coverage.low_watermark)
    bookmark[ACCOUNT] = account


def clear_coverage(bookmark: dict[str, Any]) -> None:
    """Remove a bookmark, for a stream that is read completely each time."""
    for key in _OWN_KEYS:
        bookmark.pop(key, None)


def utc_now() -> datetime:
    """Return the present time, UTC."""
    return datetime.now(UTC)


class StreamBookmark:
    """The bookmark of one stream in a run: what the run reads, and how far it has come.

    Attributes:
        plan: The windows to read.
    """

    def __init__(
        self,
        entry: dict[str, Any],
        replication_key: str,
        time_range: Range,
        *,
        account: str,
        width: timedelta,
        lookback: Lookback,
    ) -> None:
        """Read the bookmark and plan the run.

        Args:
            entry: The stream's part of the state; `move` writes to it.
            replication_key: The name of the replication key.
            time_range: The time range of the run.
            account: The id of the account that the run reads.
            width: The longest window.
            lookback: How far before the bookmark records may still have changed.
        """
        start_date, until, _ = time_range
        covered = read_coverage(entry, start_date)
        self.plan = make_plan(covered, start_date, until, width=width, lookback=lookback)
        self._entry = entry
        self._replication_key = replication_key
        self._account = account
        low = high = self.plan.low_watermark
        if covered is not None and covered.high_watermark >= start_date:
            high = covered.high_watermark
        self._covered = Coverage(low, high)
        self._reached = high

    def move(self, window: Window, end: datetime, leg: Leg) -> None:
        """Extend the covered range by a window whose records have all been written.

        The bookmark never moves back. While a revisit is due, the bookmark stays at the multiple
        that made it due, so that an interrupted revisit is due again. A backfill that does not
        touch the covered range moves nothing, because the range must have no gap.

        Args:
            window: The window.
            end: Up to where the window's records are known, UTC: its end, or the API's present.
            leg: The leg of the plan to which the window belongs.
        """
        low, high = self._covered.low_watermark, self._covered.high_watermark
        plan = self.plan
        if leg is Leg.FORWARD:
            self._reached = max(self._reached, end)
            allowed = self._reached
            if plan.revisit is not None:
                allowed = min(allowed, plan.revisit.due)
            high = max(high, allowed)
        elif leg is Leg.REVISIT:
            if window.end >= plan.again[-1].end:
                high = max(high, self._reached)
        elif plan.is_contiguous:
            low = min(low, window.start)
        self._covered = Coverage(low, high)
        write_coverage(self._entry, self._covered, self._replication_key, self._account)

"""Parsing and formatting of the APIs' times; inside, a time is microseconds since 1970, UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = _EPOCH.replace(tzinfo=None)
_MICROSECOND = timedelta(microseconds=1)
_VIETNAM_OFFSET = 7 * HOUR
_SECONDS_BELOW = 10**11
_MILLISECONDS_BELOW = 10**14

TimeLike = datetime | str | int | float


def parse_time(value: object) -> int:
    """Parse a time in any form that an API or a user may write.

    Args:
        value: A datetime (naive means UTC), an ISO 8601 text with or without an offset, or an
            epoch number, which may be a text: up to 11 digits are seconds, up to 14 are
            milliseconds, more are microseconds.

    Returns:
        Microseconds since 1970, UTC.

    Raises:
        ValueError: The value is not a time.
    """
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return (aware - _EPOCH) // _MICROSECOND
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        problem = f"{value!r} is not a time"
        raise ValueError(problem)  # noqa: TRY004 - as documented
    if isinstance(value, str):
        text = value.strip()
        if not text.lstrip("-").isdigit():
            return parse_time(datetime.fromisoformat(text))
        value = int(text)
    if is_epoch_seconds(value):
        return round(value * SECOND)
    return round(value * 1000) if abs(value) < _MILLISECONDS_BELOW else round(value)


def is_epoch_seconds(value: float) -> bool:
    """Whether an epoch number counts seconds: it has up to 11 digits."""
    return abs(value) < _SECONDS_BELOW


def record_time(value: object) -> int | None:
    """Parse a record's time field; null, `0`, an empty text, year one and nonsense mean no time.

    Args:
        value: The field's JSON value.

    Returns:
        Microseconds since 1970, UTC, or None if there is no time.
    """
    if not value or (isinstance(value, str) and value.startswith("0001-")):
        return None
    try:
        return parse_time(value)
    except (ValueError, OverflowError):
        return None


def to_datetime(us: int) -> datetime:
    """Return microseconds since 1970 as an aware UTC datetime."""
    return _EPOCH + timedelta(microseconds=us)


def iso(us: int, digits: int = 0, offset: str = "Z") -> str:
    """Format a time as RFC 3339, cut (not rounded) to a precision.

    Args:
        us: Microseconds since 1970, UTC.
        digits: The fraction's digits: 0, 3, 6 or 9. The last three of nine repeat the three
            before them, so they are rarely zero.
        offset: `"Z"`, or `"+07:00"` for the same instant in Vietnam's time.

    Returns:
        The text, for instance `"2025-12-23T04:03:36.946Z"`.
    """
    local = us if offset == "Z" else us + _VIETNAM_OFFSET
    whole, fraction = divmod(local, SECOND)
    text = (_NAIVE_EPOCH + timedelta(seconds=whole)).isoformat()
    if digits:
        text += "." + f"{fraction:06d}{fraction % 1000:03d}"[:digits]
    return text + offset

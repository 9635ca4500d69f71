"""Parse times in every format that the APIs use, and format them in one.

Both APIs mix epoch seconds, epoch milliseconds and ISO texts, with and without a zone (A17: the
form in which times come is open). The tap writes one format: UTC, RFC 3339, six fraction digits.
Such texts sort as their times do, so any target can compare them.
Codes such as A17 are explained in docs/api-notes.md.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# The size of a number shows its unit: seconds stay below 1e11 until the year 5138.
_MICROSECONDS_PER_UNIT = (
    (1e11, 1_000_000.0),
    (1e14, 1_000.0),
    (1e17, 1.0),
    (1e20, 0.001),
)
# The seconds since 1970 that Go prints for a time that was never set.
_GO_ZERO_SECONDS = -62_135_596_800
# The length of a text and the character behind its seconds: `…:03Z` and `…:03.435Z`.
_USUAL_ENDINGS = {(20, "Z"): ".000000Z", (24, "."): "000Z"}
_EPOCH_DIGITS = re.compile(r"\d{10,19}")
_DATED = re.compile(r"\d{4}-?\d{2}")


def parse_time(value: Any) -> datetime | None:  # noqa: ANN401 - any JSON value
    """Parse a time in any format that the APIs or a user write.

    Args:
        value: Epoch seconds, milliseconds, microseconds or nanoseconds as a number or as
            digits; an ISO 8601 text with any offset (none means UTC); None.

    Returns:
        The time in UTC, cut to microseconds; None for None, an empty text, 0 and the zero time
        `0001-01-01`, all of which mean "not set".

    Raises:
        ValueError: The value is not a time, or lies outside the years 1 to 9999.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return _parse_text(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | float):
        msg = f"a {type(value).__name__} is not a time"
        raise ValueError(msg)  # noqa: TRY004 - one exception for every value that is not a time
    return _parse_number(value)


def _parse_number(value: float) -> datetime | None:
    if value in {0, _GO_ZERO_SECONDS, _GO_ZERO_SECONDS * 1000}:
        return None
    for limit, microseconds in _MICROSECONDS_PER_UNIT:
        if 0 < value < limit:
            exact = microseconds >= 1 and isinstance(value, int)
            count = value * int(microseconds) if exact else round(value * microseconds)
            return _EPOCH + count * _MICROSECOND
    msg = "the number is not a time since 1970"
    raise ValueError(msg)


def _parse_text(text: str) -> datetime | None:
    if not text:
        return None
    if _EPOCH_DIGITS.fullmatch(text):
        return _parse_number(int(text))
    if not _DATED.match(text):
        msg = "the text is not a time"
        raise ValueError(msg)
    if text.startswith("0001-01-01"):
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        parsed = _parse_unusual_text(text)
    if parsed.tzinfo is None:
        return parsed.replace(tzinfo=UTC)
    try:
        return parsed.astimezone(UTC)
    except OverflowError as error:
        msg = "the time lies outside the years 1 to 9999"
        raise ValueError(msg) from error


def _parse_unusual_text(text: str) -> datetime:
    import pendulum  # noqa: PLC0415 - a slow import that ordinary texts do not need

    try:
        parsed = pendulum.parse(text, exact=True)
    except ValueError as error:
        msg = "the text is not a time"
        raise ValueError(msg) from error
    if isinstance(parsed, pendulum.DateTime):
        return parsed
    msg = "the text is not a point in time"
    raise ValueError(msg)


def format_time(moment: datetime) -> str:
    """Format an aware time as `2025-12-23T04:03:36.946000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def normalize_time(value: Any) -> str | None:  # noqa: ANN401 - any JSON value
    """Parse a time like `parse_time` and format it like `format_time`.

    Raises:
        ValueError: As `parse_time`.
    """
    # A fast path: texts in the usual formats need only a check and a longer fraction.
    if type(value) is str:
        ending = _USUAL_ENDINGS.get((len(value), value[19:20]))
        if ending is not None and (value[7:8], value[10:17:3], value[-1]) == ("-", "T::", "Z"):
            try:
                is_set = datetime.fromisoformat(value).year > 1
            except ValueError:
                pass
            else:
                return value[:-1] + ending if is_set else None
    parsed = parse_time(value)
    return None if parsed is None else format_time(parsed)


def epoch_milliseconds(moment: datetime) -> int:
    """Return the whole milliseconds since 1970, rounded down."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def epoch_seconds(moment: datetime) -> int:
    """Return the whole seconds since 1970, rounded down."""
    return (moment - _EPOCH) // timedelta(seconds=1)


def from_epoch_milliseconds(milliseconds: int) -> datetime:
    """Return the UTC time of a number of milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def round_down(moment: datetime, unit: timedelta) -> datetime:
    """Round a time down to a whole number of units since 1970."""
    return moment - (moment - _EPOCH) % unit


def round_up(moment: datetime, unit: timedelta) -> datetime:
    """Round a time up to a whole number of units since 1970."""
    return moment + (_EPOCH - moment) % unit

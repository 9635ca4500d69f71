"""Parse times in every format that the APIs use, and format them in one.

Both APIs mix epoch seconds, epoch milliseconds and ISO texts, with and without a zone (A17: the
form in which times come is open). The tap writes one format: UTC, RFC 3339, six fraction digits.
Such texts sort as their times do, so any target can compare them.
Codes such as A17 are explained in docs/api-notes.md.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
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
_NUMBER = re.compile(r"[0-9]{10,20}")
# A calendar time written as digits alone: `20260302083000`, or with fewer or more digits. Numbers
# of these lengths in these centuries are taken for one: as an epoch they would lie in 1970, in
# 1976, or six centuries ahead.
_COMPACT = re.compile(r"((?:19|20)[0-9]{6})(?:([0-9]{4})(?:([0-9]{2})([0-9]{3}|[0-9]{6})?)?)?")
_TEXT = re.compile(
    r"(?P<year>[0-9]{4})(?P<dash>[-/]?)(?P<month>[0-9]{2})(?P=dash)(?P<day>[0-9]{2})"
    r"(?:[Tt ](?P<time>[0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2}(?:[.,][0-9]+)?)?)?)"
    r" ?(?P<zone>[Zz]|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2}(?::[0-9]{2})?)?)?)?"
)
_ZULU = {"Z", "z", "UTC", "GMT"}


def parse_time(value: Any) -> datetime | None:  # noqa: ANN401 - any JSON value
    """Parse a time in any format that the APIs or a user write.

    Args:
        value: Epoch seconds, milliseconds, microseconds or nanoseconds, as a number or as digits;
            a calendar time as digits, such as 20260302083000; an ISO 8601 text such as
            `2026-03-02T08:30:00+07:00`, also with a space or slashes. No offset means UTC.

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
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        msg = f"a {type(value).__name__} is not a time"
        raise ValueError(msg)  # noqa: TRY004 - one exception for every value that is not a time
    return _parse_number(value)


def _parse_number(value: float) -> datetime | None:
    if value in {0, _GO_ZERO_SECONDS, _GO_ZERO_SECONDS * 1000}:
        return None
    for limit, microseconds in _MICROSECONDS_PER_UNIT:
        if 0 < value < limit:
            if compact := _COMPACT.fullmatch(str(int(value))):
                return _parse_compact(compact, is_whole=value == int(value))
            exact = microseconds >= 1 and isinstance(value, int)
            count = value * int(microseconds) if exact else round(value * microseconds)
            return _EPOCH + count * _MICROSECOND
    msg = "the number is not a time since 1970"
    raise ValueError(msg)


def _parse_compact(found: re.Match[str], *, is_whole: bool) -> datetime:
    date, time, seconds, fraction = found.groups(default="")
    text = f"{date}T{time or '0000'}{seconds or '00'}.{fraction or '0'}"
    if not is_whole:
        msg = "the number is not a time"
        raise ValueError(msg)
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        msg = "the digits are not a time"
        raise ValueError(msg) from error


def _parse_text(text: str) -> datetime | None:
    if not text:
        return None
    if _NUMBER.fullmatch(text):
        return _parse_number(int(text))
    if text.startswith("0001-01-01"):
        return None
    # `fromisoformat` alone takes any character between date and time, even a digit.
    found = _TEXT.fullmatch(text)
    if found is None:
        msg = "the text is not a time"
        raise ValueError(msg)
    date = f"{found['year']}-{found['month']}-{found['day']}"
    zone = found["zone"] or "Z"
    try:
        parsed = datetime.fromisoformat(
            f"{date}T{found['time'] or '00'}{'Z' if zone in _ZULU else zone}"
        )
    except ValueError as error:
        msg = "the text is not a time"
        raise ValueError(msg) from error
    try:
        return parsed.astimezone(UTC)
    except OverflowError as error:
        msg = "the time lies outside the years 1 to 9999"
        raise ValueError(msg) from error


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

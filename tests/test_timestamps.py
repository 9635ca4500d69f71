from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tap_omnimessages.timestamps import format_time, normalize_time, parse_time

_MOMENTS = st.datetimes(
    min_value=datetime(1975, 1, 1),  # noqa: DTZ001 - Hypothesis wants naive bounds
    max_value=datetime(2999, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
_OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
_DIGITS = {0: "seconds", 3: "milliseconds", 6: "microseconds"}


@given(_MOMENTS, _OFFSETS, st.sampled_from(sorted(_DIGITS)))
def test_an_iso_text_is_read_at_any_offset_and_precision(
    moment: datetime, offset: timezone, digits: int
) -> None:
    text = moment.astimezone(offset).isoformat(timespec=_DIGITS[digits])
    expected = moment.replace(
        microsecond=moment.microsecond // 10 ** (6 - digits) * 10 ** (6 - digits)
    )
    assert parse_time(text) == expected
    assert normalize_time(text) == format_time(expected)


def _is_calendar(value: int) -> bool:
    """Whether the digits begin as a calendar time of our centuries does."""
    return len(str(value)) in {8, 12, 14, 17, 20} and str(value)[:2] in {"19", "20"}


@given(_MOMENTS)
def test_epoch_numbers_are_read_by_their_size(moment: datetime) -> None:
    microseconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    for unit in (1_000_000, 1_000, 1):
        value = microseconds // unit
        if _is_calendar(value):
            continue
        expected = moment - timedelta(microseconds=microseconds % unit)
        assert parse_time(value) == expected
        if value >= 10**9:
            assert parse_time(str(value)) == expected


@given(_MOMENTS, st.sampled_from(["%Y%m%d", "%Y%m%d%H%M", "%Y%m%d%H%M%S", "%Y%m%d%H%M%S%f"]))
def test_a_calendar_time_in_digits_is_no_epoch(moment: datetime, form: str) -> None:
    assume(moment.year < 2100)
    digits = moment.strftime(form)
    expected = datetime.strptime(digits, form).replace(tzinfo=UTC)
    for value in (digits, int(digits)):
        assert parse_time(value) == expected
    assert parse_time(digits[:17]) == expected.replace(
        microsecond=expected.microsecond // 1000 * 1000
    )


@given(_MOMENTS, _MOMENTS, _OFFSETS)
def test_the_order_of_the_texts_is_the_order_of_the_times(
    one: datetime, other: datetime, offset: timezone
) -> None:
    texts = normalize_time(one.isoformat()), normalize_time(other.astimezone(offset).isoformat())
    assert texts[0] is not None
    assert texts[1] is not None
    assert (texts[0] < texts[1]) == (one < other)
    assert len(texts[0]) == len(texts[1]) == len("2026-01-01T00:00:00.000000Z")


@pytest.mark.parametrize(
    "value",
    [None, "", "  ", 0, 0.0, "0001-01-01T00:00:00Z", "0001-01-01T07:00:00+07:00", -62135596800],
)
def test_a_time_that_was_never_set_is_null(value: object) -> None:
    assert normalize_time(value) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2025-12-23T04:03:36.946Z", "2025-12-23T04:03:36.946000Z"),
        (1766462616946, "2025-12-23T04:03:36.946000Z"),
        (1766462616, "2025-12-23T04:03:36.000000Z"),
        (1766462616.5, "2025-12-23T04:03:36.500000Z"),
        ("1766462616946", "2025-12-23T04:03:36.946000Z"),
        ("2025-12-23T11:03:36+07:00", "2025-12-23T04:03:36.000000Z"),
        ("2025-12-23 04:03:36", "2025-12-23T04:03:36.000000Z"),
        ("2025-12-23T04:03:36.123456789Z", "2025-12-23T04:03:36.123456Z"),
        ("2025-12-23", "2025-12-23T00:00:00.000000Z"),
        ("2025/12/23 11:03:36 +0700", "2025-12-23T04:03:36.000000Z"),
        ("2025-12-23 04:03:36.5 UTC", "2025-12-23T04:03:36.500000Z"),
        ("20251223T040336,5Z", "2025-12-23T04:03:36.500000Z"),
        ("20251223040336", "2025-12-23T04:03:36.000000Z"),
        (20251223040336.0, "2025-12-23T04:03:36.000000Z"),
        ("20251223040336946", "2025-12-23T04:03:36.946000Z"),
    ],
)
def test_each_known_form_becomes_the_one_form(value: object, expected: str) -> None:
    assert normalize_time(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        *("tomorrow", "12:30", "2025-13-01T00:00:00Z", "P1D", True, [], {}, -5, 10**25),
        *("2025-02-30", "2026-03/08:30", "2026-03-02/P1D", "2026030030:", "2026-03-02/2026-03-04"),
        *("20260230083000", 20261402083000, 20260302083000.5, "2026-03-02x08:30", float("nan")),
        *("٢٠٢٦-03-02", "2026-03-02T08:30:00+99:00", "2026-061/08:30", "2026-W09/1"),
    ],
)
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"time|number"):
        normalize_time(value)


_PIECES = ["2026", "-03", "-02", "/", "T", " ", "08", ":30", "Z", "P1D", "+07", "W09", ".5", "0030"]


@given(st.text(max_size=30) | st.lists(st.sampled_from(_PIECES), max_size=8).map("".join))
def test_no_text_breaks_the_reader_and_no_error_repeats_it(text: str) -> None:
    said = ""
    try:
        result = normalize_time(text)
    except ValueError as error:
        said = str(error)
    else:
        assert result is None or parse_time(result) is not None
    assert len(text) < 5 or text not in said

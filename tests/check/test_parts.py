"""The parts of a check that need no API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_omnimessages.check.estimates import (
    density,
    few_moments,
    format_duration,
    history,
    longest_accepted,
    sample_weeks,
)
from tap_omnimessages.check.findings import Answer, Question, Report
from tap_omnimessages.check.forms import form_of, safe_name, time_form_of, unknown_names
from tap_omnimessages.check.report import as_text
from tap_omnimessages.extract.windows import Window
from tap_omnimessages.http.response_log import ResponseLog
from tests.any_json import VALUES
from tests.profiles import examples

START = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = {"null", "true/false", "number", "empty text", "digits", "text", "list", "object"}
moments = st.datetimes(datetime(2025, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@settings(max_examples=examples(300))
@given(VALUES)
def test_a_form_never_holds_the_value(value: object) -> None:
    assert form_of(value) in NAMES
    assert len(time_form_of(value)) <= 20


@settings(max_examples=examples(300))
@given(st.dictionaries(st.text(), st.none()))
def test_a_name_that_may_be_data_is_not_shown(row: dict[str, None]) -> None:
    for name in unknown_names([row], []):
        assert name == "…" or (name.isascii() and name.isidentifier() and len(name) <= 40)
    assert safe_name("0900000000") == safe_name("order_900000") == safe_name("Nguyễn A") == "…"


@settings(max_examples=examples(200))
@given(st.lists(moments, max_size=30))
def test_a_few_moments_are_few_and_not_all_the_same(times: list[datetime]) -> None:
    window = few_moments(times)
    if window is None:
        return
    assert window.start < window.end
    assert window.start in times
    assert window.end in times


@given(moments, st.timedeltas(timedelta(), timedelta(days=4000)))
def test_sampled_weeks_lie_in_the_history(start: datetime, length: timedelta) -> None:
    weeks = sample_weeks(start, start + length)
    assert bool(weeks) == bool(length)
    assert all(start <= week.start < week.end <= start + length for week in weeks)
    assert len(weeks) <= 5


def test_an_even_history_is_estimated_exactly() -> None:
    end = START + timedelta(days=700)
    counts = [(week, 70) for week in sample_weeks(START, end)]
    assert history(counts, START, end) == 7000
    assert history([], START, end) == 0


def test_a_full_page_without_order_gives_no_estimate() -> None:
    window = Window(START, START + timedelta(hours=10))
    hours = [START + timedelta(hours=n) for n in range(3)]
    assert density(hours, window, is_full=False) == 3
    assert density(hours, window, is_full=True) == 15
    assert density(hours[::-1], window, is_full=True) == 15
    assert density([hours[1], hours[0], hours[2]], window, is_full=True) is None
    assert density([hours[0]] * 3, window, is_full=True) is None


@pytest.mark.parametrize(
    ("most", "expected"), [(400, (366, None)), (31, (31, 32)), (30, (30, 31)), (0, (None, 1))]
)
def test_the_longest_window_is_found(most: int, expected: tuple[int | None, int | None]) -> None:
    assert longest_accepted(lambda days: days <= most) == expected


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(seconds=20), "20 s"),
        (timedelta(minutes=90), "1.5 h"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=2.5), "2.5 days"),
    ],
)
def test_durations_are_in_words(duration: timedelta, words: str) -> None:
    assert format_duration(duration) == words


def test_only_harmless_headers_about_limits_are_recorded() -> None:
    log = ResponseLog()
    log.record(0.5, {"X-RateLimit-Remaining": "99", "RateLimit-Limit": "100;w=60", "Date": "now"})
    log.record(0.7, {"X-RateLimit-Remaining": "98", "X-RateLimit-Key": "secret-key-123"})
    assert log.limits == {"x-ratelimit-remaining": "98", "ratelimit-limit": "100;w=60"}
    assert log.seconds == [0.5, 0.7]


def test_styles_change_no_line_break() -> None:
    report = Report("Shop")
    question = Question[object]("topic", "a question", lambda _: Answer(None, ""))
    report.add(question, Answer(None, "cannot tell", "word " * 30))
    report.reasons.append("It is " + "so " * 50 + "long.")
    styled = as_text([report], ["shop_key"], lambda text, _: f"<{text}>")
    bare = as_text([report], ["shop_key"])
    assert styled.replace("<", "").replace(">", "") == bare
    assert max(map(len, bare.splitlines())) <= 80

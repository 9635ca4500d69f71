from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrate.figures import LogReader
from orchestrate.tests.support import loader_line, progress_line, tap_line

REFUSED = "AntBuddy, GET /messages: HTTP 401, the API key was refused: correct antbuddy_api_key."


def read(*lines: Any, hidden: tuple[str, ...] = ()) -> tuple[LogReader, list[tuple[int, str]]]:
    reader = LogReader(hidden)
    shown = [reader.read(line if isinstance(line, str) else json.dumps(line)) for line in lines]
    return reader, [found for found in shown if found]


def test_the_last_progress_of_each_stream_counts() -> None:
    reader, _ = read(
        progress_line("antbuddy_messages", records=10, requests=1, waits=0),
        progress_line(
            "antbuddy_messages",
            records=40,
            requests=5,
            waits=2,
            waited_seconds=3.04,
            window_end="2026-02-01T00:00:00+00:00",
        ),
        progress_line("antbuddy_sessions", records=7, requests=0, waits=0, window_end=None),
    )
    assert reader.figures.as_result() == {
        "rows": 47,
        "requests": 5,
        "waits": 2,
        "waited_seconds": 3.0,
        "streams": {
            "antbuddy_messages": {
                "rows": 40,
                "requests": 5,
                "waits": 2,
                "waited_seconds": 3.04,
                "bookmark": "2026-02-01T00:00:00+00:00",
            },
            "antbuddy_sessions": {
                "rows": 7,
                "requests": 0,
                "waits": 0,
                "waited_seconds": 0.0,
                "bookmark": None,
            },
        },
    }


def test_the_tap_s_lines_are_shown_and_the_loader_s_are_not() -> None:
    _, shown = read(
        {"event": "Environment 'prod' is active", "level": "info"},
        {"event": "No state was found, complete import.", "level": "warning"},
        tap_line("retrying in 2.1 s", "warning"),
        tap_line("METRIC", metric_info={"value": 7}),
        loader_line("Failing row contains (an invented text)"),
        tap_line("a summary"),
        "no JSON",
    )
    assert shown == [
        (logging.WARNING, "No state was found, complete import."),
        (logging.WARNING, "retrying in 2.1 s"),
        (logging.INFO, "a summary"),
    ]


FAILURES: list[tuple[list[Any], str]] = [
    ([tap_line(REFUSED, "error"), {"event": "Extraction failed", "level": "error"}], REFUSED),
    (
        [
            loader_line("Traceback (most recent call last):"),
            loader_line('psycopg.OperationalError: connection to "h" failed: FATAL:  password'),
            loader_line("sqlalchemy.exc.OperationalError: (psycopg.OperationalError) connection"),
            tap_line("The target has closed the pipe: its own error says why.", "error"),
        ],
        'The loader failed: OperationalError: connection to "h" failed: FATAL:  password',
    ),
    (
        [
            loader_line("Traceback (most recent call last):"),
            loader_line("psycopg.errors.InvalidText: wrong value \"84000000000\" for 'a text'"),
        ],
        "The loader failed: InvalidText: wrong value … for …",
    ),
    (
        [
            {"event": "Another 'x' pipeline is already running.\nMore.", "level": "error"},
            {"event": "", "level": "error"},
        ],
        "Another 'x' pipeline is already running.",
    ),
    (["setpriv: cannot execute"], "setpriv: cannot execute"),
    ([], "Meltano ended with status 7 and without a word."),
]


@pytest.mark.parametrize(("lines", "sentence"), FAILURES, ids=lambda value: str(value)[:30])
def test_the_cause_of_a_failure_is_one_sentence(lines: list[Any], sentence: str) -> None:
    assert read(*lines)[0].sentence(7) == sentence


def test_a_loader_s_line_outside_a_traceback_is_no_cause() -> None:
    reader, _ = read(loader_line("METRIC: {}"), tap_line(REFUSED, "error"))
    assert reader.sentence(1) == REFUSED


def test_keys_are_hidden_in_what_is_shown_and_in_the_cause() -> None:
    reader, shown = read(tap_line("refused: invented-key", "error"), hidden=("invented-key", "k"))
    assert shown == [(logging.ERROR, "refused: ***")]
    assert reader.sentence(1) == "refused: ***"


@given(
    st.text(max_size=30)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: st.dictionaries(
            st.sampled_from(["event", "level", "cmd_type", "progress", "stream_name", "records"]),
            inner,
        ),
        max_leaves=6,
    ).map(json.dumps)
)
def test_any_line_can_be_read(line: str) -> None:
    read(line)

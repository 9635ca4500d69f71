"""Whatever an API sends, the run ends with whole lines, or with a sentence that shows nothing.

A good page is changed in its bytes or in its values, in one response or in all. To search longer:
`pytest tests/http/test_fuzzed_bodies.py --hypothesis-profile full`.
"""

from __future__ import annotations

import copy
import json
import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from tap_omnimessages.errors import TapError
from tap_omnimessages.http import client, throttle
from tap_omnimessages.http.throttle import Throttle
from tests.any_json import VALUES
from tests.faulty import FakeTime
from tests.odd_servers import (
    UNTIL,
    in_window,
    notifications_page,
    read_antbuddy,
    read_etelecom,
    sessions_page,
)
from tests.profiles import examples
from tests.support import KEYS, START, Extraction, message, notification, session

if TYPE_CHECKING:
    from collections.abc import Callable

_SECRETS = ("an invented secret", "84000123456")
_TIMES = [f"2026-03-{day:02d}T10:00:00Z" for day in (2, 9, 20)]
_SESSIONS = [
    session(n, at, message(f"m{n}", at, message=_SECRETS[0], msginfo={"phone": _SECRETS[1]}))
    for n, at in enumerate(_TIMES)
]
_NOTIFICATIONS = [
    notification(n, at, phone=_SECRETS[1], note=_SECRETS[0], fee_main=1.5)
    for n, at in enumerate(_TIMES)
]
# A run of so few rows needs some dozens; more are no end.
_MOST_REQUESTS = 2000

_CHUNKS = st.sampled_from(
    [
        *(b'"', b"'", b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\x00", b"\x01", b"\n", b"\xff"),
        *(b"null", b"true", b"NaN", b"-Infinity", b"1e999", b"-", b"007", b"1" * 30, b"0.1" * 9),
        *(b"\xef\xbb\xbf", b"\\u0000", b"\\ud83d", b"\\q", b"[" * 600, b'{"a":' * 1200, b"<html>"),
        *(b"2026-03/08:30", b"20260302083000", b"9999-12-31T23:59:59-14:00", b"\xc3", b"/*", b""),
    ]
) | st.binary(max_size=4)
_ODD_VALUES = VALUES | st.sampled_from(
    ["\x00", "2026-03-02/P1D", "2026030030:", 20260302083000, 10**30, [[]], {"a\x00": ["\x00"]}]
)
# A place in the body as a share of its length, how many bytes there go, and what comes.
_EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), _CHUNKS), min_size=1, max_size=4)


def _in_bytes(edits: list[tuple[float, int, bytes]]) -> Callable[[dict[str, Any]], bytes]:
    def change(body: dict[str, Any]) -> bytes:
        text = json.dumps(body).encode()
        for place, gone, chunk in edits:
            start = int(place * len(text))
            text = text[:start] + chunk + text[start + gone :]
        return text

    return change


def _in_values(steps: list[int], value: Any) -> Callable[[dict[str, Any]], bytes]:
    """Replace the value that is reached by these steps down from the whole."""

    def change(body: dict[str, Any]) -> bytes:
        node: Any = copy.deepcopy(body)
        whole = {"whole": node}
        parent: Any = whole
        place: Any = "whole"
        for step in steps:
            if not isinstance(node, dict | list) or not node:
                break
            parent, place = node, list(node)[step % len(node)]
            if isinstance(node, list):
                place = step % len(node)
            node = parent[place]
        parent[place] = value
        return json.dumps(whole["whole"]).encode()

    return change


_CHANGES = _EDITS.map(_in_bytes) | st.builds(
    _in_values, st.lists(st.integers(0, 40), max_size=6), _ODD_VALUES
)


def _antbuddy(query: dict[str, Any]) -> dict[str, Any]:
    found = in_window(_SESSIONS, "createdAt", query["created_from"], query["created_to"])
    return sessions_page(found, query)


def _etelecom(body: dict[str, Any]) -> dict[str, Any]:
    return notifications_page(_NOTIFICATIONS[::-1], body)


_READERS = {"antbuddy": (_antbuddy, read_antbuddy), "etelecom": (_etelecom, read_etelecom)}


class _Lines(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def _run(
    provider: str, change: Callable[[dict[str, Any]], bytes], only: int | None
) -> tuple[Extraction, str]:
    """Run the tap against a server that changes all of its pages, or one; return what it logged."""
    page, read = _READERS[provider]
    count = 0

    def respond(query: dict[str, Any]) -> tuple[int, bytes]:
        nonlocal count
        count += 1
        body = page(query)
        return 200, change(body) if only in (None, count - 1) else json.dumps(body).encode()

    fake, log = FakeTime(), _Lines()
    logger = logging.getLogger("tap-omnimessages")
    logger.addHandler(log)
    try:
        with pytest.MonkeyPatch.context() as patch:
            for module in (client, throttle):
                patch.setattr(module, "time", SimpleNamespace(monotonic=fake.monotonic))
            # A bound method would not get the throttle.
            patch.setattr(Throttle, "_wait", lambda own, seconds: fake.wait(own, seconds))  # noqa: PLW0108
            run = read(respond, max_retry_seconds=20, start_date=START, end_date=UNTIL)
    finally:
        logger.removeHandler(log)
    assert count < _MOST_REQUESTS
    return run, "\n".join(log.lines)


@pytest.mark.parametrize("provider", _READERS)
@settings(derandomize=True, max_examples=examples(600), deadline=None)
@given(change=_CHANGES, only=st.none() | st.integers(0, 3))
def test_no_body_ends_in_a_fault_of_ours_hangs_or_leaks(
    provider: str, change: Callable[[dict[str, Any]], bytes], only: int | None
) -> None:
    run, log = _run(provider, change, only)
    assert run.error is None or isinstance(run.error, TapError), repr(run.error)
    assert "\n" not in str(run.error)
    for secret in _SECRETS:
        assert secret not in f"{run.error} {log} {run.states}"
    for line in run.messages:
        if line["type"] == "RECORD":
            assert line["record"][KEYS[line["stream"]]]
            assert "\\x00" not in repr(line["record"])
            # Strict JSON: no NaN, and no half of a surrogate pair.
            json.dumps(line["record"], allow_nan=False, ensure_ascii=False).encode()

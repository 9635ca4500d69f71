"""Prefetching: the output is the same as without, and the limits hold."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from inspect import getgeneratorlocals
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnimessages_sandbox import Faults, Sandbox
from tap_omnimessages.errors import ApiError, RequestCancelledError, TapError
from tap_omnimessages.extract.open_window import OpenWindow
from tap_omnimessages.extract.prefetch import prefetch
from tap_omnimessages.extract.source import WindowTooLargeError
from tap_omnimessages.extract.windows import Window, fill
from tap_omnimessages.http.throttle import Throttle
from tests.profiles import examples
from tests.support import NOW, extract, fixed, notification, only, session, settings_of, workers

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from tap_omnimessages.extract.source import Page, RequestPlanner

_START = datetime(2026, 3, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_PAGE_BYTES = 1000


class Server:
    """A source whose windows have a given number of pages; one window may fail.

    Attributes:
        most: The largest number of requests that were under way at the same time.
        requests: The number of requests for each window.
        ahead: The number of requests sent while their window still needed an earlier page.
        threads: The threads that sent requests.
    """

    def __init__(self, sizes: list[int], failing: int | None = None) -> None:
        self._sizes = sizes
        self._failing = failing
        self._lock = threading.Lock()
        self._under_way = 0
        self.most = 0
        self.requests: Counter[Window] = Counter()
        self.ahead = 0
        self._needed: dict[Window, int] = {}
        self.threads: set[threading.Thread] = set()

    def read(self, window: Window, planner: RequestPlanner) -> Iterator[Page]:
        number = (window.start - _START) // _DAY
        size = self._sizes[number]
        # A window of more than five pages is too large, and is read in halves.
        if size > 5 and window.duration == _DAY:
            raise WindowTooLargeError(window.split(2))
        for place in range(size):
            self._needed[window] = place
            text = planner.send(place, lambda key: self._fetch(window, key))
            if number == self._failing and place == size - 1:
                msg = "an invented failure"
                raise ApiError(msg)
            if place == 0 and size > 1:
                # One request more than there are pages, as if `total` had shrunk.
                planner.expect(range(1, size + 1), lambda key: self._fetch_ahead(window, key))
            yield [text]

    def _fetch_ahead(self, window: Window, key: int) -> bytes:
        with self._lock:
            self.ahead += key > self._needed[window] + 1
        return self._fetch(window, key)

    def _fetch(self, window: Window, key: int) -> bytes:
        with self._lock:
            self._under_way += 1
            self.most = max(self.most, self._under_way)
            self.requests[window] += 1
            self.threads.add(threading.current_thread())
        # Slow enough for the other workers to work in the meantime, as a network would be.
        threading.Event().wait(0.0002)
        with self._lock:
            self._under_way -= 1
        return f"{window.start.isoformat()} {key}".encode().ljust(_PAGE_BYTES)


def _read(
    server: Server, days: int, most: int, *, newest_first: bool = False
) -> tuple[list[Any], str | None]:
    windows = fill(_START, _START + days * _DAY, _DAY)
    if newest_first:
        windows.reverse()
    output: list[Any] = []
    try:
        for window, pages in prefetch(server.read, windows, most, newest_first=newest_first):
            output += pages
            output.append(window)
    except TapError as error:
        return output, str(error)
    return output, None


_SIZES = st.lists(st.integers(0, 9), min_size=1, max_size=6)


@settings(derandomize=True, max_examples=examples(60), deadline=None)
@given(_SIZES, st.integers(2, 8), st.booleans(), st.none() | st.integers(0, 11))
def test_windows_pages_and_errors_come_in_order_at_every_concurrency(
    sizes: list[int],
    most: int,
    newest_first: bool,  # noqa: FBT001
    failing: int | None,
) -> None:
    alone = _read(Server(sizes, failing), len(sizes), 1, newest_first=newest_first)
    server = Server(sizes, failing)
    assert _read(server, len(sizes), most, newest_first=newest_first) == alone
    assert server.most <= most
    _REQUESTS.update(ahead=server.ahead, all=server.requests.total())


_REQUESTS: Counter[str] = Counter()


def test_a_large_part_of_the_requests_above_is_sent_ahead() -> None:
    _REQUESTS.clear()
    test_windows_pages_and_errors_come_in_order_at_every_concurrency()
    assert _REQUESTS["ahead"] > 0.3 * _REQUESTS["all"], _REQUESTS


def test_no_request_is_sent_ahead_for_a_window_that_has_ended() -> None:
    window = OpenWindow(Window(_START, _START + _DAY), threading.Lock())
    window.begin_page()
    window.expect([1, 2], lambda key: key)
    assert window.next_request(2) is not None
    window.end(None)
    assert window.next_request(2) is None


def test_a_concurrency_of_one_starts_no_thread() -> None:
    before = workers()
    server = Server([3] * 5)
    for _, pages in prefetch(server.read, fill(_START, _START + 5 * _DAY, _DAY), 1):
        for _ in pages:
            assert workers() == before
    assert server.threads == {threading.current_thread()}


def test_workers_wait_while_the_buffer_is_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "tap_omnimessages.extract.prefetch._BYTES_AHEAD_PER_WORKER", 3 * _PAGE_BYTES
    )
    server = Server([4] * 40)
    reading = prefetch(server.read, fill(_START, _START + 40 * _DAY, _DAY), 2)
    _, pages = next(reading)
    next(pages)
    _wait_until_idle(reading)
    # One page is consumed, six fill the buffer, and each worker may add one and send two ahead.
    assert sum(server.requests.values()) <= 1 + 6 + 2 * 3
    reading.close()


def _wait_until_idle(reading: Generator[Any]) -> None:
    """Wait until all workers are idle and there is no work for them."""
    prefetcher = getgeneratorlocals(reading)["prefetcher"]
    while True:
        with prefetcher._lock:
            if prefetcher._idle == len(prefetcher._threads) and prefetcher._find_work() is None:
                return
        threading.Event().wait(0)


@pytest.mark.parametrize("idle", [False, True])
def test_closing_early_ends_all_workers(idle: bool) -> None:  # noqa: FBT001
    before = workers()
    reading = prefetch(Server([4] * 40).read, fill(_START, _START + 40 * _DAY, _DAY), 4)
    next(reading)
    assert workers() > before
    if idle:
        _wait_until_idle(reading)
    reading.close()
    assert workers() == before


def test_a_rate_limit_halves_the_concurrent_requests_and_successes_restore_them() -> None:
    throttle = Throttle(8)
    assert _free_slots(throttle) == 8
    with throttle.slot() as sent_at:
        pass
    throttle.slow_down(sent_at)
    assert _free_slots(throttle) == 4
    # A request from before the halving does not halve again.
    throttle.slow_down(sent_at)
    assert _free_slots(throttle) == 4
    for _ in range(40):
        throttle.speed_up()
    assert _free_slots(throttle) == 5
    for _ in range(1000):
        throttle.speed_up()
    assert _free_slots(throttle) == 8


def _free_slots(throttle: Throttle) -> int:
    return throttle._allowed - throttle._under_way


def test_closing_the_throttle_cancels_a_thread_that_waits_for_a_slot() -> None:
    throttle = Throttle(1)
    ended = threading.Event()

    def wait() -> None:
        try:
            with throttle.slot():
                pass
        except RequestCancelledError:
            ended.set()

    with throttle.slot():
        thread = threading.Thread(target=wait)
        thread.start()
        throttle.close()
        thread.join(10)
    assert ended.is_set()


@pytest.mark.parametrize("provider", ["antbuddy", "etelecom"])
def test_max_concurrency_limits_the_requests_under_way(provider: str) -> None:
    world = fixed(
        (session(n, f"2026-03-{1 + n % 28:02d}T08:{n // 28:02d}:00.000Z") for n in range(400)),
        (notification(n + 1, f"2026-03-{1 + n % 28:02d}T08:{n // 28:02d}:00Z") for n in range(400)),
    )
    with Sandbox(world=world, now=NOW, faults=Faults(latency_seconds=0.01)) as sandbox:
        run = extract(
            only(
                sandbox,
                provider,
                max_concurrency=3,
                **{f"{provider}_window_days": 1, f"{provider}_page_size": 5},
            )
        )
        assert run.error is None
        assert 1 < sandbox.most_in_flight <= 3


def test_pages_of_one_window_are_fetched_concurrently() -> None:
    world = fixed(session(n, f"2026-03-05T08:{n // 60:02d}:{n % 60:02d}.000Z") for n in range(300))
    with Sandbox(world=world, now=NOW, faults=Faults(latency_seconds=0.01)) as sandbox:
        # The whole month is one window, so only its pages can be fetched concurrently.
        changes = {"antbuddy_window_days": 31, "max_concurrency": 4}
        settings_ = only(sandbox, "antbuddy", antbuddy_page_size=10, **changes)
        run = extract(settings_)
        later = [request for request in sandbox.requests if request.params["offset"] != "0"]
        assert len({request.params["created_from"] for request in later}) == 1
        assert len(run.table("antbuddy_sessions")) == 300
        assert sandbox.most_in_flight > 1
        # Each page repeats the last row of the one before, and one more request finds the end.
        assert len([r for r in sandbox.requests if r.rows]) <= 300 // 9 + 3
        alone = extract({**settings_, "max_concurrency": 1})
    assert run.lasting_messages == alone.lasting_messages


def test_temporary_faults_do_not_change_the_output(sandbox: Sandbox) -> None:
    together = extract(settings_of(sandbox, max_concurrency=8, antbuddy_window_days=1))
    sandbox.faults = Faults(script=["ok", "ok", "429:0", "500"])
    with_faults = extract(settings_of(sandbox, max_concurrency=8, antbuddy_window_days=1))
    assert with_faults.error is None
    assert with_faults.lasting_messages == together.lasting_messages

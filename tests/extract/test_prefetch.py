"""Windows are read ahead, and nobody who reads the output can tell."""

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
    """A source whose windows hold a given number of pages, some of which go wrong.

    Attributes:
        most: The most requests that have been under way at the same time.
        asked: How many requests each window has cost.
        ahead: How many of them were sent before they were needed.
        askers: The threads that have sent them.
    """

    def __init__(self, sizes: list[int], failing: int | None = None) -> None:
        self._sizes = sizes
        self._failing = failing
        self._lock = threading.Lock()
        self._under_way = 0
        self.most = 0
        self.asked: Counter[Window] = Counter()
        self.ahead = 0
        self.askers: set[threading.Thread] = set()

    def read(self, window: Window, planner: RequestPlanner) -> Iterator[Page]:
        number = (window.start - _START) // _DAY
        size = self._sizes[number]
        # A window of more than five pages is read in halves.
        if size > 5 and window.duration == _DAY:
            raise WindowTooLargeError(window.split(2))
        for place in range(size):
            text = planner.send(place, lambda key: self._ask(window, key))
            if number == self._failing and place == size - 1:
                msg = "an invented failure"
                raise ApiError(msg)
            if place == 0 and size > 1:
                # One guess too many, as where `total` has shrunk.
                planner.expect(range(1, size + 1), lambda key: self._ask_ahead(window, key))
            yield [text]

    def _ask_ahead(self, window: Window, key: int) -> bytes:
        with self._lock:
            self.ahead += 1
        return self._ask(window, key)

    def _ask(self, window: Window, key: int) -> bytes:
        with self._lock:
            self._under_way += 1
            self.most = max(self.most, self._under_way)
            self.asked[window] += 1
            self.askers.add(threading.current_thread())
        # Gives the other workers their chance, as a socket would.
        threading.Event().wait(0)
        with self._lock:
            self._under_way -= 1
        return f"{window.start.isoformat()} {key}".encode().ljust(_PAGE_BYTES)


def _read(
    server: Server, days: int, most: int, *, newest_first: bool = False
) -> tuple[list[Any], str | None]:
    windows = fill(_START, _START + days * _DAY, _DAY)
    if newest_first:
        windows.reverse()
    given: list[Any] = []
    try:
        for window, pages in prefetch(server.read, windows, most, newest_first=newest_first):
            given += pages
            given.append(window)
    except TapError as error:
        return given, str(error)
    return given, None


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
    _SENT.update(ahead=server.ahead, all=server.asked.total())


_SENT: Counter[str] = Counter()


def test_the_windows_above_are_really_read_ahead() -> None:
    _SENT.clear()
    test_windows_pages_and_errors_come_in_order_at_every_concurrency()
    assert _SENT["ahead"] > 0.3 * _SENT["all"], _SENT


def test_with_a_concurrency_of_one_no_thread_is_started() -> None:
    before = workers()
    server = Server([3] * 5)
    for _, pages in prefetch(server.read, fill(_START, _START + 5 * _DAY, _DAY), 1):
        for _ in pages:
            assert workers() == before
    assert server.askers == {threading.current_thread()}


def test_workers_that_are_ahead_wait_when_their_pages_fill_the_buffer(
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
    # Six pages fill the buffer; each worker may have one more on its way, and two are expected.
    assert sum(server.asked.values()) <= 1 + 6 + 2 * 3
    reading.close()


def _wait_until_idle(reading: Generator[Any]) -> None:
    """Wait until all workers wait, and none of them for another's work."""
    prefetcher = getgeneratorlocals(reading)["prefetcher"]
    while True:
        with prefetcher._lock:
            if prefetcher._idle == len(prefetcher._threads) and prefetcher._find_work() is None:
                return
        threading.Event().wait(0)


@pytest.mark.parametrize("idle", [False, True])
def test_a_reading_that_is_given_up_leaves_no_worker_behind(idle: bool) -> None:  # noqa: FBT001
    before = workers()
    reading = prefetch(Server([4] * 40).read, fill(_START, _START + 40 * _DAY, _DAY), 4)
    next(reading)
    assert workers() > before
    if idle:
        _wait_until_idle(reading)
    reading.close()
    assert workers() == before


def test_a_refused_rate_halves_the_requests_under_way_and_good_answers_bring_them_back() -> None:
    throttle = Throttle(8)
    assert _free_turns(throttle) == 8
    with throttle.slot() as asked_at:
        pass
    throttle.slow_down(asked_at)
    assert _free_turns(throttle) == 4
    # What was asked before the halving says nothing of the pace since.
    throttle.slow_down(asked_at)
    assert _free_turns(throttle) == 4
    for _ in range(40):
        throttle.speed_up()
    assert _free_turns(throttle) == 5
    for _ in range(1000):
        throttle.speed_up()
    assert _free_turns(throttle) == 8


def _free_turns(throttle: Throttle) -> int:
    return throttle._allowed - throttle._under_way


def test_who_waits_for_a_turn_is_sent_away_when_the_reading_ends() -> None:
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
def test_no_more_requests_than_the_setting_allows_are_under_way(provider: str) -> None:
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


def test_pages_of_one_large_window_are_read_side_by_side() -> None:
    world = fixed(session(n, f"2026-03-05T08:{n // 60:02d}:{n % 60:02d}.000Z") for n in range(300))
    with Sandbox(world=world, now=NOW, faults=Faults(latency_seconds=0.01)) as sandbox:
        # The whole month is one window, so that no other can be read beside its pages.
        changes = {"antbuddy_window_days": 31, "max_concurrency": 4}
        settings_ = only(sandbox, "antbuddy", antbuddy_page_size=10, **changes)
        run = extract(settings_)
        assert len({request.params["created_from"] for request in sandbox.requests}) == 1
        assert len(run.table("antbuddy_sessions")) == 300
        assert sandbox.most_in_flight > 1
        # Each page begins with the last row of the one before; one more request finds the end.
        assert len([r for r in sandbox.requests if r.rows]) <= 300 // 9 + 2
        alone = extract({**settings_, "max_concurrency": 1})
    assert run.lasting_messages == alone.lasting_messages


def test_passing_faults_do_not_change_what_is_written(sandbox: Sandbox) -> None:
    together = extract(settings_of(sandbox, max_concurrency=8, antbuddy_window_days=1))
    sandbox.faults = Faults(script=["ok", "ok", "429:0", "500"])
    with_faults = extract(settings_of(sandbox, max_concurrency=8, antbuddy_window_days=1))
    assert with_faults.error is None
    assert with_faults.lasting_messages == together.lasting_messages

"""A small account whose API goes wrong, and a clock that waits for nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from omnimessages_sandbox import GeneratedWorld, Sandbox
from tests.support import START, STREAMS_OF, only, truth

if TYPE_CHECKING:
    from tap_omnimessages.http.throttle import Throttle

SMALL_WORLD = GeneratedWorld(seed=7, start=START, sessions_per_day=6, notifications_per_day=6)
PROVIDERS = ("antbuddy", "etelecom")
CALLS = {
    "antbuddy": "AntBuddy, GET /antbuddy/messages: ",
    "etelecom": "eTelecom, POST /etelecom/v1/shop.Zalo/ListMessages: ",
}
PAGES: dict[str, Any] = {
    # One request at a time, so that a fault in a script meets the request that is meant.
    "max_concurrency": 1,
    "antbuddy_page_size": 20,
    "antbuddy_window_days": 4,
    "etelecom_page_size": 20,
    "etelecom_window_days": 4,
}


class FakeTime:
    """The client's clock: it jumps where the client would sleep."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return time.monotonic() + sum(self.slept)

    def wait(self, throttle: Throttle, seconds: float | None) -> None:
        if seconds is None:
            throttle._changed.wait()
        else:
            self.slept.append(seconds)


def fault_settings(sandbox: Sandbox, provider: str, **changes: Any) -> dict[str, Any]:
    return only(sandbox, provider, **{**PAGES, **changes})


def expected_keys(sandbox: Sandbox, provider: str) -> dict[str, set[str]]:
    everything = truth(sandbox)
    return {stream: everything[stream] for stream in STREAMS_OF[provider]}

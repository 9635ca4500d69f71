"""What reading has cost so far, counted where it happens and told with the progress."""

from __future__ import annotations

import msgspec


class RequestStats(msgspec.Struct, frozen=True):
    """What reading has cost.

    Attributes:
        requests: How many requests were sent, each try counted.
        waits: How often an API was left alone before a request was tried again.
        waited_seconds: How long nothing was asked for that, by any worker.
        windows_from_disk: How many windows were read from the disk instead.
    """

    requests: int = 0
    pauses: int = 0
    paused_seconds: float = 0.0
    windows_from_disk: int = 0

    def __add__(self, other: RequestStats) -> RequestStats:
        return RequestStats(
            self.requests + other.requests,
            self.pauses + other.pauses,
            self.paused_seconds + other.paused_seconds,
            self.windows_from_disk + other.windows_from_disk,
        )

    def __sub__(self, other: RequestStats) -> RequestStats:
        return RequestStats(
            self.requests - other.requests,
            self.pauses - other.pauses,
            self.paused_seconds - other.paused_seconds,
            self.windows_from_disk - other.windows_from_disk,
        )

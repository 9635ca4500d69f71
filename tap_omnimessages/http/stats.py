"""What the requests of a source have cost."""

from __future__ import annotations

import msgspec


class RequestStats(msgspec.Struct, frozen=True):
    """What the requests have cost.

    Attributes:
        requests: How many requests were sent, retries included.
        pauses: How often all requests were paused before a retry.
        paused_seconds: How long they were paused, in seconds.
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

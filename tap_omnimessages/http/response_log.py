"""Record how long responses take, and what their headers say about limits on requests."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_ABOUT_LIMITS = re.compile(r"[a-z-]*(rate-?limit|quota|retry-after)[a-z-]*", re.IGNORECASE)
# Numbers, and the parameters of the standard header, such as `100;w=60`.
_HARMLESS_VALUE = re.compile(r"[0-9]{1,6}([;,] ?[a-z]{1,10}=[0-9]{1,6})*")
_MOST_HEADERS = 8


class ResponseLog:
    """What the responses of one API were like.

    Attributes:
        seconds: How long each response took, from its request to its last byte, in order.
        limits: Headers about limits on requests, names in lower case; the last value counts.
    """

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.limits: dict[str, str] = {}
        self._lock = threading.Lock()

    def record(self, seconds: float, headers: Mapping[str, str]) -> None:
        """Record a response, whatever its status."""
        with self._lock:
            self.seconds.append(seconds)
            for name, value in headers.items():
                is_news = name.lower() in self.limits or len(self.limits) < _MOST_HEADERS
                if is_news and _ABOUT_LIMITS.fullmatch(name) and _HARMLESS_VALUE.fullmatch(value):
                    self.limits[name.lower()] = value

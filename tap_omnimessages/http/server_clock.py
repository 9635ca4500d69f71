"""How far an API's clock is behind this machine's, as its Date headers show it.

A bookmark in the API's future would skip what happens until then (ambiguity E13: this machine's
clock may be ahead of the server's), so bookmarks are capped at the API's present.
"""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

logger = logging.getLogger("tap-omnimessages")

# The header counts whole seconds, and responses take their time.
_TOLERANCE = timedelta(seconds=90)
_EARLIEST_DATE = datetime(2020, 1, 1, tzinfo=UTC)


class ServerClock:
    """Compares an API's clock with this machine's.

    Attributes:
        lag: How far the API's clock is behind; zero unless it is known to be.
    """

    def __init__(self, api: str) -> None:
        """Start without knowing anything.

        Args:
            api: The API's name, for the warning.
        """
        self.lag = timedelta()
        self._api = api
        self._smallest_lag: timedelta | None = None
        self._lock = threading.Lock()

    def observe(self, date_header: str) -> None:
        """Compare the clocks by a response's Date header; warn once when the API's is behind."""
        moment = http_date(date_header)
        if moment is None or moment < _EARLIEST_DATE:
            return
        lag = datetime.now(UTC) - moment
        with self._lock:
            # One wrong header must not hold the bookmark back: the smallest lag counts.
            self._smallest_lag = lag if self._smallest_lag is None else min(lag, self._smallest_lag)
            has_warned = bool(self.lag)
            is_behind = self._smallest_lag >= _TOLERANCE
            self.lag = self._smallest_lag if is_behind else timedelta()
        if is_behind and not has_warned:
            logger.warning(
                "The clock of %s is %s behind this machine's: bookmarks follow the API's.",
                self._api,
                timedelta(seconds=round(lag.total_seconds())),
            )

    @property
    def difference(self) -> timedelta | None:
        """How far the API's clock is behind this machine's, within seconds; None if unknown."""
        with self._lock:
            return self._smallest_lag

    def cap(self, end: datetime, now: datetime) -> datetime:
        """Cap a time at the API's present.

        Args:
            end: The time to cap, UTC.
            now: This machine's present, UTC.

        Returns:
            The API's present where `end` lies more than 90 seconds beyond it, else `end`.
        """
        present = now - self.lag
        return present if self.lag and end > present + _TOLERANCE else end


def http_date(value: str) -> datetime | None:
    """Parse a date as HTTP headers write it; None for anything else."""
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

"""The log lines about a stream: its progress, and its summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import logging

    from tap_omnimessages.extract.windows import Window
    from tap_omnimessages.http.stats import RequestStats

_SECONDS_BETWEEN_LINES = 10.0
# Numbers below this have one decimal; from here on, they would round to 10.
_TENTHS_BELOW = 9.95
_SECONDS_BELOW = 120.0
_MINUTES_BELOW = 120


class Status(msgspec.Struct, frozen=True):
    """How far a stream is.

    Attributes:
        stream: The stream's name.
        window: The window that is being read; None if the plan is empty.
        number: The number of that window in this run, from 1; 0 if the plan is empty.
        windows: How many windows this run reads. The number grows when a large window turns out to
            be read in parts.
        revisited: How many of the windows up to this one were read again by a revisit.
        share: How much of the plan's time range has been read, from 0 to 1.
        records: How many records have been made.
        seconds: Seconds since the stream began.
        seconds_left: Estimated seconds to the end; None until enough has been read.
        waits_for_loader: Whether writing took most of the time since the last shown status.
        request_stats: The requests and pauses of the stream.
    """

    stream: str
    window: Window | None
    number: int
    windows: int
    revisited: int
    share: float
    records: int
    seconds: float
    seconds_left: float | None
    waits_for_loader: bool
    request_stats: RequestStats

    @property
    def records_per_second(self) -> float:
        """Records per second since the stream began."""
        return self.records / self.seconds if self.seconds > 0 else 0.0

    def as_fields(self) -> dict[str, Any]:
        """Return the fields for machine-readable logs."""
        left = self.seconds_left
        return {
            "window": self.number,
            "windows": self.windows,
            "windows_revisited": self.revisited,
            "window_start": self.window.start.isoformat() if self.window else None,
            "window_end": self.window.end.isoformat() if self.window else None,
            "records": self.records,
            "records_per_second": round(self.records_per_second, 1),
            "requests": self.request_stats.requests,
            "waits": self.request_stats.pauses,
            "waited_seconds": round(self.request_stats.paused_seconds, 1),
            "windows_from_disk": self.request_stats.windows_from_disk,
            "seconds": round(self.seconds, 1),
            "seconds_left": None if left is None else round(left),
            "waits_for_loader": self.waits_for_loader,
        }


class ProgressLines:
    """Shows the progress as log lines."""

    interval_seconds = _SECONDS_BETWEEN_LINES

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def show(self, status: Status) -> None:
        """Log a line."""
        log_status(self._logger, describe(status), status)

    def close(self) -> None:
        """Do nothing: log lines stay."""


def describe(status: Status) -> str:
    """Return the progress line of a stream."""
    window = status.window
    dates = f" ({window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC)" if window else ""
    records = format_count(status.records, "record")
    return (
        f"{status.stream}: window {status.number:,} of {status.windows:,}{dates}, "
        f"{records} so far, {format_rate(status.records_per_second)} "
        f"records/s, {_costs(status.request_stats)}, " + describe_time_left(status)
    )


def describe_time_left(status: Status) -> str:
    """Return the time left in words, or that the tap waits for the loader."""
    if status.waits_for_loader:
        return "waiting for the loader"
    if status.seconds_left is None:
        return "time left not known"
    return f"about {format_duration(status.seconds_left)} left"


def summarize(status: Status, *, is_whole: bool = True) -> str:
    """Return the summary line of a stream.

    Args:
        status: The last status.
        is_whole: Whether the stream was read to its end; False after an error.
    """
    kept = status.request_stats.windows_from_disk
    again = f", {status.revisited:,} of them revisited" if status.revisited else ""
    disk = f" ({kept:,} from disk, fetched before for another stream)" if kept else ""
    return (
        f"{status.stream}: {'' if is_whole else 'stopped after '}"
        f"{format_count(status.records, 'record')} in "
        f"{format_count(status.number, 'window')}{disk}{again}, {_costs(status.request_stats)}, "
        f"{format_duration(status.seconds)}, {format_rate(status.records_per_second)} records/s"
    )


def format_duration(seconds: float) -> str:
    """Format a duration in seconds, minutes or hours, such as `9.9 s` or `2 h 13 min`."""
    if seconds < _TENTHS_BELOW:
        return f"{seconds:.1f} s"
    if seconds < _SECONDS_BELOW:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < _MINUTES_BELOW:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def format_rate(number: float) -> str:
    """Format a number per second: with one decimal below 10, without above."""
    return f"{number:,.1f}" if number < _TENTHS_BELOW else f"{number:,.0f}"


def format_count(number: int, noun: str) -> str:
    """Format a number with its noun, such as `1 row` or `2,000 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _costs(request_stats: RequestStats) -> str:
    waits = "no waits"
    if request_stats.pauses:
        duration = format_duration(request_stats.paused_seconds)
        waits = f"{format_count(request_stats.pauses, 'wait')} ({duration})"
    return f"{format_count(request_stats.requests, 'request')}, {waits}"


def log_status(logger: logging.Logger, text: str, status: Status) -> None:
    """Log a line, with the status as fields for the SDK's structured logs."""
    extra = {"stream_name": status.stream, "progress": status.as_fields()}
    logger.info("%s", text, extra=extra)

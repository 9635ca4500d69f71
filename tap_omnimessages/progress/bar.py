"""The progress bar on a terminal."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import ExitStack
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from tap_omnimessages.progress.lines import say_rate

if TYPE_CHECKING:
    from tap_omnimessages.progress.lines import Status

_FEWEST_COLUMNS = 40
_FORMAT = "{percentage:3.0f}%|{bar:20}| {desc}"


def is_bar_wanted() -> bool:
    """Tell whether somebody watches who wants a bar, and whether it can be drawn.

    Only where standard error is a terminal that records do not run through as well, where neither
    Meltano nor a log configuration takes the lines, and where the library is installed.
    """
    # Both are missing where they were closed before the start.
    if sys.stderr is None or sys.stdout is None or os.environ.get("TERM") == "dumb":
        return False
    if not sys.stderr.isatty() or sys.stdout.isatty():
        return False
    if "SINGER_SDK_LOG_CONFIG" in os.environ:
        return False
    if any(name.startswith("MELTANO_") for name in os.environ):
        return False
    # Some terminals know no width, and a narrow one shows nothing of use.
    return _columns() >= _FEWEST_COLUMNS and find_spec("tqdm") is not None


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except OSError:
        return 0


class ProgressBar:
    """Draws a stream's progress in the terminal's last line; other lines pass above it."""

    interval_seconds = 0.5

    def __init__(self) -> None:
        self._bar: Any = None
        self._stack = ExitStack()

    def show(self, status: Status) -> None:
        """Draw the bar, for the first time too: a short run needs none."""
        if self._bar is None:
            self._open()
        window = status.window
        date = f" from {window.start:%Y-%m-%d}" if window else ""
        left = "" if status.seconds_left is None else f", {say_clock(status.seconds_left)} left"
        self._bar.n = status.share
        self._bar.set_description_str(
            f"{status.stream}, window {status.number:,} of {status.windows:,}{date}, "
            f"{status.records:,} records, {say_rate(status.records_per_second)}/s{left}",
            refresh=False,
        )
        self._bar.refresh()

    def close(self) -> None:
        """Take the bar down, even one that a thread has left in the middle of drawing."""
        if self._bar is not None:
            self._bar.set_lock(threading.RLock())
        self._bar = None
        self._stack.close()

    def _open(self) -> None:
        # Not before it is drawn: importing would cost every run its time.
        from tqdm import tqdm  # noqa: PLC0415
        from tqdm.contrib.logging import logging_redirect_tqdm  # noqa: PLC0415

        # There are no other processes to keep apart, and a bar that is refreshed needs no watch.
        tqdm.set_lock(threading.RLock())
        tqdm.monitor_interval = 0
        self._stack.enter_context(logging_redirect_tqdm())
        self._bar = self._stack.enter_context(
            tqdm(
                total=1.0,
                file=sys.stderr,
                leave=False,
                # The environment would decide about these, too.
                disable=False,
                ascii=None,
                ncols=None,
                dynamic_ncols=True,
                bar_format=_FORMAT,
            )
        )


def say_clock(seconds: float) -> str:
    """Write a duration as short as it can be."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

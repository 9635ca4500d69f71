"""Draw a stream's progress as a bar on a terminal."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import ExitStack
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from tap_omnimessages.progress.lines import describe_time_left, format_rate

if TYPE_CHECKING:
    from tap_omnimessages.progress.lines import Status

_FEWEST_COLUMNS = 40
_FORMAT = "{percentage:3.0f}%|{bar:20}| {desc}"
# A bar that must not be drawn when it is made is told to wait this long.
_DELAY_SECONDS = 3600.0


def is_bar_wanted() -> bool:
    """Return whether a person watches who can see a bar.

    Standard error has to be a terminal that no records run through. Neither Meltano nor a log
    configuration may read the lines, and the library has to be installed.
    """
    # Both are None where they were closed before the start.
    if sys.stderr is None or sys.stdout is None or os.environ.get("TERM") == "dumb":
        return False
    if not sys.stderr.isatty() or sys.stdout.isatty():
        return False
    if "SINGER_SDK_LOG_CONFIG" in os.environ:
        return False
    if any(name.startswith("MELTANO_") for name in os.environ):
        return False
    # Some terminals report no width, and a narrow one has no room for a bar.
    return _columns() >= _FEWEST_COLUMNS and find_spec("tqdm") is not None


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except OSError:
        return 0


class ProgressBar:
    """Draws the progress in the terminal's last line; log lines pass above it."""

    interval_seconds = 0.5

    def __init__(self) -> None:
        self._bar: Any = None
        self._stack = ExitStack()

    def show(self, status: Status) -> None:
        """Draw the bar; the first call opens it, so a short run has none."""
        if self._bar is None:
            self._open()
        window = status.window
        date = f" from {window.start:%Y-%m-%d}" if window else ""
        has_left = status.waits_for_loader or status.seconds_left is not None
        left = f", {describe_time_left(status)}" if has_left else ""
        self._bar.n = status.share
        self._bar.set_description_str(
            f"{status.stream}, window {status.number:,} of {status.windows:,}{date}, "
            f"{status.records:,} records, {format_rate(status.records_per_second)}/s{left}",
            refresh=False,
        )
        self._bar.refresh()

    def close(self) -> None:
        """Remove the bar, even one that a thread was just drawing."""
        if self._bar is not None:
            self._bar.set_lock(threading.RLock())
        self._bar = None
        self._stack.close()

    def _open(self) -> None:
        # Importing costs time, so not before a bar is drawn.
        from tqdm import tqdm  # noqa: PLC0415
        from tqdm.contrib.logging import logging_redirect_tqdm  # noqa: PLC0415

        # There are no other processes to lock out, and the tap itself refreshes the bar.
        tqdm.set_lock(threading.RLock())
        tqdm.monitor_interval = 0
        self._stack.enter_context(logging_redirect_tqdm())
        # A signal may come at any time: the bar is drawn only once `close` can remove it.
        bar = self._bar = self._stack.enter_context(
            tqdm(
                total=1.0,
                file=sys.stderr,
                leave=False,
                delay=_DELAY_SECONDS,
                # Without these, the environment would decide.
                disable=False,
                ascii=None,
                ncols=None,
                dynamic_ncols=True,
                bar_format=_FORMAT,
            )
        )
        bar.delay = 0

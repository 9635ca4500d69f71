"""The progress bar: a stream's progress in the last line of a terminal."""

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
# tqdm draws a bar when it makes it, unless the bar has a delay.
_DELAY_SECONDS = 3600.0


def is_bar_wanted() -> bool:
    """Return whether to draw a bar.

    A bar needs standard error to be a terminal, standard output to go elsewhere, and tqdm to be
    installed. Under Meltano, or with a log configuration of the user's own, the log lines are for
    machines.
    """
    # A stream that was closed before the start is None.
    if sys.stderr is None or sys.stdout is None or os.environ.get("TERM") == "dumb":
        return False
    if not sys.stderr.isatty() or sys.stdout.isatty():
        return False
    if "SINGER_SDK_LOG_CONFIG" in os.environ:
        return False
    if any(name.startswith("MELTANO_") for name in os.environ):
        return False
    # A narrow terminal has no room for a bar, and some terminals report no width.
    return _columns() >= _FEWEST_COLUMNS and find_spec("tqdm") is not None


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except OSError:
        return 0


class ProgressBar:
    """Draws the progress in the last line of the terminal, below the log lines."""

    interval_seconds = 0.5

    def __init__(self) -> None:
        self._bar: Any = None
        self._stack = ExitStack()

    def show(self, status: Status) -> None:
        """Draw the bar; the first call creates it, so a short run has none."""
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
        """Remove the bar, even while another thread draws it."""
        # The other thread may hold the lock and never go on, as when a signal ends the run.
        if self._bar is not None:
            self._bar.set_lock(threading.RLock())
        self._bar = None
        self._stack.close()

    def _open(self) -> None:
        # The import takes time that a run without a bar need not spend.
        from tqdm import tqdm  # noqa: PLC0415
        from tqdm.contrib.logging import logging_redirect_tqdm  # noqa: PLC0415

        # tqdm's defaults lock out other processes and start a thread; the tap needs neither.
        tqdm.set_lock(threading.RLock())
        tqdm.monitor_interval = 0
        self._stack.enter_context(logging_redirect_tqdm())
        # A signal may come at any time, so the bar is drawn only once `close` can remove it.
        bar = self._bar = self._stack.enter_context(
            tqdm(
                total=1.0,
                file=sys.stderr,
                leave=False,
                delay=_DELAY_SECONDS,
                # Set here, because tqdm would read them from the environment.
                disable=False,
                ascii=None,
                ncols=None,
                dynamic_ncols=True,
                bar_format=_FORMAT,
            )
        )
        bar.delay = 0

"""Write to standard output and standard error even where they are non-blocking.

Another process that shares a pipe or a terminal may make it non-blocking. Python then drops what
does not fit at once, and raises BlockingIOError in the middle of a line.
"""

from __future__ import annotations

import io
import os
import select
import sys

from typing_extensions import Buffer, override

_NAMES = ("stdout", "stderr")


def write_all(descriptor: int, data: Buffer) -> None:
    """Write all bytes; wait where the descriptor takes no more at once.

    Raises:
        BrokenPipeError: The consumer has closed the pipe.
    """
    unsent = memoryview(data).cast("B")
    while unsent:
        try:
            unsent = unsent[os.write(descriptor, unsent) :]
        except BlockingIOError:
            select.select([], [descriptor], [])


class _WaitingFile(io.FileIO):
    """A file that writes everything it is given."""

    @override
    def write(self, data: Buffer, /) -> int:
        write_all(self.fileno(), data)
        return memoryview(data).nbytes


def wait_for_room() -> None:
    """Make `sys.stdout` and `sys.stderr` wait for room, for whoever writes to them."""
    for name in _NAMES:
        stream = getattr(sys, name)
        # Anything else is closed, or no file: a test reads it.
        if isinstance(stream, io.TextIOWrapper) and isinstance(
            stream.buffer, io.BufferedWriter | io.FileIO
        ):
            stream.flush()
            file = _WaitingFile(stream.fileno(), "w", closefd=False)
            # Python itself has no buffer where PYTHONUNBUFFERED is set.
            is_buffered = isinstance(stream.buffer, io.BufferedWriter)
            waiting = io.TextIOWrapper(
                io.BufferedWriter(file) if is_buffered else file,
                stream.encoding,
                stream.errors,
                line_buffering=stream.line_buffering,
                write_through=stream.write_through,
            )
            setattr(sys, name, waiting)

"""A temporary file of pages.

The file is private to the user. It has no name in its folder (except on Windows), so the system
removes it when the process ends, even after a crash.
"""

from __future__ import annotations

import tempfile
from array import array
from contextlib import suppress
from os import SEEK_END
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_omnimessages.extract.source import Page

# The form of a page in the file: its number of rows, the length of each row, and the rows.
_COUNT = "Q"


class Spool:
    """A temporary file of pages; the first page creates it."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None

    def append(self, page: Page) -> None:
        """Add a page to the end of the file.

        Raises:
            OSError: The file cannot be written; the disk may be full.
        """
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="tap-omnimessages-")  # noqa: SIM115
        self._file.seek(0, SEEK_END)
        self._file.write(array(_COUNT, [len(page), *map(len, page)]).tobytes())
        self._file.writelines(page)
        self._file.flush()

    @property
    def end(self) -> int:
        """The position of the next page, in bytes from the beginning of the file."""
        return 0 if self._file is None else self._file.seek(0, SEEK_END)

    def read(self, start: int, end: int) -> Iterator[Page]:
        """Yield the pages between two positions, each a former value of `end`."""
        file, position = self._file, start
        while file is not None and position < end:
            file.seek(position)
            (rows,) = _read_counts(file, 1)
            page = [file.read(length) for length in _read_counts(file, rows)]
            position = file.tell()
            yield page

    def close(self) -> None:
        """Remove the file."""
        file, self._file = self._file, None
        if file is not None:
            # Closing writes what is buffered, and fails again where the disk is full.
            with suppress(OSError):
                file.close()


def _read_counts(file: IO[bytes], count: int) -> array[int]:
    counts = array(_COUNT)
    counts.frombytes(file.read(count * counts.itemsize))
    return counts

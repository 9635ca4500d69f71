"""Keep pages in a temporary file.

The file has no name (it is unlinked at once where the system allows), is private to the user, and
is gone when the process ends, however it ends.
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

# A page in the file: how many rows it has, the length of each, and their texts.
_COUNT = "Q"


class Spool:
    """A temporary file of pages; the first page that is appended creates it."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None

    def append(self, page: Page) -> None:
        """Write a page behind the others.

        Raises:
            OSError: The file cannot be written, as where the disk is full.
        """
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="tap-omnimessages-")  # noqa: SIM115
        self._file.seek(0, SEEK_END)
        self._file.write(array(_COUNT, [len(page), *map(len, page)]).tobytes())
        self._file.writelines(page)
        self._file.flush()

    @property
    def end(self) -> int:
        """Where the next page will begin, in bytes."""
        return 0 if self._file is None else self._file.seek(0, SEEK_END)

    def read(self, start: int, end: int) -> Iterator[Page]:
        """Yield the pages between two positions that `end` has returned."""
        file, position = self._file, start
        while file is not None and position < end:
            file.seek(position)
            (rows,) = _read_counts(file, 1)
            page = [file.read(length) for length in _read_counts(file, rows)]
            position = file.tell()
            yield page

    def close(self) -> None:
        """Free the disk space."""
        file, self._file = self._file, None
        if file is not None:
            # Pages that could not be written are not wanted any more.
            with suppress(OSError):
                file.close()


def _read_counts(file: IO[bytes], count: int) -> array[int]:
    counts = array(_COUNT)
    counts.frombytes(file.read(count * counts.itemsize))
    return counts

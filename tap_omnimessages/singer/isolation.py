"""Isolate the streams of a run: an error ends its own stream first, and the run at the end.

The SDK's loop over the streams ends at the first error, and offers no hook.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from tap_omnimessages.errors import ClosedPipeError, NoOutputError, TapError

if TYPE_CHECKING:
    import logging
    from collections.abc import Generator, Sequence


class IsolatedStream(Protocol):
    """What a stream needs so that its errors can wait.

    Attributes:
        failure: The error that ended the stream; None while there is none.
        plain_logger: The stream's logger.
    """

    failure: TapError | None
    plain_logger: logging.Logger

    @property
    def selected(self) -> bool:
        """Whether the stream is synced."""


@contextmanager
def isolated(stream: IsolatedStream, streams: Sequence[IsolatedStream]) -> Generator[None]:
    """Let an error end this stream, and the run only after the last selected stream.

    Args:
        stream: The stream that is synced inside the context.
        streams: All streams of the run, in the order of their syncs.

    Raises:
        TapError: After the last selected stream: the first error of any stream. At once where no
            output can be written.
    """
    is_last = [other for other in streams if other.selected][-1:] == [stream]
    try:
        yield
    except (ClosedPipeError, NoOutputError):
        raise
    except TapError as error:
        known = [other.failure for other in streams if other.failure]
        stream.failure = error
        is_new = all(error is not failure for failure in known)
        if is_new and known:
            stream.plain_logger.error("%s", error)  # noqa: TRY400 - no traceback for a user
        elif is_new and not is_last:
            # The run ends with this sentence; it is an error then.
            stream.plain_logger.warning("%s The other streams are still read.", error)
    if is_last:
        for other in streams:
            if other.failure:
                raise other.failure

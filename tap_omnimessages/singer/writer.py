"""Write Singer messages: buffered, in whole lines and in order."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.singerlib.encoding.base import GenericSingerWriter, SingerMessageType
from singer_sdk.singerlib.encoding.simple import Message
from typing_extensions import override

from tap_omnimessages.errors import NoOutputError, StreamMapError
from tap_omnimessages.records.exact_float import ExactFloat
from tap_omnimessages.singer.waiting_output import write_all
from tap_omnimessages.timestamps import format_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_omnimessages.records.columns import JsonObject

_BUFFER_BYTES = 256 * 1024


class BufferedWriter(GenericSingerWriter[bytes, Message]):
    """Buffers messages and writes them to standard output.

    The buffer is flushed with each STATE, when it is full, and at the end: a flush for each message
    would cost more than making it. A STATE passes through the same buffer, so it never overtakes
    records.
    """

    def __init__(self) -> None:
        self._encoder = msgspec.json.Encoder(enc_hook=_encode_other, decimal_format="number")
        self._buffer: list[bytes] = []
        self._size = 0
        self._writing = False
        # The seconds of past writes, and when the present one began: one tuple, so that another
        # thread never reads one without the other.
        self._write_time: tuple[float, float | None] = (0.0, None)
        self._then: Callable[[], None] | None = None

    @override
    def serialize_message(self, message: Message) -> bytes:
        """Encode a message as one line of JSON."""
        content = message.to_dict()
        try:
            return self._encoder.encode(content) + b"\n"
        except (OverflowError, TypeError, UnicodeEncodeError):
            return _encode_slowly(content) + b"\n"

    @override
    def write_message(self, message: Message) -> None:
        """Add a message; every message but a record flushes the buffer."""
        self._add(self.serialize_message(message))
        if message.type != SingerMessageType.RECORD:
            self.flush()

    def write_records(self, stream: str, records: list[JsonObject], version: int | None) -> None:
        """Add the RECORD messages of a page, encoded in one call.

        Args:
            stream: The stream's name.
            records: Its records.
            version: The version of a full table; None where no version is sent.
        """
        if not records:
            return
        rest: JsonObject = {} if version is None else {"version": version}
        rest["time_extracted"] = format_time(datetime.now(UTC))
        head = b'{"type":"RECORD","stream":%b,"record":' % self._encoder.encode(stream)
        tail = b",%b\n" % self._encoder.encode(rest)[1:]
        # JSON texts contain no line break, so each one separates two records.
        lines = self._encoder.encode_lines(records)[:-1].replace(b"\n", tail + head)
        self._add(head, lines, tail)

    def _add(self, *texts: bytes) -> None:
        self._buffer += texts
        self._size += sum(map(len, texts))
        if self._size >= _BUFFER_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write the buffer out.

        Raises:
            BrokenPipeError: The consumer has closed the pipe.
        """
        data = b"".join(self._buffer)
        self._buffer.clear()
        self._size = 0
        descriptor = _descriptor()
        if descriptor is None:
            sys.stdout.write(data.decode())
            sys.stdout.flush()
            return
        sys.stdout.flush()
        self._writing = True
        self._write_time = (self.write_seconds, time.monotonic())
        write_all(descriptor, data)
        self._write_time = (self.write_seconds, None)
        self._writing = False
        if self._then is not None:
            self._then()

    @property
    def write_seconds(self) -> float:
        """How many seconds writes have taken so far, including the present one.

        The number grows while the consumer is slower than the tap, because a full pipe blocks the
        writes.
        """
        seconds, began = self._write_time
        return seconds + (0.0 if began is None else time.monotonic() - began)

    def call_between_writes(self, action: Callable[[], None]) -> None:
        """Call an action now, or after the write that it interrupts, so that no line is cut.

        Half a line would break the target before it has stored its records. Buffered messages
        come after the last STATE, so dropping them loses nothing.

        Args:
            action: What a signal handler has to do.
        """
        self._then = action
        if not self._writing:
            action()


def _descriptor() -> int | None:
    """Return the file descriptor of standard output; None where it is a buffer in memory.

    Raises:
        NoOutputError: Standard output is closed.
    """
    # None: it was closed before the start.
    if sys.stdout is None:
        raise NoOutputError
    try:
        return sys.stdout.fileno()
    except (AttributeError, OSError, ValueError):
        return None


def _encode_slowly(content: JsonObject) -> bytes:
    """Encode what msgspec cannot, such as a whole number of 30 digits from a stream map.

    Raises:
        StreamMapError: JSON cannot express it, either.
    """
    try:
        text = json.dumps(content, default=str, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        msg = (
            f"A {content['type']} message of {content.get('stream', 'the tap')} has a value that "
            f"JSON cannot express: correct the stream map that makes it."
        )
        raise StreamMapError(msg) from None
    # Half of a character is no text; a target could not decode it.
    return text.encode(errors="replace")


def _encode_other(value: Any) -> Any:  # noqa: ANN401 - a value that msgspec cannot encode
    return msgspec.Raw(str(value.exact)) if isinstance(value, ExactFloat) else str(value)

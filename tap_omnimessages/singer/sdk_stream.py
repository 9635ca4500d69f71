"""The stream base class: every private hook of singer-sdk's `Stream`, and why it is needed.

`singer-sdk` is pinned to its minor version, and `tests/singer/test_sdk.py` fails where a hook no
longer exists or no longer does what is assumed here.
"""

from __future__ import annotations

import logging
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from singer_sdk import Stream, Tap
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from typing_extensions import override

from tap_omnimessages.singer.batch_config import make_batch_config
from tap_omnimessages.singer.isolation import isolated
from tap_omnimessages.singer.writer import BufferedWriter

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from datetime import datetime

    from singer_sdk.helpers import types
    from singer_sdk.helpers._batch import BatchConfig

    from tap_omnimessages.errors import TapError


class _NoGenericError(logging.Filter):
    """Drops the SDK's "unhandled error" line: the error itself is logged as a sentence."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith("An unhandled error occurred while syncing")


# One filter for all streams of a process: a logger adds the same filter once.
_no_generic_error = _NoGenericError()


class WindowedStream(Stream):
    """A stream whose bookmark moves by windows, never by its records' own times.

    Attributes:
        failure: The error that ended the stream; None while there is none.
    """

    # Records match their schema already; `tests/records` proves it.
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    def __init__(self, tap: Tap, schema: dict[str, Any]) -> None:
        super().__init__(tap, schema=schema)
        # With singer-sdk 0.55, `logger` becomes an adapter, which takes no filter and no `extra`.
        self.plain_logger: logging.Logger = tap.logger.getChild(self.name)
        self.plain_logger.addFilter(_no_generic_error)
        self.failure: TapError | None = None

    def flush(self) -> None:
        """Write the buffered messages out."""
        writer = self._tap.message_writer
        if isinstance(writer, BufferedWriter):
            writer.flush()

    @property
    def write_seconds(self) -> float:
        """How many seconds writing the output has taken."""
        writer = self._tap.message_writer
        return writer.write_seconds if isinstance(writer, BufferedWriter) else 0.0

    @property
    def all_streams(self) -> list[WindowedStream]:
        """The streams of the run, this one included, in the order of their syncs."""
        return [s for s in self._tap.streams.values() if isinstance(s, WindowedStream)]

    def hide_progress(self) -> None:
        """Remove the progress bar from the terminal."""

    @abstractmethod
    def read_pages(self) -> Iterator[list[types.Record]]:
        """Yield lists of records; each list is written before the next is requested."""

    @override
    def get_batch_config(self, config: Mapping[str, Any]) -> BatchConfig | None:
        """Return where BATCH files go, if they are wanted."""
        raw = config.get("batch_config")
        return make_batch_config(raw) if raw else None

    @override
    def _sync_records(
        self, context: types.Context | None = None, *, write_messages: bool = True
    ) -> Generator[types.Record, Any, Any]:
        with isolated(self, self.all_streams):
            yield from self.write_all(context, write_messages=write_messages)

    @override
    def _sync_batches(
        self, batch_config: BatchConfig, context: types.Context | None = None
    ) -> None:
        with isolated(self, self.all_streams):
            super()._sync_batches(batch_config, context)

    def write_all(
        self, context: types.Context | None, *, write_messages: bool
    ) -> Generator[types.Record, Any, Any]:
        """Write the stream's records, and yield those that pass through the SDK's own loop."""
        # The SDK's loop costs more for each record than making and encoding it. The loop still
        # runs wherever a record has to pass through it.
        writer = self._tap.message_writer
        if not (write_messages and isinstance(writer, BufferedWriter) and self.is_plain):
            yield from super()._sync_records(context, write_messages=write_messages)
            return
        with self.get_record_counter() as counter, self.get_sync_timer() as timer:
            counter.with_context({})
            timer.with_context({})
            for records in self.read_pages():
                writer.write_records(self.name, records, self._stream_version)
                counter.increment(len(records))
        self._finalize_state(self.stream_state)
        self._write_state_message()

    @property
    def is_plain(self) -> bool:
        """Whether records go out as they are: no stream maps, no flattening, no record limit."""
        (first, *others) = self.stream_maps
        return (
            not others
            and type(first) is SameRecordTransform
            and not (first.flattening_options and first.flattening_options.enabled)
            and self.ABORT_AT_RECORD_COUNT is None
        )

    @override
    def _increment_stream_state(
        self, latest_record: types.Record, *, context: types.Context | None = None
    ) -> None:
        """Keep the bookmark: a record's time says nothing about the records behind it."""

    @override
    def _write_starting_replication_value(self, context: types.Context | None) -> None:
        """Keep the state: the SDK's marker would appear in every STATE message."""

    @override
    def get_replication_key_signpost(
        self, context: types.Context | None = None
    ) -> datetime | Any | None:
        """Return None: the end of the run caps the bookmark instead."""
        return None

"""The stream base class: it reads windows, makes records, and checkpoints each window."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import closing
from datetime import timedelta
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from singer_sdk.batch import Batcher
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE, REPLICATION_INCREMENTAL
from typing_extensions import override

from tap_omnimessages.errors import CatalogError, MissingPrimaryKeyError
from tap_omnimessages.extract.windows import Leg
from tap_omnimessages.progress.revisits import RevisitFinds, explained
from tap_omnimessages.progress.tracker import Progress
from tap_omnimessages.records.columns import Column, JsonObject, schema_of
from tap_omnimessages.records.contract import SchemaContract
from tap_omnimessages.records.reader import RowReader
from tap_omnimessages.singer.catalog import keep_keys
from tap_omnimessages.singer.config import quote_names
from tap_omnimessages.singer.output_columns import OutputColumns, find_map_effects
from tap_omnimessages.singer.sdk_stream import WindowedStream
from tap_omnimessages.singer.state import StreamBookmark, clear_coverage

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from singer_sdk import Stream, Tap
    from singer_sdk.helpers import types
    from singer_sdk.helpers._batch import BaseBatchFileEncoding, BatchConfig
    from singer_sdk.singerlib import Catalog

    from tap_omnimessages.extract.cache import CachedSource
    from tap_omnimessages.extract.source import Page
    from tap_omnimessages.extract.windows import Plan, Range, Window


# A single session may have more messages than should be in memory as records.
_RECORDS_AT_A_TIME = 1000


class IncrementalStream(WindowedStream):
    """A stream that reads its source window by window.

    A subclass sets `columns`, `primary_keys` and `replication_key`, and writes `make_records`.

    Attributes:
        revisit_setting: The name of the setting for how far back revisits reach.
        finds: What the revisit that is being read has found; None outside a revisit. A stream
            whose rows show when they changed calls `finds.see` for each row.
    """

    columns: ClassVar[Sequence[Column]]
    primary_keys: Sequence[str] = ("id",)
    replication_key: str | None = None
    revisit_setting: ClassVar[str] = "the setting for revisits"

    def __init__(self, tap: Tap, source: CachedSource, time_range: Range | None) -> None:
        """Create the stream.

        Args:
            tap: The tap.
            source: Where the rows come from; the streams of one API share it.
            time_range: The time range to read; None where the API has no key, so that only the
                schema is of use.
        """
        super().__init__(tap, schema=schema_of(self.columns, self.primary_keys))
        self.source = source
        self._range = time_range
        self.started = False
        self.finds: RevisitFinds | None = None
        self.contract = SchemaContract(self.name, self.config["schema_contract"], self.plain_logger)
        self.removes_nul: bool = self.config["remove_nul_characters"]
        self.rows = self.make_reader()

    def make_reader(self) -> RowReader:
        """Create the reader that turns this stream's rows into records."""
        return RowReader(self.columns, self.contract.report, removes_nul=self.removes_nul)

    @cached_property
    def output(self) -> OutputColumns:
        """What leaves the stream; the catalog and the stream maps decide."""
        known = self.effective_schema["properties"].keys()
        names = self.schema["properties"].keys()
        unwanted = [
            name for name in names if name not in known or not self.mask["properties", name]
        ]
        definitions = self.config.get("stream_maps") or {}
        effects = find_map_effects(self.name, names, self.stream_maps, definitions)
        return OutputColumns(self.columns, self.contract, unwanted, effects)

    @abstractmethod
    def make_records(self, page: Page) -> Iterator[JsonObject]:
        """Turn the source's rows into this stream's records.

        Args:
            page: The JSON texts of some rows.

        Yields:
            Records with every column, read by `rows`.
        """

    @property  # type: ignore[explicit-override]
    @override
    def selected(self) -> bool:
        """Whether the stream is selected and its API has a key."""
        return self._range is not None and super().selected

    @selected.setter
    def selected(self, value: bool | None) -> None:
        # `super()` does not reach the SDK's property.
        WindowedStream.selected.fset(self, value)  # type: ignore[attr-defined]

    @override
    def apply_catalog(self, catalog: Catalog) -> None:
        """Apply a catalog; check that it keeps the keys and sets a supported replication method."""
        keys, replication_key = self.primary_keys, str(self.replication_key)
        if entry := catalog.get_stream(self.name):
            keep_keys(entry, self.name, keys, replication_key)
        super().apply_catalog(catalog)
        if self.replication_method not in (REPLICATION_FULL_TABLE, REPLICATION_INCREMENTAL):
            msg = (
                f"The catalog sets the replication method of {self.name} to "
                f"{quote_names([self.replication_method])}: use INCREMENTAL or FULL_TABLE."
            )
            raise CatalogError(msg)
        self.primary_keys = keys
        self.replication_key = replication_key
        missing = {*keys, replication_key} - self.effective_schema.get("properties", {}).keys()
        if missing:
            names = " and ".join(sorted(missing))
            msg = f"The catalog's schema of {self.name} lacks {names}: run --discover again."
            raise CatalogError(msg)

    @override
    def get_records(self, context: types.Context | None) -> Iterator[types.Record]:
        """Yield the records of `read_pages` one by one."""
        for records in self.read_pages():
            yield from records

    @override
    def read_pages(self) -> Iterator[list[types.Record]]:
        """Yield records window by window; a window's checkpoint follows its last record."""
        try:
            with closing(self._steps()) as steps:
                for step in steps:
                    for page in step.pages:
                        yield from self._finish_records(page)
                    self._finish(step)
        finally:
            self.flush()

    @override
    def get_batches(
        self, batch_config: BatchConfig, context: types.Context | None = None
    ) -> Iterator[tuple[BaseBatchFileEncoding, list[str]]]:
        """Yield batch files that end with their windows, so that no STATE runs ahead of them."""
        (stream_map, *others) = self.stream_maps
        if others:
            msg = (
                f"BATCH does not work with stream maps that split {self.name} into several streams."
            )
            raise CatalogError(msg)
        with self.get_record_counter() as counter, closing(self._steps()) as steps:
            for step in steps:
                batcher = Batcher(self.tap_name, self.name, batch_config)
                records = (
                    mapped
                    for page in step.pages
                    for some in self._finish_records(page)
                    for record in some
                    if (mapped := stream_map.transform(record)) is not None
                )
                for manifest in batcher.get_batches(records=_counted(records, counter)):
                    yield batch_config.encoding, manifest
                self._finish(step)

    def _steps(self) -> Generator[_Step]:
        """Yield the windows to read, each with its pages."""
        if self._range is None:
            return
        self.started = True
        last = not any(self._shares_source(other) for other in self._tap.streams.values())
        self._bookmark = self._open_bookmark(self._range)
        plan = self._bookmark.plan
        # It tells the contract what not to report, before the first row is read.
        _ = self.output
        try:
            with Progress(
                self.name,
                plan,
                lambda: self.source.request_stats,
                self.plain_logger,
                read_write_seconds=lambda: self.write_seconds,
            ) as self.progress:
                yield from self._read_plan(plan, cache=not last)
                if last:
                    self.source.finish()
        finally:
            self._report_nul()
            if last:
                self.source.close()

    def _report_nul(self) -> None:
        if self.rows.nul_count:
            self.logger.warning(
                "%s: %d NUL characters were removed, because most databases cannot store them.",
                self.name,
                self.rows.nul_count,
            )

    @override
    def hide_progress(self) -> None:
        if self.started:
            self.progress.close()

    def _shares_source(self, other: Stream) -> bool:
        return (
            isinstance(other, IncrementalStream)
            and other.source is self.source
            and other.selected
            and not other.started
        )

    def _read_plan(self, plan: Plan, *, cache: bool) -> Iterator[_Step]:
        for leg, windows in plan.legs.items():
            backward = leg is Leg.BACKFILL
            if leg is Leg.REVISIT and plan.revisit is not None:
                self.finds = RevisitFinds(plan.again, plan.revisit, self.source.lookback)
            steps = self.source.read(windows, cache=cache, newest_first=backward)
            if leg is Leg.REVISIT:
                days = self.source.lookback.revisit / timedelta(days=1)
                steps = explained(steps, f"{self.revisit_setting} (now {days:g})")
            for window, pages in steps:
                self.progress.begin(window, leg)
                yield _Step(window, leg, pages)
            if self.finds is not None:
                self.plain_logger.info("%s: %s", self.name, self.finds.describe())
                self.finds = None

    def _open_bookmark(self, time_range: Range) -> StreamBookmark:
        self._is_incremental = self.replication_method == REPLICATION_INCREMENTAL
        if not self._is_incremental:
            clear_coverage(self.stream_state)
        bookmark = StreamBookmark(
            self.stream_state,
            str(self.replication_key),
            time_range,
            account=self.source.account,
            width=self.source.width,
            lookback=self.source.lookback,
        )
        if not bookmark.plan.is_contiguous:
            self.logger.warning(
                "end_date or safety_lag_seconds ends this run before the range that %s has covered "
                "so far. The run reads from start_date to there, and the bookmark stays as it is.",
                self.name,
            )
        return bookmark

    def _finish(self, step: _Step) -> None:
        """Move the bookmark past a window whose records have all been written; write a STATE."""
        self.progress.finish_window()
        if self._is_incremental and self._range is not None:
            end = self.source.cap_at_server_time(step.window.end, self._range.now)
            self._bookmark.move(step.window, end, step.leg)
            self._tap.state_writer.write_state(self.tap_state)

    def _finish_records(self, page: Page) -> Iterator[list[JsonObject]]:
        """Yield a page's records in lists, with the selected columns only; check their keys."""
        if self.finds is not None:
            self.finds.rows += len(page)
        records = self.make_records(page)
        while some := list(islice(records, _RECORDS_AT_A_TIME)):
            for key in self.primary_keys:
                if not all(record[key] for record in some):
                    self._raise_missing_key(key)
            self.output.reduce(some)
            self.progress.add(len(some))
            yield some

    def _raise_missing_key(self, key: str) -> None:
        field = next(column.field for column in self.columns if column.name == key)
        msg = (
            f"{self.name}: the API sent a record without `{field}`, its primary key {key}. No "
            f"target could store it. The bookmark stays before it."
        )
        raise MissingPrimaryKeyError(msg)


class _Step(NamedTuple):
    """A window to read: its leg in the plan, and its pages."""

    window: Window
    leg: Leg
    pages: Iterator[Page]


def _counted(records: Iterable[JsonObject], counter: Any) -> Iterator[JsonObject]:  # noqa: ANN401
    for record in records:
        counter.increment()
        yield record

"""Which columns of a stream leave the tap: the selected ones, less those that stream maps hide.

A value that fits no column goes to `extra_fields`. That must not be a way out for a value whose
column nobody selected, or that a stream map removes or hashes.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from singer_sdk.mapper import CustomStreamMap, RemoveRecordTransform, SameRecordTransform

from tap_omnimessages.records.columns import EXTRA_FIELDS, Column, JsonObject
from tap_omnimessages.records.exact_float import make_computable
from tap_omnimessages.records.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from singer_sdk.mapper import StreamMap

    from tap_omnimessages.records.contract import SchemaContract

_REMOVED = (None, "__NULL__")
_SOURCE = "__source__"


@dataclass(frozen=True, slots=True)
class MapEffects:
    """What the stream maps of one stream do to its columns.

    Attributes:
        removed: The columns that no map lets out.
        hidden: The columns that some map removes or changes.
        keeps_extra_fields: Whether some map lets `extra_fields` out.
        computes: Whether expressions compute with values.
    """

    removed: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    keeps_extra_fields: bool = True
    computes: bool = False


def find_map_effects(
    stream: str, names: Collection[str], maps: Iterable[StreamMap], definitions: Mapping[str, Any]
) -> MapEffects:
    """Find out what the stream maps of a stream do to its columns.

    Args:
        stream: The stream's name.
        names: Its columns.
        maps: Its maps, as the SDK has made them.
        definitions: The setting `stream_maps`.
    """
    own = [one for one in maps if not isinstance(one, RemoveRecordTransform)]
    if not own:
        return MapEffects(frozenset(names), keeps_extra_fields=False)
    if all(type(one) is SameRecordTransform for one in own):
        return MapEffects()
    removed = [names - one.transformed_schema.get("properties", {}).keys() for one in own]
    changed = {
        name
        for source, definition in definitions.items()
        if isinstance(definition, dict)
        and fnmatch.fnmatch(stream, str(definition.get(_SOURCE, source)))
        for name, expression in definition.items()
        if expression not in _REMOVED and not _is_identity(name, str(expression))
    }
    open_to_extra = [some for some in removed if EXTRA_FIELDS not in some]
    return MapEffects(
        removed=frozenset.intersection(*map(frozenset, removed)),
        hidden=frozenset(changed & set(names)).union(*open_to_extra) - {EXTRA_FIELDS},
        keeps_extra_fields=bool(open_to_extra),
        computes=any(isinstance(one, CustomStreamMap) for one in own),
    )


def _is_identity(name: str, expression: str) -> bool:
    plain = expression.strip().replace('"', "'")
    return plain in {name, "self", f"record['{name}']", f"_['{name}']"}


class OutputColumns:
    """Reduces records to what may leave the stream.

    Attributes:
        shows_all: Whether every column leaves as it is.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        contract: SchemaContract,
        unwanted: Collection[str],
        effects: MapEffects,
    ) -> None:
        """Find what to remove, and tell the contract what it need not report.

        Args:
            columns: The stream's columns.
            contract: The stream's contract.
            unwanted: The columns that nobody selected.
            effects: What stream maps do to the columns.
        """
        unwanted = frozenset(unwanted)
        self.shows_all = not unwanted and effects == MapEffects()
        self._unwanted = unwanted
        given = [column for column in columns if not column.derived]
        ignored = unwanted | effects.removed
        self._secret_fields = frozenset(
            column.field for column in given if column.name in ignored | effects.hidden
        )
        contract.narrow(
            ignored={column.field for column in given if column.name in ignored},
            hidden=self._secret_fields,
            keeps_extra_fields=EXTRA_FIELDS not in unwanted and effects.keeps_extra_fields,
        )
        self._clears_extra_fields = not contract.keeps_values
        self._objects = [
            name
            for name in (
                *(column.name for column in columns if column.kind is Kind.OBJECT),
                EXTRA_FIELDS,
            )
            if effects.computes and name not in unwanted
        ]

    def reduce(self, records: list[JsonObject]) -> None:
        """Remove from records, in place, what must not leave."""
        self._reduce_extra_fields(records)
        for name in self._unwanted:
            for record in records:
                del record[name]
        for name in self._objects:
            for record in records:
                if record[name] is not None:
                    record[name] = make_computable(record[name])

    def _reduce_extra_fields(self, records: list[JsonObject]) -> None:
        if self._clears_extra_fields:
            for record in records:
                record[EXTRA_FIELDS] = None
        elif self._secret_fields:
            for record in records:
                if record[EXTRA_FIELDS]:
                    record[EXTRA_FIELDS] = self._without_secrets(record[EXTRA_FIELDS])

    def _without_secrets(self, extra: JsonObject) -> JsonObject | None:
        return {
            field: value for field, value in extra.items() if field not in self._secret_fields
        } or None

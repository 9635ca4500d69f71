"""Stream maps whose errors name the map, the stream and the column, and hold no value.

The SDK quotes an expression, which may contain a salt, and passes an error of Python on, whose
text may contain a message or a phone number.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from singer_sdk.mapper import CustomStreamMap, PluginMapper, RemoveRecordTransform
from typing_extensions import override

from tap_omnimessages.errors import StreamMapError
from tap_omnimessages.singer.map_checks import is_applied_to, is_extra

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable, Sequence

    from singer_sdk.mapper import StreamMap

_OTHER_TYPE = "a value is of another type, such as null: write `… if column else None`"
_HINTS = {
    "AttributeDoesNotExist": _OTHER_TYPE,
    "AttributeError": _OTHER_TYPE,
    "KeyError": "a name that the expression looks up is not there",
    "NameNotDefined": "it uses a name that the record does not have",
    "TypeError": _OTHER_TYPE,
    "ValueError": "a value has not the form that a function needs",
}


class _NoExpressions(logging.Filter):
    """Drops the SDK's lines that quote filters."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith(("Found '%s' filter rule", "Filter result for"))


_no_expressions = _NoExpressions()


class NamedStreamMap(CustomStreamMap):
    """A stream map that knows what the setting calls it.

    Attributes:
        key: Its name in `stream_maps`.
    """

    key: str

    @override
    def _eval(
        self,
        expr: str,
        expr_parsed: ast.Expr,
        record: dict[str, Any],
        property_name: str | None,
    ) -> str | int | float:
        try:
            result = super()._eval(expr, expr_parsed, record, property_name)
        except Exception as error:  # noqa: BLE001 - whatever an expression makes Python raise
            cause = type(error.__cause__ or error).__name__
            hint = f"; {_HINTS[cause]}" if cause in _HINTS else ""
            msg = (
                f"The stream map {self.key} cannot compute its column "
                f"{property_name or '__filter__'} for a record of {self.stream_name} "
                f"({cause}{hint}). The bookmark stays before the record."
            )
            raise StreamMapError(msg) from None
        # The result of a filter may be a value, which has no place in the SDK's log.
        return result if property_name else bool(result)

    @override
    def transform(self, record: dict[str, Any]) -> dict[str, Any] | None:
        mapped = super().transform(record)
        # Keys that the map has chosen itself are the user's affair.
        if mapped and self.transformed_key_properties == self.raw_key_properties:
            for key in self.raw_key_properties or ():
                if mapped.get(key) in (None, ""):
                    msg = (
                        f"The stream map {self.key} leaves a record of {self.stream_name} without "
                        f"its primary key {key}. No target could store it. The bookmark stays "
                        f"before it."
                    )
                    raise StreamMapError(msg)
        return mapped


class NamedMapper(PluginMapper):
    """Makes stream maps whose errors are sentences."""

    @override
    def register_raw_stream_schema(
        self, stream_name: str, schema: dict[str, Any], key_properties: Sequence[str] | None
    ) -> None:
        logging.getLogger("singer_sdk.mapper").addFilter(_no_expressions)
        try:
            super().register_raw_stream_schema(stream_name, schema, key_properties)
        except Exception as error:  # noqa: BLE001 - whatever a faulty map makes the SDK raise
            msg = (
                f"The stream maps or the flattening of {stream_name} cannot be set up "
                f"({type(error).__name__}): check stream_maps, faker_config and the settings that "
                f"begin with flattening_."
            )
            raise StreamMapError(msg) from None
        maps = self.stream_maps[stream_name]
        applied = {
            key: content
            for key, content in self.stream_maps_dict.items()
            if is_applied_to(stream_name, key, content)
        }
        # The SDK puts the map with the stream's own name first, and those with `__source__` behind.
        own = [key for key, content in applied.items() if not is_extra(content)][-1:]
        extra = [key for key, content in applied.items() if is_extra(content)]
        for stream_map, key in zip(maps, [*(own or [""]), *extra], strict=True):
            if isinstance(stream_map, CustomStreamMap):
                # The SDK makes the maps itself, of its own class.
                stream_map.__class__ = NamedStreamMap
                vars(stream_map)["key"] = key

    def check_output(self, streams: Iterable[str]) -> None:
        """Check that each stream goes out with its primary key, under a name of its own.

        Args:
            streams: The streams that are read.

        Raises:
            StreamMapError: Two have one name, or one has no name or no primary key.
        """
        names: set[str] = set()
        for stream_map in (one for stream in streams for one in self.stream_maps.get(stream, ())):
            if isinstance(stream_map, RemoveRecordTransform):
                continue
            name = stream_map.stream_alias
            if not isinstance(name, str) or not name.strip():
                msg = "An `__alias__` in stream_maps gives no name: write a text."
                raise StreamMapError(msg)
            if name in names:
                msg = (
                    f"The stream maps give two streams the name {name}, so a target would mix "
                    f"their rows: change an `__alias__` or the name of a map."
                )
                raise StreamMapError(msg)
            names.add(name)
            _check_keys(stream_map)


def _check_keys(stream_map: StreamMap) -> None:
    """Check that flattening has not renamed a key."""
    columns = stream_map.transformed_schema.get("properties", {})
    missing = [key for key in stream_map.transformed_key_properties or () if key not in columns]
    if missing:
        msg = (
            f"The stream {stream_map.stream_alias} would go out without its primary key "
            f"{' and '.join(missing)}: raise flattening_max_key_length, or keep the column."
        )
        raise StreamMapError(msg)

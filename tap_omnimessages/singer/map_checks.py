"""Check the setting `stream_maps` before anything is read: a map that does nothing hides nothing.

The SDK ignores a map for a stream that the tap does not have, and evaluates an expression only
when the first record comes.
"""

from __future__ import annotations

import ast
import importlib.util
from collections import Counter
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

from tap_omnimessages.records.columns import schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_omnimessages.singer.stream import IncrementalStream

_NOTHING = (None, "__NULL__")
_ELSE, _SOURCE, _ALIAS = "__else__", "__source__", "__alias__"
_FILTER, _KEYS = "__filter__", "__key_properties__"
_OPTIONS = (_ELSE, _SOURCE, _ALIAS, _FILTER, _KEYS)
# What an expression can use beside columns: names of the SDK, and its functions.
_NAMES = {"_", "record", "config", "__stream_name__", "__original_stream_name__", "fake"}
_FUNCTIONS = {"rand", "randint", "int", "float", "str", "md5", "sha256", "datetime", "bool", "json"}
_WORDS = {"None", "True", "False"}


def is_extra(content: Any) -> bool:  # noqa: ANN401 - whatever a setting holds
    """Return whether a map makes another stream beside its source."""
    return isinstance(content, dict) and _SOURCE in content


def is_applied_to(stream: str, name: str, content: Any) -> bool:  # noqa: ANN401
    """Return whether a map applies to a stream: its name, or its source, may be a pattern."""
    pattern = content[_SOURCE] if is_extra(content) else name
    return isinstance(pattern, str) and (stream == pattern or fnmatch(stream, pattern))


def find_map_errors(
    config: Mapping[str, Any], streams: Mapping[str, type[IncrementalStream]]
) -> Iterator[str]:
    """Check the stream maps, if there are any.

    Args:
        config: The settings; `stream_maps` and `stream_map_config` are objects.
        streams: The streams of the tap, by name.

    Yields:
        One sentence for each fault. It names the map and the column, and quotes no expression,
        because an expression may contain a salt.
    """
    maps = config.get("stream_maps") or {}
    variables = config.get("stream_map_config") or {}
    for name, content in maps.items():
        place = f"The setting stream_maps.{name}"
        if name == _ELSE:
            if content not in _NOTHING:
                yield f"{place} can only be null."
        elif content not in _NOTHING and not isinstance(content, dict):
            yield f"{place} is neither null nor an object of columns and expressions."
        elif not (sources := [s for s in streams if is_applied_to(s, name, content)]):
            option = ".__source__" if is_extra(content) else ""
            yield f"{place}{option} names no stream of this tap: use {', '.join(streams)}."
        elif isinstance(content, dict):
            own = {stream: streams[stream] for stream in sources}
            yield from _MapCheck(place, content, variables, own).errors()
    yield from _find_rivals(maps, streams)


def _find_rivals(maps: Mapping[str, Any], streams: Mapping[str, Any]) -> Iterator[str]:
    """Find maps of which the SDK would use only the last."""
    own = {
        name: [stream for stream in streams if is_applied_to(stream, name, content)]
        for name, content in maps.items()
        if not is_extra(content)
    }
    counts = Counter(stream for sources in own.values() for stream in sources)
    for stream in (stream for stream, count in counts.items() if count > 1):
        names = [f"stream_maps.{name}" for name, sources in own.items() if stream in sources]
        yield (
            f"The settings {' and '.join(names)} both apply to {stream}, and only one of them "
            f"would be used: write one map for each stream."
        )


class _MapCheck:
    """Checks one map."""

    def __init__(
        self,
        place: str,
        content: Mapping[str, Any],
        variables: Mapping[str, Any],
        streams: Mapping[str, type[IncrementalStream]],
    ) -> None:
        self._place = place
        self._content = content
        self._variables = variables
        self._streams = streams
        self._columns_of = {
            name: schema_of(stream.columns, stream.primary_keys)["properties"].keys()
            for name, stream in streams.items()
        }
        self._columns = {name for columns in self._columns_of.values() for name in columns}
        self._sources = " and ".join(streams)

    def errors(self) -> Iterator[str]:
        """Yield one sentence for each fault."""
        for name, value in self._content.items():
            place = f"{self._place}.{name}"
            if name in _OPTIONS:
                yield from self._find_option_errors(place, name, value)
            elif value in _NOTHING:
                if name not in self._columns:
                    yield f"{place} removes a column that {self._sources} does not have."
            elif isinstance(value, str):
                yield from self._find_expression_errors(place, name, value)
            else:
                yield f"{place} is neither null nor a text with an expression."
        yield from self._find_key_errors()

    def _find_option_errors(self, place: str, name: str, value: Any) -> Iterator[str]:  # noqa: ANN401
        if name == _ELSE:
            if value not in _NOTHING:
                yield f"{place} can only be null."
        elif name == _KEYS:
            is_list = isinstance(value, list) and all(isinstance(key, str) for key in value)
            if value is not None and not is_list:
                yield f"{place} is neither null nor a list of columns."
        elif not isinstance(value, str) or not value.strip():
            yield f"{place} is not a text."
        elif name == _FILTER:
            yield from self._find_expression_errors(place, name, value)
        elif name == _ALIAS and _SOURCE in self._content:
            yield f"{place} has no use beside `__source__`: the map's own name names the stream."

    def _find_key_errors(self) -> Iterator[str]:
        has_rest = self._content.get(_ELSE, "") not in _NOTHING
        for name, stream in self._streams.items():
            keys = self._content.get(_KEYS, stream.primary_keys)
            for key in _texts_in(keys):
                kept = key in self._columns_of[name] and has_rest
                if self._content.get(key, kept or None) not in _NOTHING:
                    continue
                if key not in self._columns:
                    # Whatever is no column may be a secret in the wrong place.
                    yield f"{self._place}.{_KEYS} names a column that the map does not write."
                    continue
                yield (
                    f"{self._place} leaves out {key}, a primary key of {name}, so a target could "
                    f"not tell rows apart: keep it, or name other keys in `__key_properties__`."
                )

    def _find_expression_errors(self, place: str, column: str, text: str) -> Iterator[str]:
        try:
            body = ast.parse(text).body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            body = []
        if len(body) != 1 or not isinstance(body[0], ast.Expr):
            yield f"{place} is not an expression that can be computed."
            return
        nodes = list(ast.walk(body[0]))
        known = self._columns | _NAMES | _FUNCTIONS | _WORDS
        known |= {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        if column in self._columns:
            known.add("self")
        used = {node.id for node in nodes if isinstance(node, ast.Name)}
        for name in sorted(used - known):
            yield f"{place} uses {name}, which is no column of {self._sources}."
        if "fake" in used and not importlib.util.find_spec("faker"):
            yield f"{place} uses fake, which needs the package faker beside the tap."
        for name in sorted(set(_variables_in(nodes))):
            if self._variables.get(name) in (None, ""):
                yield (
                    f"{place} uses the variable {name}, which is not set: set "
                    f"stream_map_config.{name}."
                )


def _texts_in(keys: Any) -> list[str]:  # noqa: ANN401 - whatever a setting holds
    """Return the texts of a list; what is none has a sentence already."""
    return [key for key in keys if isinstance(key, str)] if isinstance(keys, list | tuple) else []


def _variables_in(nodes: list[ast.AST]) -> Iterator[str]:
    """Yield the variables of `stream_map_config` that an expression names."""
    for node in nodes:
        match node:
            case ast.Subscript(value=ast.Name(id="config"), slice=ast.Constant(value=str(name))):
                yield name
            case ast.Attribute(value=ast.Name(id="config"), attr=name) if not hasattr(dict, name):
                yield name

"""Read a catalog, and keep what a stream needs where the catalog says otherwise."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib import Catalog
from singer_sdk.singerlib.catalog import (
    REPLICATION_INCREMENTAL,
    Metadata,
    StreamMetadata,
)

from tap_omnimessages.errors import CatalogError
from tap_omnimessages.singer.config import quote_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from singer_sdk.singerlib import CatalogEntry

_NO_CATALOG = "The file given with --catalog is not a Singer catalog: run --discover again."
_METHODS = ("replication-method", "forced-replication-method")


def read_catalog(content: Mapping[str, Any]) -> Catalog:
    """Read a catalog.

    Args:
        content: The JSON object of the catalog.

    Returns:
        The catalog; each entry's replication method is the one that a user has set in any place.

    Raises:
        CatalogError: The SDK cannot read it, or would misread it.
    """
    try:
        streams = [
            {**stream, "metadata": stream.get("metadata") or []} for stream in _listed(content)
        ]
        for stream in streams:
            stream["replication_method"] = _find_method(stream)
        _check_selection(streams)
        catalog = Catalog.from_dict({"streams": streams})
    except CatalogError:
        raise
    except Exception:  # noqa: BLE001 - whatever a malformed entry makes the SDK raise
        raise CatalogError(_NO_CATALOG) from None
    counts = Counter(str(stream["tap_stream_id"]) for stream in streams)
    if twice := [name for name, count in counts.items() if count > 1]:
        msg = f"The catalog has {quote_names(twice)} more than once: remove the other entries."
        raise CatalogError(msg)
    return catalog


def _listed(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    streams = content["streams"]
    if not isinstance(streams, list):
        raise TypeError
    return streams


def _root(stream: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the metadata of the stream itself."""
    return next((entry["metadata"] for entry in stream["metadata"] if not entry["breadcrumb"]), {})


def _find_method(stream: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever the catalog holds
    """Return the replication method that a user has set, wherever that is.

    Discovery writes INCREMENTAL beside the metadata, so another method in any place was set.
    """
    root = _root(stream)
    methods = [stream.get("replication_method"), *(root.get(name) for name in _METHODS)]
    chosen = [method for method in methods if method]
    others = [method for method in chosen if method != REPLICATION_INCREMENTAL]
    return next(iter([*others, *chosen]), None)


def _check_selection(streams: Iterable[Mapping[str, Any]]) -> None:
    """Check that what selects is true or false: the SDK takes the text "false" for true."""
    for stream in streams:
        for entry in stream["metadata"]:
            for name in ("selected", "selected-by-default"):
                if not isinstance(entry["metadata"].get(name), bool | None):
                    place = quote_names([stream["tap_stream_id"], *entry["breadcrumb"][-1:]])
                    msg = f"The catalog's `{name}` of {place} is neither true nor false."
                    raise CatalogError(msg)


def keep_keys(
    entry: CatalogEntry, name: str, primary_keys: Sequence[str], replication_key: str
) -> None:
    """Write a stream's own keys into its entry of the catalog.

    Without its primary key, a target would append rows instead of updating them.

    Args:
        entry: The stream's entry, which is changed.
        name: The name of the stream.
        primary_keys: Its primary keys.
        replication_key: Its replication key.

    Raises:
        CatalogError: The entry names other keys, or another name of the stream.
    """
    if entry.stream not in (None, "", name):
        msg = (
            f"The catalog renames the stream {name}: remove its `stream`, and rename it with "
            f"`__alias__` in stream_maps."
        )
        raise CatalogError(msg)
    if () not in entry.metadata:
        entry.metadata[()] = StreamMetadata(selected=True)
    root = entry.metadata.root
    for key in (entry.replication_key, root.replication_key):
        if key not in (None, "", replication_key):
            msg = (
                f"The catalog names {quote_names([key])} as the replication key of {name}, which "
                f"must be {replication_key}: correct `replication-key`, or run --discover again."
            )
            raise CatalogError(msg)
    for keys in (entry.key_properties, root.table_key_properties):
        named = list(keys) if isinstance(keys, list | tuple) else keys
        if named and named != list(primary_keys):
            msg = (
                f"The catalog names other primary keys of {name} than "
                f"{' and '.join(primary_keys)}: correct `key_properties` and "
                f"`table-key-properties`, or run --discover again. To give a target other keys, "
                f"set `__key_properties__` in stream_maps."
            )
            raise CatalogError(msg)
    entry.stream = name
    entry.key_properties = root.table_key_properties = list(primary_keys)
    entry.replication_key = root.replication_key = replication_key
    for key in (*primary_keys, replication_key):
        # Whatever the catalog says, no loader can do without a key.
        entry.metadata[("properties", key)].inclusion = Metadata.InclusionType.AUTOMATIC

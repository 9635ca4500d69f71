"""Find changes of the catalog that break existing tables.

A target keeps its tables. A column that is removed or changes its type breaks the load, and a key
that changes duplicates rows. Such a change needs a version that announces it.
"""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_KEYS = ("key_properties", "replication_key")


def breaking_changes(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return a sentence for each stream, key or column that is removed or changed.

    Args:
        old: A Singer catalog.
        new: The catalog that replaces it. New streams and columns, and a column that becomes
            nullable or stops being nullable, break nothing.
    """
    streams = {stream["tap_stream_id"]: stream for stream in new["streams"]}
    sentences: list[str] = []
    for stream in old["streams"]:
        name = stream["tap_stream_id"]
        if name in streams:
            sentences += _changes_of(name, stream, streams[name])
        else:
            sentences.append(f"The stream {name} is gone.")
    return sentences


def _changes_of(name: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for key in _KEYS:
        if old.get(key) != new.get(key):
            yield f"{name}: {key} was {old.get(key)} and is {new.get(key)}."
    columns = new["schema"]["properties"]
    for column, schema in old["schema"]["properties"].items():
        if column not in columns:
            yield f"{name}: the column {column} is gone."
        elif _kind(schema) != _kind(columns[column]):
            yield f"{name}: {column} was {_kind(schema)} and is {_kind(columns[column])}."


def _kind(schema: dict[str, Any]) -> str:
    """Describe a column's type as far as a table depends on it."""
    types = schema.get("type", [])
    named = {types} if isinstance(types, str) else set(types)
    inner = f" of {_kind(schema['items'])}" if "items" in schema else ""
    form = f" ({schema['format']})" if "format" in schema else ""
    return "/".join(sorted(named - {"null"})) + inner + form


def announces_a_break(old: str, new: str) -> bool:
    """Return whether a version may break what an older one promised.

    Args:
        old: The older version, such as 1.2.3.
        new: A later version. It may break things if its first number is greater (before 1.0.0, its
            second number).
    """
    before, after = (tuple(map(int, version.split(".")[:2])) for version in (old, new))
    return after[0] > before[0] or (after[0] == 0 and after > before)


def last_release(version: str, root: Path) -> str | None:
    """Return the version of the newest release tag behind HEAD, other than this version's own.

    Args:
        version: The version about to be released.
        root: A git checkout with its tags.

    Returns:
        The version, such as 1.2.3; None before the first release.
    """
    tags = _git(root, "tag", "--list", "v*", "--merged", "HEAD", "--sort=-version:refname")
    released = [tag.removeprefix("v") for tag in tags.split() if tag != f"v{version}"]
    return released[0] if released else None


def catalog_of(version: str, root: Path) -> dict[str, Any]:
    """Return the catalog of a release.

    Args:
        version: The release, such as 1.2.3.
        root: A git checkout with its tags.
    """
    catalog: dict[str, Any] = json.loads(_git(root, "show", f"v{version}:catalog.json"))
    return catalog


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout

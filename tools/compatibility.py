"""Find what a new catalog takes away from those who have loaded data by an old one.

A target keeps the tables that it has made: a column that goes, or changes its type, breaks it, and
a key that changes doubles rows. Such a change needs a version that says so.
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
    """Give a sentence for each stream, key or column that goes or changes.

    Args:
        old: A Singer catalog.
        new: The catalog that replaces it. Streams and columns may have been added, and a column may
            have become nullable or stopped being so.
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
    """Tell whether a version may break what an older one promised.

    Args:
        old: Such as 1.2.3.
        new: A later version: its first number is greater, or the second one before 1.0.0.
    """
    before, after = (tuple(map(int, version.split(".")[:2])) for version in (old, new))
    return after[0] > before[0] or (after[0] == 0 and after > before)


def last_release(version: str, root: Path) -> str | None:
    """Give the version of the newest release tag that HEAD follows, other than this version's own.

    Args:
        version: The version about to be released.
        root: A git checkout with its tags.

    Returns:
        Such as 1.2.3; None before the first release.
    """
    tags = _git(root, "tag", "--list", "v*", "--merged", "HEAD", "--sort=-version:refname")
    released = [tag.removeprefix("v") for tag in tags.split() if tag != f"v{version}"]
    return released[0] if released else None


def catalog_of(version: str, root: Path) -> dict[str, Any]:
    """Give the catalog that a release held.

    Args:
        version: Such as 1.2.3.
        root: A git checkout with its tags.
    """
    catalog: dict[str, Any] = json.loads(_git(root, "show", f"v{version}:catalog.json"))
    return catalog


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout

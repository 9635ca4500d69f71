"""What a catalog may change, and what it may not: never the primary key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import KEYS, STREAMS, catalog_of, extract, keys_of, settings_of, truth

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from omnimessages_sandbox import Sandbox
    from tests.support import Extraction

_STREAM = "antbuddy_sessions"
_REPLICATION_KEYS = {
    "antbuddy_messages": "created_time",
    "antbuddy_sessions": "created_at",
    "etelecom_zns_messages": "created_at",
}


def _changed(change: Callable[[dict[str, Any], dict[str, Any]], object]) -> dict[str, Any]:
    """Give the discovered catalog, changed by a function of each entry and its root metadata."""
    catalog: dict[str, Any] = json.loads(json.dumps(catalog_of()))
    for entry in catalog["streams"]:
        change(entry, _root(entry))
    return catalog


def _root(entry: dict[str, Any]) -> dict[str, Any]:
    found = (item for item in entry["metadata"] if not item["breadcrumb"])
    metadata: dict[str, Any] = next(found)["metadata"]
    return metadata


def _metadata(entry: dict[str, Any], column: str) -> dict[str, Any]:
    found = (item for item in entry["metadata"] if item["breadcrumb"][-1:] == [column])
    metadata: dict[str, Any] = next(found)["metadata"]
    return metadata


def _assert_own_keys(run: Extraction) -> None:
    assert run.error is None
    schemas = {item["stream"]: item for item in run.messages if item["type"] == "SCHEMA"}
    for stream, item in schemas.items():
        assert item["key_properties"] == [KEYS[stream]]
        assert item["bookmark_properties"] == [_REPLICATION_KEYS[stream]]
        assert {KEYS[stream], _REPLICATION_KEYS[stream]} <= item["schema"]["properties"].keys()


def _deselect_key(entry: dict[str, Any], inclusion: str) -> None:
    for column in (KEYS[entry["tap_stream_id"]], _REPLICATION_KEYS[entry["tap_stream_id"]]):
        _metadata(entry, column).update(inclusion=inclusion, selected=False)


_HARMLESS: dict[str, Callable[[dict[str, Any], dict[str, Any]], object]] = {
    "no key_properties": lambda entry, _: entry.pop("key_properties"),
    "empty key_properties": lambda entry, _: entry.update(key_properties=[]),
    "null key_properties": lambda entry, _: entry.update(key_properties=None),
    "no key anywhere": lambda entry, root: (
        entry.pop("key_properties"),
        root.pop("table-key-properties"),
    ),
    "empty keys everywhere": lambda entry, root: (
        entry.update(key_properties=[]),
        root.update({"table-key-properties": []}),
    ),
    "no replication key": lambda entry, root: (
        entry.pop("replication_key"),
        root.pop("replication-key"),
    ),
    "no name of the stream": lambda entry, _: entry.pop("stream"),
    "an empty name of the stream": lambda entry, _: entry.update(stream=None),
    "a deselected key": lambda entry, _: _deselect_key(entry, "available"),
    "an unsupported key": lambda entry, _: _deselect_key(entry, "unsupported"),
    "no metadata": lambda entry, _: entry.update(metadata=[]),
    "null as metadata": lambda entry, _: entry.update(metadata=None),
    "no metadata of the stream": lambda entry, root: entry.update(
        metadata=[item for item in entry["metadata"] if item["metadata"] is not root]
    ),
}


@pytest.mark.parametrize("change", _HARMLESS)
def test_a_stream_keeps_its_own_keys_whatever_the_catalog_leaves_out(
    change: str, sandbox: Sandbox
) -> None:
    run = extract(settings_of(sandbox), catalog=_changed(_HARMLESS[change]))
    _assert_own_keys(run)
    assert keys_of(run) == truth(sandbox)


def test_a_stream_keeps_its_own_keys_with_stream_maps_and_in_batch_files(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    catalog = _changed(_HARMLESS["empty keys everywhere"])
    maps = {"etelecom_zns_messages": {"phone": "md5(phone)"}, "*_sessions": {"more": "page_id"}}
    encoding = {"format": "jsonl", "compression": "gzip"}
    for changes in (
        {"stream_maps": maps},
        {"batch_config": {"encoding": encoding, "storage": {"root": tmp_path.as_uri()}}},
        {"flattening_enabled": True, "flattening_max_depth": 1},
    ):
        _assert_own_keys(extract(settings_of(sandbox, **changes), catalog=catalog))


def test_a_map_may_choose_other_keys(sandbox: Sandbox) -> None:
    maps = {
        "antbuddy_messages": {"__key_properties__": ["digest"], "digest": "md5(id)", "id": None},
        "antbuddy_sessions": {"__key_properties__": []},
        "notifications": {
            "__source__": "etelecom_zns_messages",
            "__key_properties__": ["phone", "id"],
        },
    }
    run = extract(settings_of(sandbox, stream_maps=maps), catalog=catalog_of())
    assert run.error is None
    keys = {m["stream"]: m["key_properties"] for m in run.messages if m["type"] == "SCHEMA"}
    assert keys == {
        "antbuddy_messages": ["digest"],
        "antbuddy_sessions": [],
        "etelecom_zns_messages": ["id"],
        "notifications": ["phone", "id"],
    }


_REFUSED: dict[str, tuple[Callable[[dict[str, Any], dict[str, Any]], object], str]] = {
    "another primary key": (
        lambda entry, _: entry.update(key_properties=["page_id"]),
        "names other primary keys of",
    ),
    "one more primary key": (
        lambda entry, _: entry.update(key_properties=[*entry["key_properties"], "created_at"]),
        "names other primary keys of",
    ),
    "another key in the metadata": (
        lambda entry, root: (
            entry.pop("key_properties"),
            root.update({"table-key-properties": ["page_id"]}),
        ),
        "names other primary keys of",
    ),
    "a text as the primary key": (
        lambda entry, _: entry.update(key_properties="id"),
        "names other primary keys of",
    ),
    "another replication key in the metadata": (
        lambda _, root: root.update({"replication-key": "page_id"}),
        "names page_id as the replication key of",
    ),
    "a list as the replication key": (
        lambda entry, _: entry.update(replication_key=["created_at"]),
        "as the replication key of",
    ),
    "another name of the stream": (
        lambda entry, _: entry.update(stream="talks"),
        "renames the stream",
    ),
    "an unknown method": (
        lambda _, root: root.update({"replication-method": "LOG_BASED"}),
        "use INCREMENTAL or FULL_TABLE",
    ),
    "a forced unknown method": (
        lambda _, root: root.update({"forced-replication-method": "full_table"}),
        "use INCREMENTAL or FULL_TABLE",
    ),
    "a text that selects": (
        lambda _, root: root.update(selected="false"),
        "is neither true nor false",
    ),
    "a text that selects a column": (
        lambda entry, _: _metadata(entry, "page_id").update(selected="no"),
        "is neither true nor false",
    ),
}


@pytest.mark.parametrize("change", _REFUSED)
def test_what_a_stream_cannot_do_is_refused_in_one_sentence(change: str, sandbox: Sandbox) -> None:
    def change_one(entry: dict[str, Any], root: dict[str, Any]) -> None:
        if entry["tap_stream_id"] == _STREAM:
            _REFUSED[change][0](entry, root)

    run = extract(settings_of(sandbox), catalog=_changed(change_one))
    assert not run.messages
    assert _REFUSED[change][1] in str(run.error)
    assert _STREAM in str(run.error)


def test_a_stream_that_is_there_twice_is_refused(sandbox: Sandbox) -> None:
    catalog = catalog_of()
    catalog["streams"].append(catalog["streams"][0])
    run = extract(settings_of(sandbox), catalog=catalog)
    assert "The catalog has antbuddy_messages more than once" in str(run.error)


@pytest.mark.parametrize("place", ["entry", "replication-method", "forced-replication-method"])
@pytest.mark.parametrize("alone", [True, False])
def test_a_replication_method_counts_wherever_it_is_set(
    place: str,
    alone: bool,  # noqa: FBT001
    sandbox: Sandbox,
) -> None:
    def change(entry: dict[str, Any], root: dict[str, Any]) -> None:
        if alone:
            entry.pop("replication_method", None)
        if place == "entry":
            entry["replication_method"] = "FULL_TABLE"
        else:
            root[place] = "FULL_TABLE"

    run = extract(settings_of(sandbox), catalog=_changed(change))
    assert run.error is None
    assert keys_of(run) == truth(sandbox)
    # A stream that is read completely each time has no bookmark.
    assert not any(run.bookmark(stream) for stream in STREAMS)


def test_a_stream_that_the_tap_does_not_have_is_named(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    catalog = catalog_of()
    entry = next(e for e in catalog["streams"] if e["tap_stream_id"] == _STREAM)
    entry["tap_stream_id"] = entry["stream"] = "antbuddy_sesions"
    run = extract(settings_of(sandbox), catalog=catalog)
    assert run.error is None
    assert "The catalog has streams that this tap does not have: antbuddy_sesions." in caplog.text


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"streams": None},
        {"streams": {}},
        {"streams": [None]},
        {"streams": [{"stream": _STREAM}]},
        {"streams": [{"tap_stream_id": _STREAM, "metadata": {"selected": True}}]},
        {"streams": [{"tap_stream_id": _STREAM, "metadata": [{"breadcrumb": []}]}]},
        {"streams": [{"tap_stream_id": _STREAM, "schema": {"properties": {"a": 5}}}]},
        {"bookmarks": {}},
    ],
)
def test_what_is_no_catalog_is_refused(content: dict[str, Any], sandbox: Sandbox) -> None:
    run = extract(settings_of(sandbox), catalog=content or {"streams": 5})
    assert "is not a Singer catalog" in str(run.error)

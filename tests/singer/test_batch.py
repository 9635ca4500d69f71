"""BATCH mode: files instead of RECORD messages, and no STATE ahead of them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.support import KEYS, STREAMS, catalog_of, extract, settings_of, truth

if TYPE_CHECKING:
    from omnimessages_sandbox import Sandbox


def test_no_state_runs_ahead_of_the_batch_files(sandbox: Sandbox, tmp_path: Path) -> None:
    batch = {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": tmp_path.as_uri()},
        "batch_size": 70,
    }
    settings = settings_of(sandbox, antbuddy_window_days=5, etelecom_window_days=5)
    run = extract({**settings, "batch_config": batch})
    assert run.error is None
    written: dict[str, set[str]] = {stream: set() for stream in STREAMS}
    plain = extract(settings)
    times = {"antbuddy_sessions": "created_at", "etelecom_zns_messages": "updated_at"}
    for item in run.messages:
        if item["type"] == "BATCH":
            for url in item["manifest"]:
                with gzip.open(Path(urlsplit(url).path), "rt", encoding="utf-8") as lines:
                    records = [json.loads(line) for line in lines]
                written[item["stream"]] |= {r[KEYS[item["stream"]]] for r in records}
        if item["type"] == "STATE":
            for stream, column in times.items():
                bookmark = item["value"]["bookmarks"].get(stream, {})
                high_watermark = bookmark.get("replication_key_value", "")
                due = {k for k, r in plain.table(stream).items() if r[column] <= high_watermark}
                assert due <= written[stream]
    assert written == truth(sandbox)
    assert run.state == plain.state


def test_batch_files_hold_what_is_selected_and_mapped_and_nothing_else(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    batch = {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": tmp_path.as_uri()},
    }
    catalog = catalog_of()
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"][-1:] == ["phone"]:
                entry["metadata"]["selected"] = False
    maps = {"antbuddy_messages": {"text": "md5(id)"}}
    settings = settings_of(sandbox, batch_config=batch, stream_maps=maps)
    run = extract(settings, catalog=catalog)
    assert run.error is None
    for item in run.messages:
        for url in item.get("manifest", ()):
            with gzip.open(Path(urlsplit(url).path), "rt", encoding="utf-8") as lines:
                for line in lines:
                    record = json.loads(line)
                    assert set(record) == set(run.schemas[item["stream"]]["properties"])
                    assert "phone" not in record
                    assert "text" not in record or len(record["text"]) == 32

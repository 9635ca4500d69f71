"""Write what the dbt package takes from the tap: its staging models and their descriptions.

`python -m tools.transform` writes the files in `transform/models/staging` from `catalog.json`, the
tap's declarations.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "transform" / "models" / "staging"

_COMMAND = "python -m tools.transform"
_STREAMS = {
    "antbuddy_sessions": "AntBuddy's sessions, without their messages.",
    "antbuddy_messages": "AntBuddy's messages, each with the ids of its session.",
    "etelecom_zns_messages": "eTelecom's ZNS notifications, with delivery, cost and rating.",
}
# The package's word for a JSON type; a text with the format of a time is a time.
_KINDS = {
    "string": "text",
    "integer": "integer",
    "boolean": "boolean",
    "object": "object",
    "array": "strings",
}
# What a staging model changes in a column, beyond its type.
_CHANGES = {
    "rate": "Here null instead of 0.",
    "delivery_status": "Here in lower case.",
    "feedback": "Here JSON in every warehouse.",
}
_ACCOUNT = "The schema that the loader filled; each account has one."
# Values that the documents name. The APIs may send others, so these tests warn.
_ACCEPTED = {
    ("antbuddy_messages", "direction"): ["inbound", "outbound"],
    ("etelecom_zns_messages", "delivery_status"): ["unknown", "received", "seen"],
    ("etelecom_zns_messages", "status"): ["Z", "P", "N"],
    ("etelecom_zns_messages", "type"): ["unknown", "template", "journey", "uid"],
}

# A wrong zone puts many rows into the future, a wrong clock a few.
_FUTURE = {"warn_if": "> 0", "error_if": "> 10"}

JsonObject = dict[str, Any]


def files() -> dict[Path, str]:
    """Return the text of each file, by its path."""
    catalog = json.loads((ROOT / "catalog.json").read_text(encoding="utf-8"))
    found = {stream["tap_stream_id"]: stream for stream in catalog["streams"]}
    streams = [found[name] for name in _STREAMS]
    return {
        **{FOLDER / f"stg_{stream['tap_stream_id']}.sql": _model(stream) for stream in streams},
        FOLDER / "_sources.yml": _yaml({"version": 2, "sources": [_source(streams)]}),
        FOLDER / "_staging.yml": _yaml({"version": 2, "models": [*map(_properties, streams)]}),
    }


def _columns(stream: JsonObject) -> dict[str, JsonObject]:
    columns: dict[str, JsonObject] = stream["schema"]["properties"]
    return columns


def _kind(schema: JsonObject) -> str:
    (name,) = {*schema["type"]} - {"null"}
    return "time" if schema.get("format") == "date-time" else _KINDS[name]


def _model(stream: JsonObject) -> str:
    lines = "".join(f"    '{name}': '{_kind(s)}',\n" for name, s in _columns(stream).items())
    call = f"omnimessages.stage('{stream['tap_stream_id']}', {{\n{lines}}})"
    return f"-- Made by `{_COMMAND}`: do not edit.\n{{{{ {call} }}}}\n"


def _source(streams: list[JsonObject]) -> JsonObject:
    first = "env_var('OMNIMESSAGES_SCHEMAS', 'omnimessages').split(',')[0]"
    return {
        "name": "omnimessages",
        "description": "The tables that a loader fills from tap-omnimessages.",
        "schema": f"{{{{ {first} }}}}",
        "tables": [
            {
                "name": stream["tap_stream_id"],
                "description": _STREAMS[stream["tap_stream_id"]],
                "columns": [
                    {"name": name, "description": schema["description"]}
                    for name, schema in _columns(stream).items()
                ],
            }
            for stream in streams
        ],
    }


def _properties(stream: JsonObject) -> JsonObject:
    name = stream["tap_stream_id"]
    columns: list[JsonObject] = [{"name": "account", "description": _ACCOUNT}]
    for column, schema in _columns(stream).items():
        columns.append(_column(stream, column, schema["description"]))
        if _kind(schema) == "time":
            meaning = f"The day of `{column}` in the variable `timezone`."
            columns.append({"name": f"{column.rsplit('_', 1)[0]}_day", "description": meaning})
    return {
        "name": f"stg_{name}",
        "description": f"{_STREAMS[name]} All accounts; times with their zone.",
        "data_tests": [
            {"unique_together": {"arguments": {"columns": ["account", *stream["key_properties"]]}}},
            {
                "fresh": {
                    "arguments": {"moment": stream["replication_key"]},
                    "config": {"severity": "warn", "tags": ["freshness"]},
                }
            },
        ],
        "columns": columns,
    }


def _column(stream: JsonObject, name: str, description: str) -> JsonObject:
    tests: list[Any] = ["not_null"] if name in stream["key_properties"] else []
    if name == stream["replication_key"]:
        tests.append({"not_in_the_future": {"config": {**_FUTURE}}})
    if values := _ACCEPTED.get((stream["tap_stream_id"], name)):
        tests.append({"accepted_values": _warning(values=values)})
    if name == "rate":
        tests.append({"within": _warning(lowest=1, highest=5)})
    column = {
        "name": name,
        "description": " ".join(filter(None, [description, _CHANGES.get(name)])),
    }
    return {**column, "data_tests": tests} if tests else column


def _warning(**arguments: Any) -> JsonObject:  # noqa: ANN401 - a test takes any JSON
    return {"arguments": arguments, "config": {"severity": "warn"}}


def _yaml(content: JsonObject) -> str:
    lines: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
    return f"# Made by `{_COMMAND}`: do not edit.\n{lines}"


def main() -> None:
    """Write the files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""Write what the dbt package takes from the tap: its staging models and their descriptions.

`python -m tools.transform` writes the files in `transform/models/staging`.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

from tap_omnimessages.providers.antbuddy.streams import AntBuddyMessages, AntBuddySessions
from tap_omnimessages.providers.etelecom.streams import EtelecomZnsMessages
from tap_omnimessages.records.columns import EXTRA_FIELDS, Column, schema_of
from tap_omnimessages.records.kinds import Kind
from tap_omnimessages.singer.stream import IncrementalStream

FOLDER = Path(__file__).resolve().parent.parent / "transform" / "models" / "staging"

_COMMAND = "python -m tools.transform"
_STREAMS: tuple[type[IncrementalStream], ...] = (
    AntBuddySessions,
    AntBuddyMessages,
    EtelecomZnsMessages,
)
_KINDS = {
    Kind.ID: "text",
    Kind.STRING: "text",
    Kind.INTEGER: "integer",
    Kind.BOOLEAN: "boolean",
    Kind.TIMESTAMP: "time",
    Kind.OBJECT: "object",
    Kind.STRINGS: "strings",
}
# What a staging model changes in a column, beyond its type.
_CHANGES = {
    "rate": "Here null instead of 0.",
    "delivery_status": "Here in lower case.",
    "feedback": "Here JSON in every warehouse.",
}
_ACCOUNT = {
    "name": "account",
    "description": "The schema that the loader filled; each account has one.",
}
_WARNING: dict[str, Any] = {"config": {"severity": "warn"}}
# Values that the documents or the invented account know. The APIs may send others, so these warn.
_ACCEPTED = {
    ("antbuddy_messages", "direction"): ["inbound", "outbound"],
    ("etelecom_zns_messages", "delivery_status"): ["unknown", "received", "seen"],
    ("etelecom_zns_messages", "status"): ["Z", "P", "N"],
    ("etelecom_zns_messages", "type"): ["unknown", "template", "journey", "uid"],
}


def files() -> dict[Path, str]:
    """Return the text of each file, by its path."""
    models = {FOLDER / f"stg_{stream.name}.sql": _model(stream) for stream in _STREAMS}
    return {
        **models,
        FOLDER / "_sources.yml": _yaml({"version": 2, "sources": [_source()]}),
        FOLDER / "_staging.yml": _yaml(
            {"version": 2, "models": [_properties(stream) for stream in _STREAMS]}
        ),
    }


def _model(stream: type[IncrementalStream]) -> str:
    kinds = {column.name: _KINDS[column.kind] for column in stream.columns}
    kinds[EXTRA_FIELDS] = "object"
    lines = "".join(f"    '{name}': '{kind}',\n" for name, kind in kinds.items())
    return (
        f"-- Made by `{_COMMAND}`: do not edit.\n"
        f"{{{{ omnimessages.stage('{stream.name}', {{\n{lines}}}) }}}}\n"
    )


def _source() -> dict[str, Any]:
    first = "env_var('OMNIMESSAGES_SCHEMAS', 'omnimessages').split(',')[0]"
    return {
        "name": "omnimessages",
        "description": "The tables that a loader fills from tap-omnimessages.",
        "schema": f"{{{{ {first} }}}}",
        "tables": [
            {
                "name": stream.name,
                "description": _first_line(stream),
                "columns": [
                    {"name": name, "description": schema["description"]}
                    for name, schema in _schemas(stream).items()
                ],
            }
            for stream in _STREAMS
        ],
    }


def _properties(stream: type[IncrementalStream]) -> dict[str, Any]:
    keys = [_ACCOUNT["name"], *stream.primary_keys]
    columns: list[dict[str, Any]] = [dict(_ACCOUNT)]
    kinds = {column.name: column for column in stream.columns}
    for name, schema in _schemas(stream).items():
        columns.append(_column(stream, name, schema["description"]))
        if name in kinds and kinds[name].kind is Kind.TIMESTAMP:
            day = name.rsplit("_", 1)[0] + "_day"
            columns.append(
                {"name": day, "description": f"The day of `{name}` in the variable `timezone`."}
            )
    return {
        "name": f"stg_{stream.name}",
        "description": f"{_first_line(stream)} All accounts; times with their zone.",
        "data_tests": [
            {"unique_together": {"arguments": {"columns": keys}}},
            {
                "fresh": {
                    "arguments": {"moment": stream.replication_key},
                    "config": {"severity": "warn", "tags": ["freshness"]},
                }
            },
        ],
        "columns": columns,
    }


def _column(stream: type[IncrementalStream], name: str, description: str) -> dict[str, Any]:
    told = f"{description} {_CHANGES[name]}" if name in _CHANGES else description
    column: dict[str, Any] = {"name": name, "description": told}
    tests: list[Any] = ["not_null"] if name in stream.primary_keys else []
    if name == stream.replication_key:
        tests.append("not_in_the_future")
    if values := _ACCEPTED.get((stream.name, name)):
        tests.append(
            {"accepted_values": {"arguments": {"values": values}, **copy.deepcopy(_WARNING)}}
        )
    if name == "rate":
        tests.append(
            {"within": {"arguments": {"lowest": 1, "highest": 5}, **copy.deepcopy(_WARNING)}}
        )
    return {**column, "data_tests": tests} if tests else column


def _schemas(stream: type[IncrementalStream]) -> dict[str, dict[str, Any]]:
    columns: list[Column] = list(stream.columns)
    properties: dict[str, dict[str, Any]] = schema_of(columns, stream.primary_keys)["properties"]
    return properties


def _first_line(stream: type[IncrementalStream]) -> str:
    return (stream.__doc__ or "").splitlines()[0]


def _yaml(content: dict[str, Any]) -> str:
    lines: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
    return f"# Made by `{_COMMAND}`: do not edit.\n{lines}"


def main() -> None:
    """Write the files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

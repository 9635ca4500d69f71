"""README.md and meltano.yml say what the code says."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tap_omnimessages.antbuddy.streams import AntBuddyMessages, AntBuddySessions
from tap_omnimessages.etelecom.streams import EtelecomZnsMessages
from tap_omnimessages.fields import EXTRA_FIELDS, Kind
from tap_omnimessages.settings import COMMON_SETTINGS
from tap_omnimessages.tap import PROVIDERS, TapOmniMessages

if TYPE_CHECKING:
    from tap_omnimessages.incremental import IncrementalStream

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
MELTANO = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))

STREAM_CLASSES: tuple[type[IncrementalStream], ...] = (
    AntBuddySessions,
    AntBuddyMessages,
    EtelecomZnsMessages,
)
TYPES = {
    Kind.ID: "text",
    Kind.STRING: "text",
    Kind.INTEGER: "integer",
    Kind.BOOLEAN: "boolean",
    Kind.TIMESTAMP: "timestamp",
    Kind.OBJECT: "object",
    Kind.STRINGS: "array of text",
}
SECRET = "🔒"

# The names that Meltano knows for what an extractor can do.
MELTANO_CAPABILITIES = {
    "about",
    "activate-version",
    "batch",
    "catalog",
    "discover",
    "log-based",
    "properties",
    "schema-flattening",
    "state",
    "stream-maps",
    "structured-logging",
    "test",
}


def _settings() -> dict[str, dict[str, Any]]:
    """Give the settings that the tap declares itself, without those of the SDK."""
    own = [setting for provider in PROVIDERS for setting in provider.settings]
    schemas: dict[str, dict[str, Any]] = TapOmniMessages.config_jsonschema["properties"]
    return {setting.name: schemas[setting.name] for setting in (*own, *COMMON_SETTINGS)}


def _name_of(stream: type[IncrementalStream]) -> str:
    """Give a stream's name, which the SDK declares for instances only."""
    return str(vars(stream)["name"])


def _type_of(schema: dict[str, Any]) -> str:
    (name,) = set(schema["type"]) - {"null"}
    if schema.get("format") == "date-time":
        return "timestamp"
    return {"string": "text"}.get(name, str(name))


def _table(heading: str) -> list[dict[str, str]]:
    """Read the first table under a heading of the README, a row as a dictionary."""
    match = re.search(
        rf"^#+ `?{re.escape(heading)}`?\n(.*?)(?=^#+ |\Z)", README, re.MULTILINE | re.DOTALL
    )
    assert match, f"README.md has no heading {heading!r}"
    table = re.search(r"^\|.*\|\n(?:^\|.*\|\n)+", match[1], re.MULTILINE)
    assert table, f"README.md has no table under {heading!r}"
    head, _, *rows = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in table[0].splitlines()
    ]
    return [dict(zip(head, row, strict=True)) for row in rows]


def _assert_same(actual: list[Any], expected: list[Any], what: str) -> None:
    missing = [item for item in expected if item not in actual]
    wrong = [item for item in actual if item not in expected]
    assert not missing, f"{what} lacks {missing}; it has instead: {wrong}"
    assert not wrong, f"{what} has what the code has not: {wrong}"
    assert actual == expected, f"{what} is not in the code's order: {actual}"


def test_the_settings_table_is_the_code_s() -> None:
    expected = []
    for name, schema in _settings().items():
        default = schema.get("default")
        shown = default if isinstance(default, str) else json.dumps(default)
        expected.append(
            (
                f"`{name}` {SECRET}" if schema.get("secret") else f"`{name}`",
                _type_of(schema),
                "" if default is None else f"`{shown}`",
            )
        )
    rows = _table("Settings")
    actual = [(row["setting"], row["type"], row["default"]) for row in rows]
    _assert_same(actual, expected, "The settings table of README.md")


def test_the_settings_table_tells_the_bounds() -> None:
    bounds = {row["setting"].split("`")[1]: row["bounds"] for row in _table("Settings")}
    for name, schema in _settings().items():
        if "minimum" in schema:
            assert bounds[name] == f"{schema['minimum']} to {schema['maximum']}", name
        if "enum" in schema:
            assert bounds[name] == ", ".join(f"`{value}`" for value in schema["enum"]), name


@pytest.mark.parametrize("stream", STREAM_CLASSES, ids=_name_of)
def test_a_stream_s_table_is_the_code_s(stream: type[IncrementalStream]) -> None:
    expected = [
        (
            f"`{column.name}`",
            "derived" if column.derived else f"`{column.field}`",
            TYPES[column.kind],
            column.description,
        )
        for column in stream.columns
    ]
    name = _name_of(stream)
    rows = _table(name)
    last = rows.pop()
    assert (last["column"], last["type"]) == (f"`{EXTRA_FIELDS}`", "object")
    actual = [
        tuple(row[name] for name in ("column", "API field", "type", "meaning")) for row in rows
    ]
    _assert_same(actual, expected, f"The table of {name} in README.md")


@pytest.mark.parametrize("stream", STREAM_CLASSES, ids=_name_of)
def test_a_stream_s_keys_are_told(stream: type[IncrementalStream]) -> None:
    (key,) = stream.primary_keys
    told = f"Primary key `{key}`, replication key `{stream.replication_key}`."
    assert f"### `{_name_of(stream)}`\n\n{told}" in README
    rows = {row["stream"].split("`")[1]: row for row in _table("tap-omnimessages")}
    row = rows[_name_of(stream)]
    assert row["primary key"] == f"`{key}`"
    assert row["replication key"] == f"`{stream.replication_key}`"


def _extractor() -> dict[str, Any]:
    (extractor,) = MELTANO["plugins"]["extractors"]
    assert isinstance(extractor, dict)
    return extractor


def test_meltano_s_settings_are_the_code_s() -> None:
    kinds = {"timestamp": "date_iso8601", "text": "string"}
    expected = []
    for name, schema in _settings().items():
        kind = "options" if "enum" in schema else kinds.get(_type_of(schema), _type_of(schema))
        setting = {
            "name": name,
            "label": schema["title"],
            "kind": kind,
            "description": schema["description"],
        }
        if schema.get("secret"):
            setting["sensitive"] = True
        if "default" in schema:
            setting["value"] = schema["default"]
        expected.append(setting)
    actual = [
        {key: value for key, value in setting.items() if key != "options"}
        for setting in _extractor()["settings"]
    ]
    _assert_same(actual, expected, "The list of settings in meltano.yml")


def test_meltano_s_options_are_the_code_s() -> None:
    for setting in _extractor()["settings"]:
        options = [option["value"] for option in setting.get("options", ())]
        assert options == _settings()[setting["name"]].get("enum", []), setting["name"]


def test_meltano_knows_what_the_tap_can_do_and_selects_everything() -> None:
    known = {capability.value for capability in TapOmniMessages.capabilities}
    expected = sorted(known & MELTANO_CAPABILITIES)
    _assert_same(_extractor()["capabilities"], expected, "The capabilities in meltano.yml")
    assert _extractor()["select"] == ["*.*"]


def _slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def test_links_lead_somewhere_inside_the_repository() -> None:
    prose = re.sub(r"^```.*?^```", "", README, flags=re.MULTILINE | re.DOTALL)
    headings = {_slug(heading) for heading in re.findall(r"^#+ (.*)$", prose, re.MULTILINE)}
    links = re.findall(r"\]\(([^)]*)\)", prose)
    assert links
    for link in links:
        path, _, anchor = link.partition("#")
        assert ":" not in link, f"README.md links to the outside: {link}"
        assert (ROOT / path).exists(), f"README.md links to {link}, which is not there"
        assert path or anchor in headings, f"README.md links to {link}, a heading it has not"


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_examples_can_be_read_and_use_settings_that_exist() -> None:
    known = _settings().keys()
    for block in _blocks("json"):
        example = json.loads(block)
        assert "replication_key" in example or example.keys() <= known, block
    (project,) = map(yaml.safe_load, _blocks("yaml"))
    (extractor,) = project["plugins"]["extractors"]
    for name in ("name", "namespace", "executable", "capabilities", "select"):
        assert extractor[name] == _extractor()[name], name
    secrets = {name for name, schema in _settings().items() if schema.get("secret")}
    settings = {setting["name"]: setting for setting in extractor["settings"]}
    assert {name for name in settings if settings[name].get("sensitive")} == secrets
    assert settings.keys() | extractor["config"].keys() <= known
    variables = set(re.findall(r"TAP_OMNIMESSAGES_([A-Z_]+[A-Z])", README))
    assert {name.lower() for name in variables} <= known


@cache
def _texts_of_the_code() -> str:
    texts = []
    for path in sorted((ROOT / "tap_omnimessages").glob("**/*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                parts = [p.value if isinstance(p, ast.Constant) else "…" for p in node.values]
                texts.append("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(re.sub(r"%\S*[sdfg]|\{\w*[^}]*\}", "…", node.value))
    return "\n".join(texts)


def test_the_messages_explained_are_those_of_the_code() -> None:
    rows = _table("Errors and warnings")
    assert len(rows) > 10
    for row in rows:
        for message in re.findall(r"`([^`]*)`", row["message"]):
            shown = re.sub(r"HTTP \d+", "HTTP …", message)
            assert shown in _texts_of_the_code(), f"No text of the code holds {message!r}"

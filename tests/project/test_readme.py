"""README.md, meltano.yml and the plugin's definition say what the code says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tap_omnimessages.providers.antbuddy.streams import AntBuddyMessages, AntBuddySessions
from tap_omnimessages.providers.etelecom.streams import EtelecomZnsMessages
from tap_omnimessages.records.columns import EXTRA_FIELDS
from tap_omnimessages.records.kinds import Kind
from tap_omnimessages.settings import COMMON_SETTINGS
from tap_omnimessages.tap import PROVIDERS, TapOmniMessages
from tests.pages import README, ROOT, table
from tools import definition

if TYPE_CHECKING:
    from tap_omnimessages.singer.stream import IncrementalStream

MELTANO = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
DEFINITION = yaml.safe_load(definition.FILE.read_text(encoding="utf-8"))

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

LOADERS_SECRETS = {"password", "private_key_passphrase", "credentials_json"}

# What the hub's own schema of an extractor requires and allows.
HUB_REQUIRES = {"name", "namespace", "variant", "label", "quality"}
HUB_KNOWS = HUB_REQUIRES | {
    "capabilities",
    "commands",
    "description",
    "docs",
    "domain_url",
    "executable",
    "keywords",
    "maintenance_status",
    "pip_url",
    "repo",
    "select",
    "settings",
    "settings_group_validation",
    "supported_python_versions",
    "usage",
}
HUB_KINDS = {"array", "boolean", "date_iso8601", "integer", "object", "options", "string"}
HUB_SETTING_KNOWS = {"name", "label", "kind", "value", "options", "sensitive", "description"}


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


def _assert_same(actual: list[Any], expected: list[Any], what: str) -> None:
    missing = [item for item in expected if item not in actual]
    wrong = [item for item in actual if item not in expected]
    assert not missing, f"{what} lacks {missing}; it has instead: {wrong}"
    assert not wrong, f"{what} has what the code has not: {wrong}"
    assert actual == expected, f"{what} is not in the code's order: {actual}"


def test_readme_settings_table_matches_the_code() -> None:
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
    rows = table(README, "Settings")
    actual = [(row["setting"], row["type"], row["default"]) for row in rows]
    _assert_same(actual, expected, "The settings table of README.md")


def test_readme_settings_table_shows_the_bounds() -> None:
    bounds = {row["setting"].split("`")[1]: row["bounds"] for row in table(README, "Settings")}
    for name, schema in _settings().items():
        if "minimum" in schema:
            assert bounds[name] == f"{schema['minimum']} to {schema['maximum']}", name
        if "enum" in schema:
            assert bounds[name] == ", ".join(f"`{value}`" for value in schema["enum"]), name


@pytest.mark.parametrize("stream", STREAM_CLASSES, ids=_name_of)
def test_readme_stream_tables_match_schema(stream: type[IncrementalStream]) -> None:
    expected = [
        (
            f"`{column.name}`",
            "derived" if column.derived else f"`{column.field}`",
            TYPES[column.kind],
            column.description,
        )
        for column in stream.columns
    ]
    rows = table(README, _name_of(stream))
    last = rows.pop()
    assert (last["column"], last["type"]) == (f"`{EXTRA_FIELDS}`", "object")
    actual = [
        tuple(row[name] for name in ("column", "API field", "type", "meaning")) for row in rows
    ]
    _assert_same(actual, expected, f"The table of {_name_of(stream)} in README.md")


@pytest.mark.parametrize("stream", STREAM_CLASSES, ids=_name_of)
def test_readme_names_the_keys_of_each_stream(stream: type[IncrementalStream]) -> None:
    (key,) = stream.primary_keys
    told = f"Primary key `{key}`, replication key `{stream.replication_key}`."
    assert f"### `{_name_of(stream)}`\n\n{told}" in README.text
    rows = {row["stream"].split("`")[1]: row for row in table(README, "tap-omnimessages")}
    row = rows[_name_of(stream)]
    assert row["primary key"] == f"`{key}`"
    assert row["replication key"] == f"`{stream.replication_key}`"


def _extractor() -> dict[str, Any]:
    (extractor,) = MELTANO["plugins"]["extractors"]
    assert isinstance(extractor, dict)
    return extractor


def test_meltano_s_settings_are_the_code_s() -> None:
    kinds = {"timestamp": "string", "text": "string"}
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


def test_the_definition_matches_the_settings_of_the_tap() -> None:
    stale = "run `make definition`: the plugin's definition is not what --about says"
    assert definition.FILE.read_text(encoding="utf-8") == definition.text(), stale


def test_the_definition_s_settings_are_those_of_meltano_yml_and_then_the_sdk_s() -> None:
    own = _extractor()["settings"]
    defined = DEFINITION["settings"]
    _assert_same(defined[: len(own)], own, "The first settings of the plugin's definition")
    others = {setting["name"].split(".")[0] for setting in defined[len(own) :]}
    properties = definition.about()["settings"]["properties"].keys()
    assert others == properties - _settings().keys() - {"faker_config"}


@pytest.mark.parametrize(
    "key",
    [
        "name",
        "namespace",
        "label",
        "executable",
        "capabilities",
        "commands",
        "settings_group_validation",
    ],
)
def test_the_definition_and_meltano_yml_agree(key: str) -> None:
    assert DEFINITION[key] == _extractor()[key]
    assert DEFINITION["select"] == _extractor()["select"]


def test_the_definition_has_what_the_hub_asks_for_and_nothing_that_it_does_not_know() -> None:
    assert HUB_REQUIRES <= DEFINITION.keys() <= HUB_KNOWS
    for setting in DEFINITION["settings"]:
        assert setting.keys() <= HUB_SETTING_KNOWS, setting["name"]
        assert setting["kind"] in HUB_KINDS, setting["name"]
        assert setting["label"], setting["name"]
        assert setting["description"], setting["name"]
    assert set(DEFINITION["capabilities"]) <= MELTANO_CAPABILITIES


def test_each_loader_says_which_version_is_installed_and_hides_its_secrets() -> None:
    loaders = {loader["name"]: loader for loader in MELTANO["plugins"]["loaders"]}
    assert {"target-postgres", "target-snowflake", "target-bigquery"} < loaders.keys()
    for name, loader in loaders.items():
        assert all("==" in package for package in loader["pip_url"].split()), name
        settings = {setting["name"]: setting for setting in loader["settings"]}
        assert loader["config"].keys() <= settings.keys(), name
        for setting in settings.values():
            hidden = setting["name"] in LOADERS_SECRETS
            assert bool(setting.get("sensitive")) == hidden, setting["name"]


def test_the_schedule_runs_plugins_that_exist() -> None:
    names = {plugin["name"] for kind in MELTANO["plugins"].values() for plugin in kind}
    jobs = {job["name"]: job["tasks"] for job in MELTANO["jobs"]}
    assert MELTANO["schedules"]
    for schedule in MELTANO["schedules"]:
        for task in jobs[schedule["job"]]:
            assert set(task.split()) <= names, task

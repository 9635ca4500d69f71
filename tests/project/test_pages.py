"""The pages' links lead somewhere, their examples work, and both READMEs say the same."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from typing import Any

import pytest
import yaml

from tap_omnimessages.tap import TapOmniMessages
from tests.pages import (
    CHECKS,
    ERRORS,
    OUTSIDE,
    PAGES,
    README,
    ROOT,
    VIETNAMESE,
    Page,
    cells_under,
    table,
)
from tests.support import STREAMS
from tools import definition, rules

OWN = TapOmniMessages.config_jsonschema["properties"].keys()
MELTANO = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
PLUGINS = {plugin["name"] for kind in MELTANO["plugins"].values() for plugin in kind}
CATALOG = json.loads((ROOT / "catalog.json").read_text(encoding="utf-8"))
COLUMNS = {stream["stream"]: stream["schema"]["properties"] for stream in CATALOG["streams"]}


def _name_of(page: Page) -> str:
    return page.path.name


@pytest.mark.parametrize("page", PAGES, ids=_name_of)
def test_links_lead_somewhere_inside_the_repository(page: Page) -> None:
    assert page.links
    for link in page.links:
        if link in OUTSIDE:
            continue
        path, _, anchor = link.partition("#")
        assert ":" not in link, f"{page.path.name} links to the outside: {link}"
        target = (page.path.parent / path).resolve() if path else page.path
        assert target.exists(), f"{page.path.name} links to {link}, which is not there"
        if anchor:
            assert anchor in Page(target).anchors, f"{page.path.name}: {link} has no such heading"


@pytest.mark.parametrize("page", PAGES, ids=_name_of)
def test_examples_in_json_use_settings_that_exist(page: Page) -> None:
    for block in page.blocks("json"):
        example = json.loads(block)
        assert "replication_key" in example or example.keys() <= OWN, block


@pytest.mark.parametrize("page", PAGES, ids=_name_of)
def test_environment_variables_are_settings_that_exist(page: Page) -> None:
    # A second extractor's variables begin with its own name.
    variables = set(re.findall(r"TAP_OMNIMESSAGES_(?:HCM_)?([A-Z][A-Z_]+[A-Z])", page.text))
    assert {name.lower() for name in variables} <= OWN
    for loader in MELTANO["plugins"]["loaders"]:
        prefix = f"{loader['namespace'].upper()}_"
        settings = {setting["name"].upper() for setting in loader["settings"]}
        assert set(re.findall(rf"^{prefix}([A-Z_]+)=", page.text, re.MULTILINE)) <= settings


def _yaml_examples() -> list[dict[str, Any]]:
    return [yaml.safe_load(block) for page in PAGES for block in page.blocks("yaml")]


def test_examples_in_yaml_use_settings_streams_and_columns_that_exist() -> None:
    extractors = [
        extractor
        for example in _yaml_examples()
        for extractor in example.get("plugins", {}).get("extractors", [])
    ]
    assert extractors
    known = definition.about()["settings"]["properties"].keys()
    for extractor in extractors:
        assert "tap-omnimessages" in {extractor["name"], extractor.get("inherit_from")}
        config = extractor.get("config", {})
        assert config.keys() <= known
        for rule in extractor.get("select", []):
            stream, column = rule.lstrip("!").split(".")
            assert stream in {"*", "antbuddy_*"} | COLUMNS.keys(), rule
            assert column == "*" or column in COLUMNS[stream], rule
        for stream, columns in config.get("stream_maps", {}).items():
            added = {"account", "__key_properties__"}  # the key of shared tables
            assert columns.keys() - added <= COLUMNS[stream].keys(), stream


def test_the_scheduled_job_of_the_cookbook_is_that_of_meltano_yml() -> None:
    (example,) = [example for example in _yaml_examples() if "schedules" in example]
    assert example == {key: MELTANO[key] for key in ("jobs", "schedules")}


@pytest.mark.parametrize("page", PAGES, ids=_name_of)
def test_commands_name_plugins_that_exist(page: Page) -> None:
    added = {
        plugin["name"]
        for example in _yaml_examples()
        for kind in example.get("plugins", {}).values()
        for plugin in kind
    }
    for block in page.blocks("sh"):
        for line in block.splitlines():
            if not line.strip().startswith("meltano"):
                continue
            named = re.findall(r"(?<=\s)(?:tap|target)-[a-z-]+(?=[\s:]|$)", line)
            assert set(named) <= PLUGINS | added, line


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
    rows = table(ERRORS, "Errors and warnings")
    assert len(rows) > 10
    for row in rows:
        for message in re.findall(r"`([^`]*)`", row["message"]):
            shown = re.sub(r"HTTP \d+", "HTTP …", message)
            assert shown in _texts_of_the_code(), f"No text of the code holds {message!r}"


def test_each_command_that_shows_something_runs_a_test_or_a_target_that_exists() -> None:
    names = {
        f"{path.stem}::{name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)|^class", path.read_text("utf-8"), re.MULTILINE)
    }
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    rows = [row for heading in CHECKS.headings[1:] for row in table(CHECKS, heading.lstrip("# "))]
    assert len(rows) > 25
    for row in rows:
        command = row["what shows it"].strip("`")
        if match := re.fullmatch(r'\.venv/bin/pytest -v -k "?([\w ]+?)"?', command):
            for word in match[1].split(" or "):
                assert any(word in name for name in names), f"no test is named {word}"
        elif match := re.fullmatch(r"make ([a-z-]+)", command):
            assert re.search(rf"^{match[1]}:", makefile, re.MULTILINE), command
        else:
            assert command == ".venv/bin/prek run --all-files"


def _commands(page: Page) -> list[str]:
    """Give the command blocks without their comments, which are translated."""
    return [re.sub(r"\s+# .*$", "", block, flags=re.MULTILINE) for block in page.blocks("sh")]


def test_the_vietnamese_readme_has_the_same_commands() -> None:
    assert len(_commands(README)) > 5
    assert _commands(VIETNAMESE) == _commands(README)


def test_the_vietnamese_readme_has_the_same_settings() -> None:
    english, vietnamese = cells_under(README, "Settings"), cells_under(VIETNAMESE, "Cài đặt")
    assert [row[:3] for row in vietnamese[1:]] == [row[:3] for row in english[1:]]
    for ours, theirs in zip(vietnamese[1:], english[1:], strict=True):
        assert re.findall(r"`[^`]+`|\d+", ours[3]) == re.findall(r"`[^`]+`|\d+", theirs[3]), ours[0]
        assert bool(ours[3]) == bool(theirs[3]), ours[0]


@pytest.mark.parametrize("stream", STREAMS)
def test_the_vietnamese_readme_has_the_same_columns(stream: str) -> None:
    english, vietnamese = cells_under(README, stream), cells_under(VIETNAMESE, stream)
    assert [(row[0], row[2]) for row in vietnamese[1:]] == [(r[0], r[2]) for r in english[1:]]
    assert [row[1] for row in vietnamese[1:-1]] == [row[1] for row in english[1:-1]]


def test_the_vietnamese_readme_has_the_same_sections_and_translates_them() -> None:
    level = [heading.split()[0] for heading in README.headings]
    assert [heading.split()[0] for heading in VIETNAMESE.headings] == level
    for ours, theirs in zip(_meanings(VIETNAMESE), _meanings(README), strict=True):
        assert ours != theirs, ours


def _meanings(page: Page) -> list[str]:
    heading = "Settings" if page is README else "Cài đặt"
    return [row[-1] for name in (heading, *STREAMS) for row in cells_under(page, name)[1:]]


def test_the_errors_of_the_vietnamese_readme_are_explained_on_the_page_of_errors() -> None:
    tables = (table(ERRORS, heading) for heading in ("Errors and warnings", "Under Meltano"))
    explained = " ".join(cell for rows in tables for row in rows for cell in row.values())
    rows = table(VIETNAMESE, "Khi có lỗi")
    assert len(rows) > 5
    for row in rows:
        for message in re.findall(r"`([^`]*)`", row["thông báo"]):
            assert f"`{message.removesuffix(' …')}" in explained, message


def test_both_pictures_have_the_same_parts() -> None:
    pictures = [page.blocks("mermaid") for page in (README, VIETNAMESE)]
    (english,), (vietnamese,) = (
        [re.sub(r'"[^"]*"', "", block) for block in blocks] for blocks in pictures
    )
    assert english == vietnamese


def test_the_guarantees_list_the_rules_of_the_code() -> None:
    page = rules.PAGE.read_text(encoding="utf-8")
    assert rules.rendered(page) == page, "run make definition"

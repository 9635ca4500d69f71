"""The dbt package agrees with the tap and with its documents."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from omnimessages_sandbox.world.phrases import ZNS_ERRORS
from tools import transform

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "transform"
MODELS = PACKAGE / "models"
PAGE = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")


def _models() -> dict[str, dict[str, Any]]:
    return {
        model["name"]: model
        for path in MODELS.glob("*/*.yml")
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])
    }


def test_the_staging_models_are_those_of_the_tap() -> None:
    for path, text in transform.files().items():
        assert path.read_text(encoding="utf-8") == text, "run `python -m tools.transform`"


def test_each_model_and_each_column_is_described() -> None:
    models = _models()
    assert models.keys() == {path.stem for path in MODELS.rglob("*.sql")}
    for name, model in models.items():
        assert model["description"], name
        for column in model["columns"]:
            assert column["description"], (name, column)


@pytest.mark.parametrize(
    "path", sorted((MODELS / "marts").glob("*.sql")), ids=lambda path: path.stem
)
def test_the_described_columns_of_a_mart_are_those_that_it_selects(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    described = {column["name"] for column in _models()[path.stem]["columns"]}
    for column in described:
        assert re.search(rf"\b{column}\b", text), column


def test_the_page_names_each_mart_each_question_and_each_variable() -> None:
    marts = [path.stem for path in (MODELS / "marts").glob("*.sql")]
    questions = [f"analyses/{path.name}" for path in (PACKAGE / "analyses").glob("*.sql")]
    variables = yaml.safe_load((PACKAGE / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    for name in [*marts, *questions, *variables]:
        assert name in PAGE, name


def test_the_diagram_has_columns_that_exist() -> None:
    (diagram,) = re.findall(r"```mermaid\nerDiagram\n(.*?)```", PAGE, re.DOTALL)
    models = {name: {c["name"] for c in model["columns"]} for name, model in _models().items()}
    with (PACKAGE / "seeds" / "zns_error_codes.csv").open(encoding="utf-8", newline="") as lines:
        models["zns_error_codes"] = {*next(csv.reader(lines))}
    tables = re.findall(r"^    (\w+) \{\n(.*?)^    \}", diagram, re.DOTALL | re.MULTILINE)
    assert {name for name, _ in tables} >= {"conversations", "messages", "zns_notifications"}
    for name, body in tables:
        for line in body.strip().splitlines():
            assert line.split()[1] in models[name], (name, line)


def test_each_error_of_the_invented_account_is_explained() -> None:
    with (PACKAGE / "seeds" / "zns_error_codes.csv").open(encoding="utf-8", newline="") as lines:
        codes = [int(row["error_code"]) for row in csv.DictReader(lines)]
    assert set(codes) >= ZNS_ERRORS.keys()
    assert codes == sorted(set(codes), reverse=True)

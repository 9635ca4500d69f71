"""The numbers and names of docs/scale.md are those of the measurements and of the code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from orchestrate.accounts import PROJECT, read_fleet
from orchestrate.tests.support import fleet_of, write_yaml

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (PROJECT / "docs" / "scale.md").read_text(encoding="utf-8")
ROWS = re.findall(
    r"^\| (\d+) (\w+) \| ([\d.]+) million" + r" \| ([\d.]+)" * 3 + r" \| (\d+) % of a core \|$",
    PAGE,
    re.MULTILINE,
)
ROWS_OF_A_SHOP = {"medium": 240_000, "large": 1_200_000}
LOADER, TAP, START_UP = 4_200, 57_000, 3.2


@pytest.mark.parametrize("row", ROWS, ids=lambda row: " ".join(row[:2]))
def test_the_hours_are_computed_from_the_measured_rates(row: tuple[str, ...]) -> None:
    shops, size, millions, *hours, share = row
    rows = int(shops) * ROWS_OF_A_SHOP[size]
    core_hours = (rows / LOADER + rows / TAP + int(shops) * START_UP) / 3600
    assert rows == float(millions) * 1e6
    expected = [core_hours, core_hours / 2, core_hours / 8]
    assert [float(said) for said in hours] == [float(f"{value:.2g}") for value in expected]
    assert int(share) == max(1, round(int(shops) * START_UP / 36))


def test_the_table_is_there() -> None:
    assert len(ROWS) == 6


def test_the_accounts_shown_can_be_read(tmp_path: Path) -> None:
    shown = re.findall(r"^```yaml\n(accounts:.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    fleet = fleet_of(write_yaml(tmp_path, shown[0]))
    example = read_fleet(PROJECT / "orchestrate" / "accounts.example.yml", PROJECT)
    assert fleet.accounts == example.accounts


@pytest.mark.parametrize("name", ["load.sh", "systemd", "constraints.txt", "accounts.example.yml"])
def test_what_is_named_exists(name: str) -> None:
    assert f"orchestrate/{name}" in PAGE
    assert (PROJECT / "orchestrate" / name).exists()


def test_the_messages_explained_are_those_of_the_code() -> None:
    section = PAGE.split("## When something fails", 1)[1].split("\n## ", 1)[0]
    messages = re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)
    files = (PROJECT / "orchestrate").glob("*.py")
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    joined = re.sub(r'"\s+f?"', "", code)
    own = [message for message in messages if message != "pipeline is already running"]
    assert len(own) > 8
    assert not [message for message in own if message not in joined]

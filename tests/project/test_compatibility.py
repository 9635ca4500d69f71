"""A release that removes streams, keys or columns needs a version that announces it."""

from __future__ import annotations

import copy
import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tools import compatibility, release

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
CATALOG: dict[str, Any] = json.loads((ROOT / "catalog.json").read_text(encoding="utf-8"))
COLUMN = {"type": ["string", "null"]}


def _changed(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """Return the catalog of the tap with its last stream changed."""
    catalog = copy.deepcopy(CATALOG)
    change(catalog["streams"][-1])
    return catalog


def _columns(stream: dict[str, Any]) -> dict[str, Any]:
    columns: dict[str, Any] = stream["schema"]["properties"]
    return columns


HARMLESS = [
    lambda stream: stream.pop("metadata"),
    lambda stream: _columns(stream).update(new_column=COLUMN),
    lambda stream: _columns(stream)["status"].update(type="string", description="Other words."),
]
BREAKING = [
    (lambda stream: stream.update(tap_stream_id="other"), "etelecom_zns_messages is gone"),
    (lambda stream: stream.update(key_properties=["msg_id"]), "['id'] and is ['msg_id']"),
    (lambda stream: stream.update(replication_key="updated_at"), "replication_key was created_at"),
    (lambda stream: _columns(stream).pop("phone"), "the column phone is gone"),
    (lambda stream: _columns(stream)["phone"].update(type=["integer"]), "string and is integer"),
    (lambda stream: _columns(stream)["sent_time"].pop("format"), "(date-time) and is string"),
    (lambda stream: _columns(stream)["feedback"]["items"].update(type="integer"), "of integer"),
]


@pytest.mark.parametrize("change", HARMLESS)
def test_an_addition_breaks_nothing(change: Callable[[dict[str, Any]], Any]) -> None:
    assert compatibility.breaking_changes(CATALOG, _changed(change)) == []


@pytest.mark.parametrize(("change", "words"), BREAKING)
def test_a_removal_or_a_change_is_named(
    change: Callable[[dict[str, Any]], Any], words: str
) -> None:
    (sentence,) = compatibility.breaking_changes(CATALOG, _changed(change))
    assert words in sentence


def test_a_new_stream_breaks_nothing() -> None:
    fewer = {"streams": CATALOG["streams"][1:]}
    assert compatibility.breaking_changes(fewer, CATALOG) == []


@pytest.mark.parametrize(
    ("old", "new", "announced"),
    [
        ("0.1.0", "0.1.1", False),
        ("0.1.0", "0.2.0", True),
        ("0.9.0", "0.10.0", True),
        ("0.9.0", "1.0.0", True),
        ("1.2.0", "1.3.0", False),
        ("1.2.0", "2.0.0", True),
    ],
)
def test_a_breaking_version_raises_the_first_number_or_before_1_0_the_second(
    old: str, new: str, *, announced: bool
) -> None:
    assert compatibility.announces_a_break(old, new) is announced


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with the releases 0.9.0 and 0.10.0; the second has the catalog of the tap."""
    _git(tmp_path, "init", "--quiet")
    for version, catalog in {"0.9.0": {"streams": []}, "0.10.0": CATALOG}.items():
        (tmp_path / "catalog.json").write_text(json.dumps(catalog), encoding="utf-8")
        _git(tmp_path, "add", "catalog.json")
        _git(tmp_path, "commit", "--quiet", f"--message={version}")
        _git(tmp_path, "tag", f"v{version}")
    return tmp_path


def test_the_catalog_is_compared_with_the_last_release(checkout: Path) -> None:
    assert compatibility.last_release("0.10.1", checkout) == "0.10.0"
    assert compatibility.last_release("0.10.0", checkout) == "0.9.0"
    release.check_catalog("v0.10.1", checkout)
    fewer = {"streams": CATALOG["streams"][1:]}
    (checkout / "catalog.json").write_text(json.dumps(fewer), encoding="utf-8")
    with pytest.raises(release.ReleaseError, match=r"v0\.10\.1 breaks what v0\.10\.0 promised"):
        release.check_catalog("v0.10.1", checkout)
    release.check_catalog("v0.11.0", checkout)


def test_a_first_release_breaks_nothing(tmp_path: Path) -> None:
    _git(tmp_path, "init", "--quiet")
    _git(tmp_path, "commit", "--quiet", "--allow-empty", "--message=first")
    assert compatibility.last_release("0.1.0", tmp_path) is None
    release.check_catalog("v0.1.0", tmp_path)


def _git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Invented", "-c", "user.email=invented@example.com")
    plain = ("-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false")
    command = ["git", "-C", str(folder), *identity, *plain, *arguments]
    subprocess.run(command, check=True, capture_output=True)

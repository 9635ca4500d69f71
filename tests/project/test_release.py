"""A tag is released when it agrees with the version and the changelog, and not otherwise."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tools import lowest, release

ROOT = Path(__file__).parents[2]
ENTRY = "### Added\n\n- An invented change."
CHANGELOG = f"""# Changelog

## [Unreleased]

## [1.2.3] - 2026-03-01

{ENTRY}

## [1.2.2]

### Fixed

- An older change.
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n', encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    return tmp_path


def test_the_notes_of_a_release_are_its_entry_in_the_changelog(project: Path) -> None:
    assert release.notes("v1.2.3", project) == ENTRY


def test_the_last_entry_ends_with_the_changelog(project: Path) -> None:
    path = project / "CHANGELOG.md"
    path.write_text(CHANGELOG.partition("## [1.2.2]")[0], encoding="utf-8")
    assert release.notes("v1.2.3", project) == ENTRY


@pytest.mark.parametrize("tag", ["v1.2.4", "1.2.3", "v1.2.3rc1", ""])
def test_a_tag_that_is_not_the_version_is_refused(tag: str, project: Path) -> None:
    with pytest.raises(release.ReleaseError, match=re.escape("the version in pyproject.toml")):
        release.notes(tag, project)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("## [1.2.3] - 2026-03-01", "## [1.2.9] - 2026-03-01", "has no entry"),
        ("## [1.2.3] - 2026-03-01", "## [1.2.3]", "has no date"),
        ("## [1.2.3] - 2026-03-01", "## [1.2.3] - soon", "has no date"),
        (ENTRY, "", "is empty"),
    ],
)
def test_a_changelog_that_is_not_ready_is_refused(
    old: str, new: str, words: str, project: Path
) -> None:
    (project / "CHANGELOG.md").write_text(CHANGELOG.replace(old, new), encoding="utf-8")
    with pytest.raises(release.ReleaseError, match=words):
        release.notes("v1.2.3", project)


def test_a_package_that_does_not_say_where_its_repository_is_is_refused(project: Path) -> None:
    path = project / "pyproject.toml"
    path.write_text('[project.urls]\nRepository = "https://example.com/tap"', encoding="utf-8")
    release.check_home(project)
    path.write_text('[project]\nname = "a-tap"', encoding="utf-8")
    with pytest.raises(release.ReleaseError, match=re.escape("[project.urls]")):
        release.check_home(project)


def test_the_changelog_has_an_entry_for_the_present_version() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(
        rf"^## \[{re.escape(pyproject['project']['version'])}\]", changelog, re.MULTILINE
    )


def test_each_direct_dependency_has_a_lower_bound() -> None:
    found = lowest.requirements()
    assert {"hatchling", "singer-sdk", "aiohttp"} <= {each.name for each in found}
    assert all(each.specifier for each in found)


def test_a_lower_bound_counts_as_tested_only_when_it_is_installed() -> None:
    installed = version("requests")
    assert lowest.untested(Requirement(f"requests>={installed}")) is None
    assert "0.1, but" in (lowest.untested(Requirement("requests>=0.1")) or "")
    assert "no lower bound" in (lowest.untested(Requirement("requests<99")) or "")

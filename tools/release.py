"""Check that a tag may be released, and print its entry in CHANGELOG.md.

`python -m tools.release v1.2.3` fails in three cases: the tag, the version in pyproject.toml and a
dated entry in CHANGELOG.md do not agree; catalog.json breaks what the last release promised and the
version does not announce it; a page still has a placeholder for the repository's owner. It needs a
git clone with its tags, and nothing but Python.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from datetime import date
from pathlib import Path

from tools.compatibility import announces_a_break, breaking_changes, catalog_of, last_release

ROOT = Path(__file__).resolve().parent.parent
_HEADING = re.compile(r"^## \[(?P<name>[^\]]+)\](?: - (?P<date>\S+))?$", re.MULTILINE)


class ReleaseError(Exception):
    """The tag cannot be released; the text is one sentence with the reason."""


def notes(tag: str, root: Path = ROOT) -> str:
    """Return the changelog's entry for a tag.

    Args:
        tag: The tag, such as v1.2.3.
        root: The folder of pyproject.toml and CHANGELOG.md.

    Raises:
        ReleaseError: The tag, the version and the changelog do not agree.
    """
    pyproject = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    version = pyproject["project"]["version"]
    if tag != f"v{version}":
        msg = f"The tag is {tag}, but the version in pyproject.toml is {version}."
        raise ReleaseError(msg)
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = list(_HEADING.finditer(changelog))
    for index, heading in enumerate(headings):
        if heading["name"] == version:
            _check_date(version, heading["date"])
            following = headings[index + 1 : index + 2]
            end = following[0].start() if following else len(changelog)
            return _filled(version, changelog[heading.end() : end].strip())
    msg = f"CHANGELOG.md has no entry for {version}: a line '## [{version}] - YYYY-MM-DD'."
    raise ReleaseError(msg)


def _check_date(version: str, text: str | None) -> None:
    try:
        date.fromisoformat(text or "")
    except ValueError:
        msg = f"The entry for {version} in CHANGELOG.md has no date: '## [{version}] - YYYY-MM-DD'."
        raise ReleaseError(msg) from None


def _filled(version: str, entry: str) -> str:
    if not entry:
        msg = f"The entry for {version} in CHANGELOG.md is empty."
        raise ReleaseError(msg)
    return entry


def check_catalog(tag: str, root: Path = ROOT) -> None:
    """Compare catalog.json with the one of the last release.

    Args:
        tag: The tag, such as v1.2.3.
        root: The clone.

    Raises:
        ReleaseError: A stream, key or column was removed or changed, and the version does not
            announce it.
    """
    version = tag.removeprefix("v")
    last = last_release(version, root)
    if last is None or announces_a_break(last, version):
        return
    catalog = json.loads((root / "catalog.json").read_text(encoding="utf-8"))
    changes = breaking_changes(catalog_of(last, root), catalog)
    if changes:
        msg = f"{tag} breaks what v{last} promised: {' '.join(changes)}"
        raise ReleaseError(msg)


def check_home(root: Path = ROOT) -> None:
    """Check that the package says where its repository is.

    Args:
        root: The clone.

    Raises:
        ReleaseError: pyproject.toml has no `[project.urls]`.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    if not project.get("urls"):
        msg = "pyproject.toml has no [project.urls]: add the address of the repository."
        raise ReleaseError(msg)


def main() -> None:
    """Print the release notes of a tag, or why it cannot be released."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the module and one tag
        sys.exit("Name one tag: python -m tools.release v1.2.3")
    try:
        text = notes(sys.argv[1])
        check_catalog(sys.argv[1])
        check_home()
    except ReleaseError as error:
        sys.exit(str(error))
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()

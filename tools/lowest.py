"""Check that the installed versions are the lowest that pyproject.toml allows.

A lower bound that no test has run on is an untested promise.
"""

from __future__ import annotations

import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
_LOWER = (">=", "~=", "==")


def requirements(pyproject: Path = PYPROJECT) -> list[Requirement]:
    """Return the direct dependencies of the tap, of its extras and of its build.

    Args:
        pyproject: The file that declares them.
    """
    content = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    project = content["project"]
    texts = [*project["dependencies"], *content["build-system"]["requires"]]
    for extra in project["optional-dependencies"].values():
        texts += extra
    return [Requirement(text) for text in texts]


def untested(requirement: Requirement) -> str | None:
    """Return how a requirement's lower bound differs from what is installed; None if equal.

    Args:
        requirement: A dependency and its bounds.
    """
    bounds = [Version(part.version) for part in requirement.specifier if part.operator in _LOWER]
    installed = Version(version(requirement.name))
    if not bounds:
        return f"{requirement.name} has no lower bound; {installed} is installed."
    if max(bounds) != installed:
        return f"{requirement} allows {max(bounds)}, but {installed} is installed."
    return None


def main() -> None:
    """Print every lower bound that is not installed, and fail if there is one."""
    sentences = [sentence for each in requirements() if (sentence := untested(each))]
    if sentences:
        sys.exit("\n".join(sentences))


if __name__ == "__main__":
    main()

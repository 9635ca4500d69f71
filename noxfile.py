"""The full tests on each Python, on the lowest allowed versions, and on the next SDK.

`make test-versions` runs all sessions; `.venv/bin/nox --list` names them.
"""

from __future__ import annotations

import shlex
import tarfile
from pathlib import Path

import nox

nox.needs_version = ">=2026.10"
nox.options.default_venv_backend = "uv"
nox.options.reuse_existing_virtualenvs = True
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["tests", "lowest", "coverage", "sdist"]

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
THE_TAP = ("--editable", ".[progress,sandbox]")
ENVIRONMENT = {"UV_PYTHON_DOWNLOADS": "never"}


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests with the newest allowed dependencies."""
    _install(session, "--upgrade")
    _test(session)


@nox.session(python=PYTHONS[0])
def lowest(session: nox.Session) -> None:
    """Run the tests with the lowest allowed version of each direct dependency."""
    _install(session, "--resolution=lowest-direct")
    backends = [name.replace(">=", "==") for name in PROJECT["build-system"]["requires"]]
    session.install(*backends, env=ENVIRONMENT)
    session.run("python", "-m", "tools.lowest")
    _test(session)


@nox.session
def coverage(session: nox.Session) -> None:
    """Run the tests, and fail when they cover less of the tap than `fail_under`."""
    _install(session, "--upgrade")
    session.run("coverage", "erase")
    _test(session, f"RUN={session.bin}/coverage run")
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session
def sdist(session: nox.Session) -> None:
    """Run the tests from the unpacked source distribution."""
    _install(session, "--upgrade")
    folder = Path(session.create_tmp())
    session.run("python", "-m", "build", "--no-isolation", "--sdist", f"--outdir={folder}")
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="data")
    archive.unlink()
    session.chdir(folder / archive.name.removesuffix(".tar.gz"))
    session.install(*THE_TAP, env=ENVIRONMENT)
    _test(session)


@nox.session(name="next-sdk")
def next_sdk(session: nox.Session) -> None:
    """Run the tests with the SDK's newest version, pre-releases included, allowed or not."""
    _install(session, "--upgrade")
    # uv takes a pre-release only where a requirement names one; what is installed does not bind it.
    session.install("--upgrade", "singer-sdk>=0.55.0a0", env=ENVIRONMENT)
    code = "from importlib.metadata import version; print('singer-sdk', version('singer-sdk'))"
    session.run("python", "-c", code)
    _test(session)


def _install(session: nox.Session, *options: str) -> None:
    session.install(*options, "--group=test", *THE_TAP, env=ENVIRONMENT)


def _test(session: nox.Session, *variables: str) -> None:
    """Run the tests as `make test` does, in the full profile and this session's environment."""
    options = f"PYTEST={shlex.join(session.posargs)}"
    variables = (f"BIN={session.bin}", "PROFILE=full", options, *variables)
    session.run("make", "--no-print-directory", "pytest", *variables, external=True)

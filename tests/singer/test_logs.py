"""The log is set up as the environment says, or the run ends in a sentence that says why not."""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import STREAMS, Extraction, run_command, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from omnimessages_sandbox import Sandbox

_VARIABLES = ("TAP_OMNIMESSAGES_LOGLEVEL", "LOGLEVEL")


@pytest.fixture(autouse=True)
def log() -> Iterator[None]:
    """Take back afterwards what the tap sets up in this process."""
    before = dict(os.environ)
    level, handlers = logging.root.level, list(logging.root.handlers)
    metrics = logging.getLogger("singer_sdk.metrics")
    metrics_level = metrics.level
    logging.root.handlers.clear()
    yield
    os.environ.clear()
    os.environ.update(before)
    logging.root.setLevel(level)
    logging.root.handlers[:] = handlers
    metrics.setLevel(metrics_level)


def _run(sandbox: Sandbox, folder: Path) -> Any:
    process = run_command(settings=settings_of(sandbox), folder=folder)
    assert "Traceback" not in process.stderr
    assert "Unexpected" not in process.stderr
    return process


@pytest.mark.parametrize("variable", _VARIABLES)
@pytest.mark.parametrize(
    ("level", "shown"),
    [
        ("", {"INFO", "WARNING"}),
        ("  ", {"INFO", "WARNING"}),
        ("info", {"INFO", "WARNING"}),
        (" Warning ", {"WARNING"}),
        ("30", {"WARNING"}),
        ("25", {"WARNING"}),
        ("20", {"INFO", "WARNING"}),
        ("ERROR", set()),
        ("disabled", set()),
        ("51", set()),
    ],
)
def test_a_log_level_may_be_a_word_a_number_or_nothing(
    variable: str,
    level: str,
    shown: set[str],
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(os.environ, variable, level)
    process = _run(sandbox, tmp_path)
    assert process.returncode == 0, process.stderr
    assert set(Extraction.of(process.stdout).schemas) == set(STREAMS)
    # The sandbox's clock is behind this machine's, which is a warning.
    assert {word for word in ("INFO", "WARNING") if f"| {word}" in process.stderr} == shown


@pytest.mark.parametrize("variable", _VARIABLES)
@pytest.mark.parametrize("level", ["verbose", "trace", "-1", "1e3", "9" * 5000, "INFO DEBUG"])
def test_an_unknown_log_level_is_refused_in_one_sentence(
    variable: str,
    level: str,
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(os.environ, variable, level)
    process = _run(sandbox, tmp_path)
    assert process.returncode == 1
    (line,) = process.stderr.splitlines()
    assert f"The environment variable {variable} is not a log level: use DEBUG, INFO" in line


def _configuration(**changes: Any) -> dict[str, Any]:
    """Give a configuration as Meltano writes it."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"form": {"format": "%(levelname)s: %(message)s"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "form"}},
        "root": {"handlers": ["console"], "level": "INFO"},
        **changes,
    }


def _configure(content: str | bytes, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = folder / "log.yml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    monkeypatch.setitem(os.environ, "SINGER_SDK_LOG_CONFIG", str(path))
    return path


def test_the_log_that_meltano_disables_is_silent(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Meltano writes the name that Python gives its level.
    root = {"handlers": ["console"], "level": "Level 51"}
    _configure(json.dumps(_configuration(root=root)), tmp_path, monkeypatch)
    process = _run(sandbox, tmp_path)
    assert process.returncode == 0
    assert all("METRIC" in line for line in process.stderr.splitlines())
    assert set(Extraction.of(process.stdout).schemas) == set(STREAMS)


_BROKEN: dict[str, str | bytes] = {
    "an empty file": "",
    "no YAML": "a: [",
    "no object": "5",
    "a list": "[1, 2]",
    "no version": "{}",
    "another version": '{"version": 2}',
    "no text": b"\xff\xfe\xfd",
    "an unknown level": json.dumps(_configuration(root={"level": "loud"})),
    "an unknown handler": json.dumps(_configuration(root={"handlers": ["nobody"]})),
    "an unknown class": json.dumps(_configuration(handlers={"console": {"class": "no.Such"}})),
    "a file that cannot be opened": json.dumps(
        _configuration(
            handlers={"console": {"class": "logging.FileHandler", "filename": "/dev/null/x"}}
        )
    ),
    "a form with an unknown field": json.dumps(
        _configuration(formatters={"form": {"format": "%(nothing)s"}})
    ),
    "a tag of Python": "!!python/object/apply:os.getcwd []",
}


@pytest.mark.parametrize("broken", _BROKEN)
def test_a_broken_log_configuration_is_refused_in_one_sentence(
    broken: str, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _configure(_BROKEN[broken], tmp_path, monkeypatch)
    process = _run(sandbox, tmp_path)
    assert process.returncode == 1
    (line,) = process.stderr.splitlines()
    assert f"The log configuration {path}, which the environment variable SINGER_SDK_LOG" in line
    assert not sandbox.requests


def test_a_folder_as_a_log_configuration_is_refused_in_one_sentence(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "SINGER_SDK_LOG_CONFIG", str(tmp_path))
    process = _run(sandbox, tmp_path)
    assert process.returncode == 1
    assert "cannot be used (Is a directory)" in process.stderr


@pytest.mark.parametrize("path", ["", "  "])
def test_an_empty_variable_of_the_log_configuration_sets_nothing(
    path: str, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "SINGER_SDK_LOG_CONFIG", path)
    process = _run(sandbox, tmp_path)
    assert process.returncode == 0
    assert "| INFO" in process.stderr


def test_a_missing_log_configuration_is_named_in_a_warning(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "SINGER_SDK_LOG_CONFIG", str(tmp_path / "nothing.yml"))
    process = _run(sandbox, tmp_path)
    assert process.returncode == 0
    assert "nothing.yml" in process.stderr

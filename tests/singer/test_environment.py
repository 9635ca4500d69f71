"""Settings from environment variables and from `.env`: the same checks on every way in."""

from __future__ import annotations

import codecs
import os
from typing import TYPE_CHECKING, Any

import pytest
import singer_sdk

from tap_omnimessages.tap import TapOmniMessages
from tests.support import STREAMS, Extraction, run_command, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from omnimessages_sandbox import Sandbox

_PREFIX = "TAP_OMNIMESSAGES_"
_KEY = "CANARY-key-7f3a9"


@pytest.fixture(autouse=True)
def dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the `.env` that the SDK finds, as if it were installed below this folder."""
    package = tmp_path / "venv" / "singer_sdk" / "__init__.py"
    monkeypatch.setattr(singer_sdk, "__file__", str(package))
    before = dict(os.environ)
    yield tmp_path / ".env"
    # What the file has set is taken back.
    os.environ.clear()
    os.environ.update(before)


def _set(monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]) -> None:
    for name, value in settings.items():
        monkeypatch.setitem(os.environ, f"{_PREFIX}{name.upper()}", str(value))


def _run(folder: Path) -> Any:
    process = run_command("--config=ENV", folder=folder)
    assert "Traceback" not in process.stderr
    assert "Unexpected" not in process.stderr
    assert _KEY not in process.stderr
    return process


def _all_settings() -> list[str]:
    TapOmniMessages.append_builtin_config(TapOmniMessages.config_jsonschema)
    return list(TapOmniMessages.config_jsonschema["properties"])


@pytest.mark.parametrize("blank", ["", "  "])
def test_an_empty_variable_sets_nothing(
    blank: str, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set(monkeypatch, {**dict.fromkeys(_all_settings(), blank), **settings_of(sandbox)})
    process = _run(tmp_path)
    assert process.returncode == 0, process.stderr
    assert set(Extraction.of(process.stdout).schemas) == set(STREAMS)


def test_an_empty_variable_leaves_what_a_file_sets(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set(monkeypatch, dict.fromkeys(_all_settings(), ""))
    process = run_command("--config=ENV", settings=settings_of(sandbox), folder=tmp_path)
    assert process.returncode == 0, process.stderr


_FAULTY = {
    "antbuddy_page_size": ("many", "ten", "1_000", "1.5", "0x10", "--1", "9" * 5000, _KEY),
    "etelecom_sweep_ratings": ("ja", "maybe", "2", "y", _KEY),
    "flattening_enabled": ("ja", _KEY),
    "stream_maps": ("{", "5", "[]", "null", '{"a": NaN}', "'{}'", _KEY),
    "stream_map_config": ("{", "5", '"text"', _KEY),
    "batch_config": ("{", "[]", "file:///srv", '{"storage": {"root": "\\ud800"}}', _KEY),
    "faker_config": ("{", "5"),
}
_CASES = [
    (name, text, is_in_file)
    for name, texts in _FAULTY.items()
    for text in texts
    for is_in_file in (False, True)
]


@pytest.mark.parametrize("case", _CASES, ids=str)
def test_a_variable_of_the_wrong_type_is_named_and_not_quoted(
    case: tuple[str, str, bool],
    dotenv: Path,
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name, text, is_in_file = case
    variable = f"{_PREFIX}{name.upper()}"
    _set(monkeypatch, settings_of(sandbox))
    if is_in_file:
        quoted = text.replace("\\", "\\\\").replace("'", "\\'")
        dotenv.write_text(f"{variable}='{quoted}'\n", encoding="utf-8")
    else:
        _set(monkeypatch, {name: text})
    process = _run(tmp_path)
    assert process.returncode == 1
    (line,) = [line for line in process.stderr.splitlines() if "| ERROR" in line]
    assert f"The environment variable {variable} is not " in line
    assert not sandbox.requests


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: codecs.BOM_UTF8 + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: b"# caf\xe9\nOTHER='caf\xe9'\n" + text.encode(),
        lambda text: text.replace("\n", "\r\n").encode(),
    ],
    ids=["UTF-8 with a mark", "UTF-16", "a Latin-1 byte elsewhere", "lines of Windows"],
)
def test_the_settings_of_a_dotenv_file_count_in_any_encoding(
    encode: Any, dotenv: Path, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set(monkeypatch, {"start_date": "never"})
    lines = [f"{_PREFIX}{name.upper()}={value}" for name, value in settings_of(sandbox).items()]
    lines += [f"{_PREFIX}ETELECOM_SWEEP_RATINGS=", f"{_PREFIX}STREAM_MAPS=''", "", "# text"]
    dotenv.write_bytes(encode("\n".join(lines) + "\n"))
    process = _run(tmp_path)
    assert process.returncode == 0, process.stderr
    assert set(Extraction.of(process.stdout).schemas) == set(STREAMS)


@pytest.mark.parametrize("place", ["environment", ".env"])
def test_a_latin_1_byte_in_a_setting_is_named(
    place: str,
    dotenv: Path,
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _set(monkeypatch, settings_of(sandbox))
    if place == ".env":
        dotenv.write_bytes(b"TAP_OMNIMESSAGES_USER_AGENT=caf\xe9\n")
    else:
        _set(monkeypatch, {"user_agent": os.fsdecode(b"caf\xe9")})
    process = _run(tmp_path)
    assert process.returncode == 1
    assert "variable TAP_OMNIMESSAGES_USER_AGENT is not text in UTF-8." in process.stderr


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"A=\0\n", b"\0\0\0=\n"])
def test_a_dotenv_file_that_is_no_text_is_named(
    content: bytes, dotenv: Path, tmp_path: Path
) -> None:
    dotenv.write_bytes(content)
    process = _run(tmp_path)
    assert process.returncode == 1
    assert f"The file {dotenv} cannot be read" in process.stderr


def test_a_misspelt_variable_is_named_in_a_warning(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set(monkeypatch, {**settings_of(sandbox), "antbudy_api_key": _KEY, "loglevel": "INFO"})
    # Meltano's own begin with two underscores.
    _set(monkeypatch, {"_load_schema": "public"})
    process = _run(tmp_path)
    assert process.returncode == 0, process.stderr
    assert "The tap does not have these settings: antbudy_api_key." in process.stderr


@pytest.mark.parametrize("word", ["true", "TRUE", "1", "yes", " on "])
def test_the_usual_words_for_yes_are_understood(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, {"flattening_enabled": word, "antbuddy_page_size": " 100 "})
    config = TapOmniMessages._env_var_config
    assert config == {"flattening_enabled": True, "antbuddy_page_size": 100}

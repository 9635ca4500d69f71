"""The files of `--config`, `--state` and `--catalog`: pipes, encodings, and what is no JSON."""

from __future__ import annotations

import codecs
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import NOW, START, Extraction, catalog_of, keys_of, run_command, settings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from omnimessages_sandbox import Sandbox

_OPTIONS = ("--config", "--state", "--catalog")
_KEY = "CANARY-key-7f3a9"
_CLOSED = {
    "antbuddy_api_key": _KEY,
    "antbuddy_base_url": "http://127.0.0.1:9/antbuddy",
    "start_date": START,
    "end_date": NOW,
    "max_retry_seconds": 0,
}


def _contents(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """Give a file for each option; the state leaves nothing but the lookback to read."""
    bookmark = {"replication_key_value": NOW, "extracted_from": START}
    state = {"bookmarks": {"antbuddy_sessions": bookmark}}
    return dict(zip(_OPTIONS, (settings_of(sandbox), state, catalog_of()), strict=True))


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Write a text into a named pipe, once, for whoever reads it."""
    threads: list[threading.Thread] = []

    def write(text: str) -> Path:
        path = tmp_path / f"pipe{len(threads)}"
        os.mkfifo(path)
        thread = threading.Thread(target=path.write_text, args=(text,), daemon=True)
        thread.start()
        threads.append(thread)
        return path

    yield write
    for thread in threads:
        thread.join(timeout=30)


def _assert_same(process: subprocess.CompletedProcess[str], plain: Extraction) -> None:
    assert process.returncode == 0, process.stderr
    run = Extraction.of(process.stdout)
    assert keys_of(run) == keys_of(plain)
    assert run.state == plain.state


def _run_plainly(contents: dict[str, dict[str, Any]], folder: Path) -> Extraction:
    arguments = []
    for option, content in contents.items():
        path = folder / f"plain{option}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        arguments += [option, str(path)]
    process = run_command(*arguments, folder=folder)
    assert process.returncode == 0, process.stderr
    return Extraction.of(process.stdout)


def test_every_file_can_be_a_named_pipe(
    sandbox: Sandbox, tmp_path: Path, pipe: Callable[[str], Path]
) -> None:
    contents = _contents(sandbox)
    arguments = [a for o, c in contents.items() for a in (o, str(pipe(json.dumps(c))))]
    _assert_same(run_command(*arguments, folder=tmp_path), _run_plainly(contents, tmp_path))


@pytest.mark.parametrize("option", _OPTIONS)
@pytest.mark.parametrize("name", ["/dev/stdin", "-"])
def test_every_file_can_be_standard_input(
    name: str, option: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    contents = _contents(sandbox)
    plain = _run_plainly(contents, tmp_path)
    arguments = [
        a for o in _OPTIONS for a in (o, name if o == option else str(tmp_path / f"plain{o}.json"))
    ]
    process = subprocess.run(
        [sys.executable, "-m", "tap_omnimessages", *arguments],
        input=json.dumps(contents[option]),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    _assert_same(process, plain)


def test_two_options_cannot_share_a_pipe(tmp_path: Path, pipe: Callable[[str], Path]) -> None:
    path = str(pipe(json.dumps(_CLOSED)))
    for option in ("--state", "--config"):
        process = run_command("--config", path, option, path, folder=tmp_path)
        assert process.returncode == 1
        assert f"given with {option} is a pipe, which --config has read" in process.stderr
        path = str(pipe(json.dumps(_CLOSED)))
    # The last one is for nobody.
    Path(path).read_text(encoding="utf-8")


@pytest.mark.parametrize("option", _OPTIONS)
@pytest.mark.parametrize(
    "encode",
    [
        lambda text: codecs.BOM_UTF8 + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-le"),
        lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
        lambda text: text.encode("utf-32"),
    ],
    ids=["UTF-8 with a mark", "UTF-16", "UTF-16 without a mark", "UTF-16 BE", "UTF-32"],
)
def test_every_usual_encoding_is_read(
    encode: Callable[[str], bytes], option: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    contents = _contents(sandbox)
    plain = _run_plainly(contents, tmp_path)
    text = json.dumps({**contents[option], "note": "phiên xin chào"}, ensure_ascii=False)
    (tmp_path / f"plain{option}.json").write_bytes(encode(text))
    arguments = [a for o in _OPTIONS for a in (o, str(tmp_path / f"plain{o}.json"))]
    _assert_same(run_command(*arguments, folder=tmp_path), plain)


def test_the_last_of_several_files_counts_and_the_environment_after_them(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(sandbox)
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text(json.dumps({**settings, "start_date": "never", "end_date": "never"}))
    second.write_bytes(json.dumps({"start_date": START}).encode("utf-16"))
    monkeypatch.setenv("TAP_OMNIMESSAGES_END_DATE", settings["end_date"])
    paths = ["--config", str(first), "--config=ENV", "--config", str(second)]
    process = run_command(*paths, folder=tmp_path)
    assert process.returncode == 0, process.stderr
    assert keys_of(Extraction.of(process.stdout)) == keys_of(_run_plainly_of(settings, tmp_path))


def _run_plainly_of(settings: dict[str, Any], folder: Path) -> Extraction:
    return _run_plainly({"--config": settings}, folder)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"a": "\xe9"}', "it is not text in UTF-8 at byte 7"),
        (b'{"a": 1', "line 1 column"),
        (b'{"a": NaN}', "a number that no target can store"),
        (b'{"a": -Infinity}', "a number that no target can store"),
        (b'{"a": 1e999}', "a number that no target can store"),
        (b'{"a": %b}' % (b"9" * 5000), "a number that no target can store"),
        (b'{"a": "\\ud800"}', "half of a character"),
        (b'{"\\udfff": 1}', "half of a character"),
        (b'{"a": %b1%b}' % (b"[" * 150, b"]" * 150), "more than 100 levels"),
        (b'{"a": %b1%b}' % (b"[" * 99_999, b"]" * 99_999), "more than 100 levels"),
        (b"\0" * 40, "valid JSON"),
        (b'{"a": 1}\0', "valid JSON"),
        (b'"a text"', "does not contain a JSON object"),
        (b"null", "does not contain a JSON object"),
    ],
)
@pytest.mark.parametrize("option", _OPTIONS)
def test_what_is_no_usable_json_is_refused_in_one_sentence(
    option: str, content: bytes, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "input"
    path.write_bytes(content)
    process = run_command(option, str(path), settings=_CLOSED, folder=tmp_path)
    assert process.returncode == 1
    (line,) = [line for line in process.stderr.splitlines() if "| ERROR" in line]
    assert f"given with {option}" in line
    assert words in line


@pytest.mark.parametrize("option", _OPTIONS)
@pytest.mark.parametrize("name", ["", ".", "missing", "missing/file", "x" * 300])
def test_what_is_no_file_is_refused_in_one_sentence(name: str, option: str, tmp_path: Path) -> None:
    path = str(tmp_path / name) if name else ""
    process = run_command(option, path, settings=_CLOSED, folder=tmp_path)
    assert process.returncode == 1
    (line,) = [line for line in process.stderr.splitlines() if "| ERROR" in line]
    assert f"given with {option} cannot be read" in line


@pytest.mark.parametrize("content", [b"", b" \n", codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
def test_an_empty_file_of_settings_or_state_sets_nothing(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.write_bytes(content)
    process = run_command("--config", str(path), folder=tmp_path)
    assert "The setting start_date is missing." in process.stderr
    process = run_command("--state", str(path), settings=_CLOSED, folder=tmp_path)
    # The run gets as far as its first request.
    assert "refuses the connection" in process.stderr
    process = run_command("--catalog", str(path), settings=_CLOSED, folder=tmp_path)
    assert "is not a Singer catalog" in process.stderr


def test_a_whole_number_may_be_written_with_a_point(sandbox: Sandbox, tmp_path: Path) -> None:
    settings = settings_of(sandbox, max_concurrency=4.0, antbuddy_page_size=50.0)
    process = run_command(settings=settings, folder=tmp_path)
    assert process.returncode == 0, process.stderr
    assert {r.params["limit"] for r in sandbox.requests if r.api == "antbuddy"} >= {"50"}

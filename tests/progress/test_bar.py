"""The progress bar: drawn only on a terminal, never mixed with log lines, and always removed."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
from typing import IO, TYPE_CHECKING, Any

import pytest
from typing_extensions import override

from omnimessages_sandbox import Faults, Sandbox
from tap_omnimessages.http.stats import RequestStats
from tap_omnimessages.progress import bar as progress_bar
from tap_omnimessages.progress.bar import ProgressBar, is_bar_wanted
from tap_omnimessages.progress.lines import Status
from tests.support import STREAMS, Extraction, keys_of, run_command, settings_of, truth

if TYPE_CHECKING:
    from pathlib import Path


def test_a_run_without_a_terminal_does_not_import_tqdm(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(settings_of(sandbox)), encoding="utf-8")
    code = (
        "import sys; from tap_omnimessages.tap import TapOmniMessages\n"
        "TapOmniMessages.cli(sys.argv[1:], standalone_mode=False)\n"
        "print(*sorted(sys.modules), file=sys.stderr)"
    )
    process = subprocess.run(
        [sys.executable, "-c", code, "--config", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded = process.stderr.splitlines()[-1].split()
    assert "tap_omnimessages.progress.bar" in loaded
    assert "tqdm" not in loaded


class _Terminal(io.StringIO):
    @override
    def isatty(self) -> bool:
        return True

    @override
    def fileno(self) -> int:
        return 2


@pytest.mark.parametrize(
    ("variables", "is_wanted"),
    [
        ({}, True),
        ({"MELTANO_EXTRACTOR_NAME": "tap-omnimessages"}, False),
        ({"MELTANO_PROJECT_ROOT": "anywhere"}, False),
        ({"SINGER_SDK_LOG_CONFIG": "log.yml"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_a_bar_is_drawn_on_a_terminal_unless_a_machine_reads_the_log(
    variables: dict[str, str],
    is_wanted: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("tqdm", reason="the bar's library is an extra")
    _use_terminal(monkeypatch)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with contextlib.redirect_stderr(_Terminal()), contextlib.redirect_stdout(io.StringIO()):
        assert is_bar_wanted() == is_wanted


def test_no_bar_is_drawn_over_records_on_a_log_file_or_without_tqdm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _use_terminal(monkeypatch)
    with contextlib.redirect_stderr(_Terminal()):
        with contextlib.redirect_stdout(_Terminal()):
            assert not is_bar_wanted()
        monkeypatch.setattr(progress_bar, "find_spec", lambda _: None)
        with contextlib.redirect_stdout(io.StringIO()):
            assert not is_bar_wanted()
    with contextlib.redirect_stderr(io.StringIO()):
        assert not is_bar_wanted()


def test_no_bar_is_drawn_on_a_terminal_without_a_width(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tqdm", reason="the bar's library is an extra")
    _use_terminal(monkeypatch)
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((0, 0)))
    with contextlib.redirect_stderr(_Terminal()), contextlib.redirect_stdout(io.StringIO()):
        assert not is_bar_wanted()


def _use_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*os.environ]:
        if name.startswith("MELTANO_") or name == "SINGER_SDK_LOG_CONFIG":
            monkeypatch.delenv(name)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((120, 24)))


class PseudoTerminal:
    """A terminal that records everything written to it."""

    def __init__(self) -> None:
        # Imported here, because Windows has none of them.
        import fcntl  # noqa: PLC0415
        import struct  # noqa: PLC0415
        import termios  # noqa: PLC0415

        self._own, self.end = os.openpty()
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 200, 0, 0))
        self._texts: list[bytes] = []
        self._drawn = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        # Reading a terminal fails once its other end is closed.
        with contextlib.suppress(OSError):
            while text := os.read(self._own, 65536):
                self._texts.append(text)
                if b"%|" in self.written:
                    self._drawn.set()

    def wait_for_bar(self) -> bool:
        return self._drawn.wait(30)

    @property
    def written(self) -> bytes:
        return b"".join(self._texts)

    def rows(self) -> list[str]:
        """Return the rows on the screen at the end; close the other end first.

        Text after a carriage return overwrites the row.
        """
        self._reader.join(30)
        os.close(self._own)
        rows = []
        for line in self.written.decode().split("\n"):
            row = ""
            for text in line.split("\r"):
                row = text + row[len(text) :]
            rows.append(row.rstrip())
        return rows


_needs_terminal = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="pseudo-terminals behave differently elsewhere"
)
_LOG_ROW = re.compile(r"\d{4}-\d\d-\d\d [\d:,]+ \| (INFO|WARNING|ERROR) +\| [\w.-]+ +\| \S.*")


@_needs_terminal
def test_the_bar_tears_no_log_line_and_leaves_nothing_on_the_screen(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tqdm", reason="the bar's library is an extra")
    _use_terminal(monkeypatch)
    # The bar is drawn with every page, and by the thread in between.
    monkeypatch.setattr(ProgressBar, "interval_seconds", 0.001)
    sandbox.faults = Faults(script=["ok", "ok", "503", "ok", "429:0"] * 3)
    terminal = PseudoTerminal()
    with open(terminal.end, "w", encoding="utf-8") as stderr:  # noqa: PTH123 - a descriptor
        process = _run_at(stderr, settings_of(sandbox, antbuddy_window_days=2), tmp_path)
    rows = terminal.rows()
    assert process.returncode == 0
    drawn = terminal.written.decode()
    for stream in STREAMS:
        assert re.search(rf"\d%\|[^|]*\| {stream}, window \d+ of \d+ from \d", drawn)
    assert rows.pop() == ""
    assert [row for row in rows if not _LOG_ROW.fullmatch(row)] == []
    assert sum("records/s" in row for row in rows) == len(STREAMS)


def _run_at(
    stderr: IO[str], settings: dict[str, Any], folder: Path
) -> subprocess.CompletedProcess[str]:
    class Errors(io.StringIO):
        """Passes the command's standard error on to the terminal."""

        @override
        def write(self, text: str) -> int:
            return stderr.write(text)

        @override
        def flush(self) -> None:
            stderr.flush()

        @override
        def isatty(self) -> bool:
            return stderr.isatty()

        @override
        def fileno(self) -> int:
            return stderr.fileno()

    with pytest.MonkeyPatch.context() as patch:
        outputs = iter([io.StringIO(), Errors()])
        patch.setattr("tests.support.io.StringIO", lambda: next(outputs))
        return run_command(settings=settings, folder=folder)


@_needs_terminal
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_removes_the_bar(
    number: signal.Signals, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tqdm", reason="the bar's library is an extra")
    _use_terminal(monkeypatch)
    # The lowest singer-sdk warns about old Pythons in two lines, which are no log lines.
    monkeypatch.setenv("PYTHONWARNINGS", "ignore::FutureWarning")
    sandbox.faults = Faults(script=["ok"] * 3, permanent="never")
    path = tmp_path / "config.json"
    path.write_text(json.dumps(settings_of(sandbox)), encoding="utf-8")
    terminal = PseudoTerminal()
    command = [sys.executable, "-m", "tap_omnimessages", "--config", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=terminal.end)
    os.close(terminal.end)
    assert terminal.wait_for_bar()
    process.send_signal(number)
    assert process.wait(30) == 128 + number
    rows = terminal.rows()
    assert rows.pop() == ""
    assert number.name in rows[-1]
    assert [row for row in rows if not _LOG_ROW.fullmatch(row)] == []


def test_the_bar_is_drawn_only_once_it_can_be_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    tqdm = pytest.importorskip("tqdm", reason="the bar's library is an extra").tqdm
    bar, terminal = ProgressBar(), _Terminal()
    drawn: list[bool] = []
    display = tqdm.display

    def spy(drawing: Any, *arguments: Any, **options: Any) -> Any:
        drawn.append(bar._bar is drawing)
        return display(drawing, *arguments, **options)

    monkeypatch.setattr(tqdm, "display", spy)
    with contextlib.redirect_stderr(terminal):
        bar.show(_status())
        bar.close()
    assert drawn
    assert drawn[0]
    # Closing overwrites the bar with spaces.
    assert terminal.getvalue().rsplit("\r", 1)[0].rsplit("\r", 1)[1].strip() == ""


def _status() -> Status:
    return Status(
        stream="a_stream",
        window=None,
        number=1,
        windows=2,
        revisited=0,
        share=0.5,
        records=1,
        seconds=1.0,
        seconds_left=None,
        waits_for_loader=False,
        request_stats=RequestStats(),
    )


@_needs_terminal
def test_tqdm_settings_in_the_environment_end_no_sync(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tqdm", reason="the bar's library is an extra")
    _use_terminal(monkeypatch)
    monkeypatch.setattr(ProgressBar, "interval_seconds", 0.001)
    for name, value in {"ASCII": "1", "DISABLE": "1", "NCOLS": "0", "BAR_FORMAT": "{"}.items():
        monkeypatch.setenv(f"TQDM_{name}", value)
    terminal = PseudoTerminal()
    with open(terminal.end, "w", encoding="utf-8") as stderr:  # noqa: PTH123 - a descriptor
        process = _run_at(stderr, settings_of(sandbox), tmp_path)
    terminal.rows()
    assert process.returncode == 0
    assert keys_of(Extraction.of(process.stdout)) == truth(sandbox)


@_needs_terminal
def test_log_lines_replace_a_bar_that_breaks(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tqdm = pytest.importorskip("tqdm", reason="the bar's library is an extra").tqdm
    _use_terminal(monkeypatch)
    monkeypatch.setattr(ProgressBar, "interval_seconds", 0.001)

    display = tqdm.display

    def break_down(bar: Any, *arguments: Any, **options: Any) -> Any:
        # Not while the bar is made: the lowest version of tqdm would fail when it deletes the bar.
        if hasattr(bar, "last_print_t"):
            raise ZeroDivisionError
        return display(bar, *arguments, **options)

    monkeypatch.setattr(tqdm, "display", break_down)
    terminal = PseudoTerminal()
    with open(terminal.end, "w", encoding="utf-8") as stderr:  # noqa: PTH123 - a descriptor
        process = _run_at(stderr, settings_of(sandbox), tmp_path)
    rows = terminal.rows()
    assert process.returncode == 0
    assert keys_of(Extraction.of(process.stdout)) == truth(sandbox)
    assert sum("records/s" in row for row in rows) == len(STREAMS)
    assert not any("Traceback" in row for row in rows)


@pytest.mark.parametrize("closing", ["2>&-", "1>&-"])
def test_closed_standard_output_is_an_error_and_closed_standard_error_is_not(
    closing: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(settings_of(sandbox)), encoding="utf-8")
    command = f'exec "{sys.executable}" -m tap_omnimessages --config "{path}" {closing}'
    process = subprocess.run(
        ["/bin/sh", "-c", command], capture_output=True, text=True, check=False, timeout=60
    )
    if closing == "2>&-":
        assert process.returncode == 0
        assert keys_of(Extraction.of(process.stdout)) == truth(sandbox)
    else:
        assert process.returncode == 1
        assert "Standard output is closed" in process.stderr
        assert "Unexpected" not in process.stderr

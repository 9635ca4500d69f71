from __future__ import annotations

import json
import logging
import os
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from typing_extensions import override

from orchestrate.command import Command, build_command
from orchestrate.errors import LoadError, run_to_end
from orchestrate.run import main, run_load
from orchestrate.tests.support import (
    KEYS,
    fleet_of,
    progress_line,
    stub_meltano,
    tap_line,
    write_accounts,
)

if TYPE_CHECKING:
    from pathlib import Path

SUMMARY = progress_line("antbuddy_messages", records=40, requests=5, waits=1)

LOGGER = logging.getLogger("test")


@pytest.fixture(autouse=True)
def stubbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNIMESSAGES_ACCOUNTS", str(write_accounts(tmp_path)))
    monkeypatch.setenv("OMNIMESSAGES_MELTANO", str(tmp_path / "meltano"))
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


def command_of(folder: Path) -> Command:
    fleet = fleet_of(write_accounts(folder))
    return build_command(fleet, fleet.account("shop-a"))


def test_a_load_returns_its_figures(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    stub_meltano(tmp_path, SUMMARY)
    result = run_load(command_of(tmp_path), LOGGER)
    assert (result["rows"], result["requests"], result["waits"]) == (40, 5, 1)
    assert "antbuddy_messages: 40 rows, 5 requests, 1 waits, bookmark None" in caplog.messages


def test_a_load_that_fails_raises_the_tap_s_sentence(tmp_path: Path) -> None:
    stub_meltano(tmp_path, tap_line("The API key was refused.", "error"), status=1)
    with pytest.raises(LoadError) as caught:
        run_load(command_of(tmp_path), LOGGER)
    assert str(caught.value) == "The API key was refused."


def test_a_load_shows_no_key(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    key = KEYS["SHOP_A_ANTBUDDY_KEY"]
    stub_meltano(tmp_path, tap_line(f"the key {key} is refused", "error"), key, status=1)
    with pytest.raises(LoadError) as caught:
        run_load(command_of(tmp_path), LOGGER)
    assert key not in "".join([str(caught.value), caplog.text, *capfd.readouterr()])


def test_a_load_gets_the_key_and_the_range_by_environment(tmp_path: Path) -> None:
    said = tmp_path / "said"
    stub_meltano(
        tmp_path,
        then=f"import os, json, sys; open({str(said)!r}, 'w').write("
        "json.dumps([sys.argv[1:], dict(os.environ)]))",
    )
    assert run_to_end(lambda: main(["shop-a", "2026-01-01_2026-02-01"])) == 0
    arguments, env = json.loads(said.read_text(encoding="utf-8"))
    assert env["TAP_OMNIMESSAGES_ANTBUDDY_API_KEY"] == KEYS["SHOP_A_ANTBUDDY_KEY"]
    assert env["TAP_OMNIMESSAGES_END_DATE"] == "2026-02-01"
    assert "SHOP_B_ETELECOM_KEY" not in env
    assert not [value for value in KEYS.values() if value in str(arguments)]


def test_the_command_prints_figures_or_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stub_meltano(tmp_path, SUMMARY)
    assert run_to_end(lambda: main(["shop-a"])) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["account"], figures["chunk"], figures["rows"]) == ("shop-a", None, 40)
    stub_meltano(tmp_path, tap_line("The API key was refused.", "error"), status=1)
    assert run_to_end(lambda: main(["shop-a"])) == 1
    assert capsys.readouterr().err.endswith("shop-a: The API key was refused.\n")


def test_a_missing_meltano_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(LoadError):
        run_load(command_of(tmp_path), LOGGER)


def test_a_load_ends_with_the_task_that_started_it(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    stub_meltano(
        tmp_path,
        then=f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid()));"
        "print('begun', flush=True); time.sleep(600)",
    )

    class InterruptedTaskError(Exception):
        pass

    class Interrupting(logging.Handler):
        @override
        def emit(self, record: logging.LogRecord) -> None:
            raise InterruptedTaskError(record)

    stub = tmp_path / "stub.py"
    code = stub.read_text(encoding="utf-8").replace(
        "print('begun'", f"print({json.dumps(tap_line('begun'))!r}"
    )
    stub.write_text(code, encoding="utf-8")
    logger = logging.getLogger("interrupted")
    logger.setLevel(logging.INFO)
    command = command_of(tmp_path)
    logger.addFilter(lambda record: record.getMessage() == "begun")
    logger.addHandler(Interrupting())
    with pytest.raises(InterruptedTaskError):
        run_load(command, logger)
    pid = int(pid_file.read_text(encoding="utf-8"))
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        pytest.fail("the load still runs")

"""The command `tap-omnimessages-sandbox`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import requests
from click.testing import CliRunner

from omnimessages_sandbox.cli import main
from tests.sandbox.client import TIMEOUT
from tests.support import signals_kept

if TYPE_CHECKING:
    from collections.abc import Iterator

    from omnimessages_sandbox import Sandbox

_FULL = Path("/dev/full")
COMMAND = [sys.executable, "-c", "from omnimessages_sandbox.cli import main; main()"]


class Served:
    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "serve", "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )
        assert self.process.stdout is not None
        self.lines = [self.process.stdout.readline().strip() for _ in range(7)]
        self.settings = dict(line.split("=", 1) for line in self.lines if "=" in line)

    @property
    def port(self) -> str:
        return self.lines[0].rpartition(":")[2]

    def stop(self, number: int) -> tuple[int, str]:
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=TIMEOUT)
        return self.process.returncode, errors


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    frozen = Served("--now", "2026-03-01T00:00:00Z", "--seed", "3", "--antbuddy-key", "secret")
    yield frozen
    frozen.stop(signal.SIGTERM)


def test_it_prints_its_address_and_the_settings_for_the_tap(served: Served) -> None:
    assert served.lines[0].startswith("Serving both APIs at http://127.0.0.1:")
    assert served.settings == {
        "TAP_OMNIMESSAGES_ANTBUDDY_API_KEY": "secret",
        "TAP_OMNIMESSAGES_ANTBUDDY_BASE_URL": f"http://127.0.0.1:{served.port}/antbuddy",
        "TAP_OMNIMESSAGES_ETELECOM_API_KEY": "sandbox-etelecom-key",
        "TAP_OMNIMESSAGES_ETELECOM_BASE_URL": f"http://127.0.0.1:{served.port}/etelecom/v1/shop",
        "TAP_OMNIMESSAGES_START_DATE": "2025-12-01T00:00:00Z",
    }


def test_the_printed_settings_work(served: Served) -> None:
    response = requests.get(
        served.settings["TAP_OMNIMESSAGES_ANTBUDDY_BASE_URL"] + "/messages",
        params={"created_from": "2026-02-01T00:00:00Z", "created_to": "2026-03-01T00:00:00Z"},
        headers={"apikey": served.settings["TAP_OMNIMESSAGES_ANTBUDDY_API_KEY"]},
        timeout=TIMEOUT,
    )
    assert response.json()["data"]["total"] > 500


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_exits_with_0_on_a_signal(number: int) -> None:
    assert Served().stop(number) == (0, "")


def test_it_exits_with_0_on_two_signals_at_once() -> None:
    served = Served()
    served.process.send_signal(signal.SIGINT)
    assert served.stop(signal.SIGTERM) == (0, "")


@pytest.mark.parametrize("option", ["--variant", "--reading"])
def test_a_variant_is_chosen_by_its_option_or_the_alias(option: str) -> None:
    served = Served(option, "antbuddy_page_cap=2", option, "etelecom_order=oldest")
    address = served.lines[0].rpartition(" ")[2]
    variants = requests.get(f"{address}/sandbox/variants", timeout=TIMEOUT).json()
    served.stop(signal.SIGTERM)
    assert (variants["antbuddy_page_cap"], variants["etelecom_order"]) == (2, "oldest")


def test_the_clock_command_shows_sets_and_moves_the_clock(sandbox: Sandbox) -> None:
    port = sandbox.address.rpartition(":")[2]

    def clock(*options: str) -> str:
        result = CliRunner().invoke(main, ["clock", "--port", port, *options])
        assert result.exit_code == 0
        return result.output.strip()

    assert clock() == "2026-02-01T00:00:00.000000Z (frozen)"
    assert clock("--advance", "1d") == "2026-02-02T00:00:00.000000Z (frozen)"
    assert clock("--advance", "-90m") == "2026-02-01T22:30:00.000000Z (frozen)"
    assert clock("--set", "2026-01-01T00:00:00Z").startswith("2026-01-01T00:00:00")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["serve", "--variant", "color=red"], "There is no switch 'color' among the variants"),
        (["serve", "--fault", "script=boom"], "There is no fault 'boom'"),
        (["clock", "--port", "1"], "No sandbox responds at http://127.0.0.1:1/"),
        (["clock", "--advance", "3x"], "'3x' is not a duration"),
        (["serve", "--start", "soon"], "'soon' is not a time"),
    ],
)
def test_a_mistake_is_reported_in_one_sentence(arguments: list[str], sentence: str) -> None:
    process = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=30, check=False
    )
    assert process.returncode != 0
    assert sentence in process.stderr
    assert "Traceback" not in process.stderr


def test_a_taken_port_is_reported_in_one_sentence_with_exit_code_1(sandbox: Sandbox) -> None:
    port = sandbox.address.rpartition(":")[2]
    process = subprocess.run(
        [*COMMAND, "serve", "--port", port],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert process.returncode == 1
    assert process.stderr.startswith(f"Error: Port {port} on 127.0.0.1 cannot be used")
    assert len(process.stderr.splitlines()) == 1


def test_it_serves_with_standard_output_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    def end(_: float) -> None:
        signal.raise_signal(signal.SIGTERM)

    own_clock = SimpleNamespace(sleep=end, time_ns=time.time_ns)
    monkeypatch.setattr("omnimessages_sandbox.cli.time", own_clock)
    monkeypatch.setattr(sys, "stdout", None)
    with signals_kept():
        main(["serve", "--port", "0"], standalone_mode=False)


@pytest.mark.skipif(not _FULL.exists(), reason="needs a device that is full")
@pytest.mark.parametrize("arguments", [["serve", "--port", "0"], ["switches"], ["--help"]])
def test_a_full_disk_is_reported_in_one_sentence(arguments: list[str]) -> None:
    with _FULL.open("w", encoding="utf-8") as full:
        process = subprocess.run(
            [*COMMAND, *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
            check=False,
        )
    assert process.returncode == 1
    assert process.stderr.startswith("Error: standard output cannot be written: ")
    assert len(process.stderr.splitlines()) == 1


def test_switches_lists_every_switch_and_fault() -> None:
    output = CliRunner().invoke(main, ["switches"]).output
    assert "--variant antbuddy_page_cap=None" in output
    assert "A5: Is limit capped?" in output
    assert "cap:N: No query shows more than N rows" in output
    assert "cut_chunked" in output

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from orchestrate.command import API_KEYS, build_command
from orchestrate.errors import FleetError
from orchestrate.plan import Chunk
from orchestrate.tests.support import KEYS, STEADY, fleet_of, write_accounts

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrate.accounts import Fleet

CHUNK = Chunk(date(2026, 1, 1), date(2026, 2, 1))
WORKER = {
    **KEYS,
    "PATH": "/usr/bin",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql://u:invented@h/d",
    "TAP_OMNIMESSAGES_ETELECOM_API_KEY": "of-the-worker",
    "TAP_OMNIMESSAGES_END_DATE": "2020-01-01",
    "TARGET_POSTGRES_PASSWORD": "invented-password",
}


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return fleet_of(write_accounts(tmp_path))


def test_a_chunk_has_a_state_and_a_range_of_its_own(fleet: Fleet) -> None:
    command = build_command(fleet, fleet.account("shop-a"), CHUNK, env=WORKER)
    assert command.arguments == [
        "meltano",
        "--environment=prod",
        "--log-format=json",
        "el",
        f"--state-id={STEADY}:2026-01-01_2026-02-01",
        "tap-omnimessages",
        "target-postgres",
    ]
    assert command.env["TAP_OMNIMESSAGES_START_DATE"] == "2026-01-01"
    assert command.env["TAP_OMNIMESSAGES_END_DATE"] == "2026-02-01"


def test_a_steady_run_has_no_end(fleet: Fleet) -> None:
    command = build_command(fleet, fleet.account("shop-a"), env=WORKER)
    assert f"--state-id={STEADY}" in command.arguments
    assert command.env["TAP_OMNIMESSAGES_START_DATE"] == "2026-01-01"
    assert not command.env["TAP_OMNIMESSAGES_END_DATE"]


def test_a_full_refresh_is_meltano_s(fleet: Fleet) -> None:
    account = fleet.account("shop-a")
    command = build_command(fleet, account, CHUNK, full_refresh=True, env=WORKER)
    assert command.arguments[3:5] == ["el", "--full-refresh"]


def test_settings_become_variables(fleet: Fleet) -> None:
    env = build_command(fleet, fleet.account("shop-a"), env=WORKER).env
    assert env["TAP_OMNIMESSAGES_MAX_CONCURRENCY"] == "8"
    assert env["TAP_OMNIMESSAGES_ETELECOM_SWEEP_RATINGS"] == "false"
    assert env["TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA"] == "omnimessages_shop_a"
    assert env["OMNIMESSAGES_ACCOUNT"] == "shop-a"
    assert env["PATH"] == "/usr/bin"


def test_a_load_knows_its_own_keys_only(fleet: Fleet) -> None:
    command = build_command(fleet, fleet.account("shop-a"), env=WORKER)
    assert command.env["TAP_OMNIMESSAGES_ANTBUDDY_API_KEY"] == "invented-key-a"
    # Empty: not the worker's own, which would load its rows into every account.
    assert not command.env["TAP_OMNIMESSAGES_ETELECOM_API_KEY"]
    assert "SHOP_B_ETELECOM_KEY" not in command.env
    assert not [name for name in command.env if name.startswith("AIRFLOW")]
    assert command.hidden == ["invented-password", "invented-key-a"]
    shown = f"{command} {' '.join(command.arguments)}"
    assert not [value for value in (*KEYS.values(), "invented-password") if value in shown]


def test_a_missing_key_ends_the_load_before_it_begins(fleet: Fleet) -> None:
    with pytest.raises(FleetError, match="SHOP_A_ANTBUDDY_KEY is not set"):
        build_command(fleet, fleet.account("shop-a"), env={})


def test_every_key_of_the_tap_can_be_a_secret(fleet: Fleet) -> None:
    assert set(fleet.extractor.secrets) == set(API_KEYS)

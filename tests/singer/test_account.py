"""A state carries which account it belongs to, and no other account continues from it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import (
    STREAMS,
    STREAMS_OF,
    Extraction,
    catalog_of,
    extract,
    keys_of,
    only,
    run_command,
    settings_of,
    truth,
)

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from omnimessages_sandbox import Sandbox

_NEW_KEY = "an-invented-renewed-key"
_KEYS = {"antbuddy_api_key": _NEW_KEY, "etelecom_api_key": _NEW_KEY}
_ID = re.compile(r"(?:antbuddy|etelecom)-[0-9a-f]{12}")


def _accounts(state: dict[str, Any]) -> dict[str, Any]:
    return {name: mark.get("account") for name, mark in state["bookmarks"].items()}


def _without_accounts(state: dict[str, Any]) -> dict[str, Any]:
    marks = {
        name: {key: value for key, value in mark.items() if key != "account"}
        for name, mark in state["bookmarks"].items()
    }
    return {"bookmarks": marks}


def _deselect(*streams: str) -> dict[str, Any]:
    return catalog_of(**{stream: {"selected": False} for stream in streams})


def _run(
    settings: dict[str, Any], state: dict[str, Any], folder: Path
) -> subprocess.CompletedProcess[str]:
    path = folder / "state.json"
    path.write_text(json.dumps(state), encoding="utf-8")
    return run_command("--state", str(path), settings=settings, folder=folder)


@pytest.fixture
def state(sandbox: Sandbox) -> dict[str, Any]:
    return extract(settings_of(sandbox)).state


def test_every_bookmark_of_every_state_names_its_account(sandbox: Sandbox) -> None:
    run = extract(settings_of(sandbox, antbuddy_window_days=10, etelecom_window_days=10))
    accounts = _accounts(run.state)
    assert set(accounts) == set(STREAMS)
    for provider, streams in STREAMS_OF.items():
        (account,) = {accounts[stream] for stream in streams}
        assert _ID.fullmatch(account)
        assert account.startswith(provider)
    for state in run.states:
        for stream, mark in state["bookmarks"].items():
            assert "replication_key_value" not in mark or mark["account"] == accounts[stream]


def test_a_state_of_another_account_is_refused_before_any_request(
    sandbox: Sandbox, state: dict[str, Any], tmp_path: Path
) -> None:
    sandbox.clear_requests()
    process = _run(settings_of(sandbox, antbuddy_api_key=_NEW_KEY), state, tmp_path)
    assert process.returncode == 1
    assert not process.stdout
    assert not sandbox.requests
    assert "Traceback" not in process.stderr
    assert "Unexpected" not in process.stderr
    (sentence,) = [line for line in process.stderr.splitlines() if "| ERROR" in line]
    for word in ("antbuddy_messages and antbuddy_sessions", "antbuddy_api_key", "former_accounts"):
        assert word in sentence
    assert "etelecom" not in sentence
    assert _accounts(state)["antbuddy_messages"] in sentence
    assert _NEW_KEY not in process.stderr


def test_another_base_url_is_another_account_and_another_port_of_this_machine_is_not(
    sandbox: Sandbox, state: dict[str, Any], tmp_path: Path
) -> None:
    url = settings_of(sandbox)["antbuddy_base_url"]
    refused = _run(settings_of(sandbox, antbuddy_base_url=f"{url}/other"), state, tmp_path)
    assert "antbuddy_base_url" in refused.stderr
    assert "former_accounts" in refused.stderr
    written_otherwise = url.replace("127.0.0.1", "localhost") + "/"
    run = extract(settings_of(sandbox, antbuddy_base_url=written_otherwise), state=state)
    assert run.error is None
    assert run.state == state


def test_after_a_key_was_renewed_one_run_takes_the_bookmarks_over(
    sandbox: Sandbox, state: dict[str, Any], tmp_path: Path
) -> None:
    settings = settings_of(sandbox, **_KEYS)
    refused = _run(settings, state, tmp_path)
    told = set(_ID.findall(refused.stderr))
    assert set(_accounts(state).values()) <= told
    taken_over = extract({**settings, "former_accounts": ", ".join(told)}, state=state)
    assert taken_over.error is None
    assert _without_accounts(taken_over.state) == _without_accounts(state)
    assert not set(_accounts(taken_over.state).values()) & set(_accounts(state).values())
    later = extract(settings, state=taken_over.state)
    assert later.error is None
    assert later.state == taken_over.state


def test_a_run_that_fails_on_its_way_has_taken_all_bookmarks_over(
    sandbox: Sandbox, state: dict[str, Any]
) -> None:
    former = ",".join(set(map(str, _accounts(state).values())))
    settings = settings_of(sandbox, **_KEYS, former_accounts=former)
    first = extract(settings, state=state).states[0]
    assert not set(_accounts(first).values()) & set(_accounts(state).values())


def test_former_accounts_that_stay_set_admit_no_third_account(
    sandbox: Sandbox, state: dict[str, Any]
) -> None:
    others = extract(settings_of(sandbox, **_KEYS)).state
    former = ",".join(set(map(str, _accounts(state).values())))
    third = dict.fromkeys(_KEYS, "an-invented-third-key")
    run = extract(settings_of(sandbox, **third, former_accounts=former), state=others)
    assert "former_accounts" in str(getattr(run.error, "errors", run.error))
    assert not run.messages


def test_a_state_without_accounts_is_accepted_and_gets_them(
    sandbox: Sandbox, state: dict[str, Any]
) -> None:
    run = extract(settings_of(sandbox), state=_without_accounts(state))
    assert run.error is None
    assert run.state == state


def test_only_the_accounts_of_selected_streams_matter(
    sandbox: Sandbox, state: dict[str, Any]
) -> None:
    settings = settings_of(sandbox, antbuddy_api_key=_NEW_KEY)
    catalog = _deselect(*STREAMS_OF["antbuddy"])
    run = extract(settings, state=state, catalog=catalog)
    assert run.error is None
    assert run.state == state
    run = extract(only(sandbox, "etelecom"), state=state)
    assert run.error is None
    assert run.state == state


def test_a_stream_that_is_read_whole_and_one_without_a_bookmark_take_any_state(
    sandbox: Sandbox, state: dict[str, Any]
) -> None:
    settings = only(sandbox, "etelecom", etelecom_api_key=_NEW_KEY)
    catalog = catalog_of(etelecom_zns_messages={"replication-method": "FULL_TABLE"})
    run = extract(settings, state=state, catalog=catalog)
    assert run.error is None
    assert "account" not in run.bookmark("etelecom_zns_messages")
    del state["bookmarks"]["etelecom_zns_messages"]["replication_key_value"]
    run = extract(settings, state=state)
    assert run.error is None
    assert keys_of(run)["etelecom_zns_messages"] == truth(sandbox)["etelecom_zns_messages"]
    assert run.bookmark("etelecom_zns_messages")["account"].startswith("etelecom-")


def test_a_backfill_keeps_the_account(sandbox: Sandbox) -> None:
    late = extract(settings_of(sandbox, start_date="2026-03-20T00:00:00Z"))
    early = extract(settings_of(sandbox), state=late.state)
    assert early.error is None
    assert _accounts(early.state) == _accounts(late.state)


@pytest.mark.parametrize("value", [5, {}, "", "an invented key", "antbuddy-an-invented-key"])
def test_an_account_that_the_tap_did_not_write_is_refused_and_not_repeated(
    value: Any, sandbox: Sandbox, state: dict[str, Any], tmp_path: Path
) -> None:
    state["bookmarks"]["antbuddy_sessions"]["account"] = value
    process = _run(settings_of(sandbox), state, tmp_path)
    assert process.returncode == 1
    assert "antbuddy_sessions has an account that this tap did not write" in process.stderr
    assert "invented key" not in process.stderr
    assert not Extraction.of(process.stdout).messages


@pytest.mark.parametrize("value", ["an invented key", "antbuddy-12", "antbuddy-0123456789ab;x"])
def test_former_accounts_that_are_none_are_refused_and_not_repeated(
    value: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    process = _run(settings_of(sandbox, former_accounts=value), {}, tmp_path)
    assert process.returncode == 1
    assert "The setting former_accounts" in process.stderr
    assert value not in process.stderr
    assert not process.stdout


@pytest.mark.parametrize("value", ["", " ", None])
def test_empty_former_accounts_are_not_set(value: Any, sandbox: Sandbox) -> None:
    assert extract(settings_of(sandbox, former_accounts=value)).error is None

"""AntBuddy's `/messages` in the documented format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from omnimessages_sandbox import FixedWorld, Sandbox
from tests.sandbox.client import NOW, TIMEOUT, all_sessions, get_messages, ids, session_page, total

SAMPLE = json.loads(
    (Path(__file__).parents[1] / "samples" / "antbuddy_messages.json").read_text("utf-8")
)


def test_the_sample_response_is_served_field_by_field() -> None:
    with Sandbox(world=FixedWorld(SAMPLE["data"]["sessions"]), now=NOW) as sandbox:
        response = get_messages(sandbox, created_from="2025-12-01T00:00:00.000Z")
        assert response.json() == SAMPLE
        assert list(response.json()["data"]["sessions"][0]) == list(SAMPLE["data"]["sessions"][0])
        assert response.headers["Content-Type"].startswith("application/json")


def test_pages_add_up_to_the_window_in_ascending_order(sandbox: Sandbox) -> None:
    found = all_sessions(sandbox, limit=37)
    assert len(found) == len(set(ids(found))) == total(sandbox, limit=1)
    assert [each["createdAt"] for each in found] == sorted(each["createdAt"] for each in found)


def test_limit_may_exceed_100_and_defaults_to_20(sandbox: Sandbox) -> None:
    assert len(session_page(sandbox, limit=150)) == 150
    assert len(session_page(sandbox, limit=None)) == 20


def test_epoch_and_iso_bounds_are_equivalent_and_inclusive(one_session: Sandbox) -> None:
    ms = 1767571200000
    for first, last in ((ms, ms), ("2026-01-05T07:00:00+07:00", "2026-01-05T00:00:00.000Z")):
        assert total(one_session, created_from=first, created_to=last) == 1
    assert total(one_session, created_from=ms + 1) == 0
    assert total(one_session, created_to=ms - 1) == 0


@pytest.mark.parametrize(
    "params",
    [
        {"created_from": None},
        {"created_to": None},
        {"created_from": "yesterday"},
        {"limit": "ten"},
        {"limit": 0},
        {"offset": -1},
    ],
)
def test_an_invalid_request_is_refused_in_the_envelope(sandbox: Sandbox, params: Any) -> None:
    response = get_messages(sandbox, **params)
    assert response.status_code == 400
    assert response.json()["success"] is False
    assert response.json()["message"]


def test_only_the_configured_api_key_is_accepted() -> None:
    with Sandbox(world=FixedWorld(), now=NOW, antbuddy_key="right") as sandbox:
        assert sandbox.settings()["antbuddy_api_key"] == "right"
        assert get_messages(sandbox, key="right").status_code == 200
        assert get_messages(sandbox, key="wrong").status_code == 401
        assert get_messages(sandbox, key="").json() == {"success": False, "message": "Unauthorized"}


def test_an_unknown_path_is_not_found(sandbox: Sandbox) -> None:
    response = requests.get(
        sandbox.settings()["antbuddy_base_url"] + "/contacts",
        headers={"apikey": "any"},
        timeout=TIMEOUT,
    )
    assert response.status_code == 404


def test_a_request_can_select_one_session(sandbox: Sandbox) -> None:
    wanted = session_page(sandbox)[5]
    assert session_page(sandbox, sessionId=wanted["sessionId"]) == [wanted]

"""What a message takes from its session is whole as well, or is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from omnimessages_sandbox import FixedWorld, Sandbox
from tap_omnimessages.errors import SchemaContractError, TapError
from tap_omnimessages.records.columns import EXTRA_FIELDS
from tests.support import NOW, STREAMS, catalog_of, extract, message, session, settings_of

if TYPE_CHECKING:
    from tests.support import Extraction


def _only_messages(head: dict[str, Any], contract: str = "evolve") -> Extraction:
    world = FixedWorld(sessions=[head], notifications=[], raw=True)
    others = {stream: {"selected": False} for stream in STREAMS if stream != "antbuddy_messages"}
    with Sandbox(world=world, now=NOW) as sandbox:
        settings = settings_of(sandbox, schema_contract=contract)
        return extract(settings, catalog=catalog_of(**others))


def test_a_session_s_value_that_fits_no_message_is_kept_with_its_messages(
    caplog: pytest.LogCaptureFixture,
) -> None:
    at = "2026-03-05T10:00:00Z"
    head = {**session(1, at, message("m1", at, mood="calm")), "leadId": {"odd": 1}, "other": 2}
    run = _only_messages(head)
    assert run.error is None
    (record,) = run.records("antbuddy_messages")
    assert record["lead_id"] is None
    assert record[EXTRA_FIELDS] == {"leadId": {"odd": 1}, "mood": "calm"}
    told = [r.getMessage() for r in caplog.records if "is kept" in r.getMessage()]
    assert [text.partition(" is kept")[0] for text in told] == [
        "antbuddy_messages: the field leadId",
        "antbuddy_messages: the field mood",
    ]
    assert isinstance(_only_messages(head, "freeze").error, SchemaContractError)


@pytest.mark.parametrize("messages", [{"0": {"_id": "m1"}}, "[]", 7, True])
@pytest.mark.parametrize("contract", ["evolve", "discard", "freeze"])
def test_messages_that_are_no_list_end_the_run_before_its_bookmark(
    messages: Any, contract: str
) -> None:
    run = _only_messages({**session(1, "2026-03-05T10:00:00Z"), "messages": messages}, contract)
    assert isinstance(run.error, TapError)
    assert "`messages`" in str(run.error)
    assert "m1" not in str(run.error)
    assert not run.bookmark("antbuddy_messages")


@pytest.mark.parametrize("messages", [None, [], {}, ""])
def test_a_session_without_messages_gives_none(messages: Any) -> None:
    run = _only_messages({**session(1, "2026-03-05T10:00:00Z"), "messages": messages})
    assert run.error is None
    assert run.bookmark("antbuddy_messages")
    assert not run.records("antbuddy_messages")


@pytest.mark.parametrize("page", [None, {"odd": 1}])
def test_without_a_page_no_direction_is_guessed(page: Any) -> None:
    run = _only_messages({**session(1, "2026-03-05T10:00:00Z"), "pageId": page})
    (record,) = run.records("antbuddy_messages")
    assert record["direction"] is None

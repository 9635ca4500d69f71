"""The samples in the documents of the APIs, with every field in its column."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from omnimessages_sandbox import FixedWorld, Sandbox
from tests.support import NOW, extract, settings_of

_SAMPLES = Path(__file__).parents[1] / "samples"
_TALK: dict[str, Any] = {
    "id": "694a156d5e010d29e99bb538",
    "message_id": "e18856385fd006885fc7",
    "channel": "ZALO",
    "from_id": "3673755377776222950",
    "to_id": "7559071987705051666",
    "message": None,
    "msginfo": {
        "type": "text",
        "message": "Dạ, AntBuddy cảm ơn chị và sẽ liên hệ chị qua số ... ạ",
    },
    "location": {
        "type": "text",
        "message": "Dạ, AntBuddy cảm ơn chị và sẽ liên hệ chị qua số ... ạ",
    },
    "attachments": {"data": []},
    "shares": {"data": []},
    "template_zalo_oa": None,
    "error_message": "",
    "is_outbound_message": False,
    "is_responsed_by_bot": False,
    "created_time": "2025-12-23T04:07:08.718000Z",
    "created_by": "5d19c41a9cddc4682400df28",
    "done_at": "2025-12-23T04:11:50.398000Z",
    "done_by": "5d19c41a9cddc4682400df28",
    "pin": False,
    "pinned_at": "2025-12-23T04:11:50.415000Z",
    "revision": 0,
    "session_id": "694a1499de71f2c2088c1fc3",
    "conversation_id": "36737553777762229507559071987705051666",
    "page_id": "3673755377776222950",
    "lead_id": "1234",
    "text": "Dạ, AntBuddy cảm ơn chị và sẽ liên hệ chị qua số ... ạ",
    "direction": "outbound",
    "extra_fields": None,
}
_HEAD = {
    "session_id": "694a1499de71f2c2088c1fc3",
    "conversation_id": "36737553777762229507559071987705051666",
    "page_id": "3673755377776222950",
    "lead_id": "1234",
    "created_at": "2025-12-23T04:03:36.946000Z",
    "message_count": 5,
    "extra_fields": None,
}
_MOMENT = "2019-08-24T14:15:22.000000Z"
_TEXTS = (
    "campaign_id",
    "error_message",
    "id",
    "journey_id",
    "msg_id",
    "note",
    "oa_id",
    "phone",
    "shop_id",
    "tracking_id",
    "user_id",
)
_ROW = {
    **dict.fromkeys(_TEXTS, "string"),
    **dict.fromkeys(("error_code", "fee_main", "fee_token", "rate", "template_id", "timeout"), 0),
    **dict.fromkeys(
        ("created_at", "delivery_time", "sent_time", "submit_time", "updated_at"), _MOMENT
    ),
    **dict.fromkeys(("request_time", "zl_user_id", "response_data", "sending_mode"), None),
    "delivery_status": "unknown",
    "feedback": ["string"],
    "is_charged": True,
    "is_development": True,
    "status": "Z",
    "template_data": {"property1": "string", "property2": "string"},
    "type": "unknown",
    "extra_fields": None,
}


def test_every_field_of_the_documents_samples_reaches_its_column() -> None:
    sessions = json.loads((_SAMPLES / "antbuddy_messages.json").read_text(encoding="utf-8"))
    rows = json.loads((_SAMPLES / "etelecom_list_messages.json").read_text(encoding="utf-8"))
    world = FixedWorld(
        sessions=sessions["data"]["sessions"], notifications=rows["messages"], raw=True
    )
    with Sandbox(world=world, now=NOW) as sandbox:
        late = {"start_date": "2025-12-20T00:00:00Z"}
        early = {"start_date": "2019-08-20T00:00:00Z", "end_date": "2019-08-30T00:00:00Z"}
        run = extract({**settings_of(sandbox, **late), "etelecom_api_key": None})
        old = extract({**settings_of(sandbox, **early), "antbuddy_api_key": None})
    assert run.error is None
    assert old.error is None
    talk = run.records("antbuddy_messages")
    assert talk[-1] == _TALK
    assert [item["direction"] for item in talk] == [
        "inbound",
        "outbound",
        "inbound",
        "inbound",
        "outbound",
    ]
    assert [item["text"] for item in talk] == [
        item.get("message") or item["msginfo"]["message"]
        for item in sessions["data"]["sessions"][0]["messages"]
    ]
    assert run.records("antbuddy_sessions") == [_HEAD]
    assert old.records("etelecom_zns_messages") == [_ROW]

"""An invented session in AntBuddy's own JSON."""

from __future__ import annotations

from typing import Any


def session(name: str, *times: str, **more: Any) -> dict[str, Any]:
    return {
        "sessionId": name,
        "conversationId": "12345678901234567890123456789012345678",
        "pageId": "1234567890123456789",
        "createdAt": more.pop("createdAt", 1768000000000),
        "leadId": 7,
        "messages": [
            {
                "_id": f"{name}-{number}",
                "attachments": {"data": []},
                "shares": {"data": []},
                "isOutboundMessage": False,
                "pageId": "1234567890123456789",
                "messageId": f"m{number}",
                "from": "1234567890123456789",
                "to": "0234567890123456789",
                "msginfo": {"type": "text", "message": "Dạ"},
                "location": {"type": "text", "message": "Dạ"},
                "created_time": time,
                "__v": 0,
            }
            for number, time in enumerate(times)
        ],
        "messageCount": len(times),
        **more,
    }

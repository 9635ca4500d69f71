"""When AntBuddy's sessions began and their messages were written, as the API writes it.

Codes such as A7 are explained in docs/api-notes.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_omnimessages.extract.invariants import lies_in
from tap_omnimessages.extract.windows import ALL_TIME, Window
from tap_omnimessages.lenient_json import decode_row
from tap_omnimessages.timestamps import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_omnimessages.providers.antbuddy.responses import SessionsResponse


def started(text: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Return when a session began, as the API writes it."""
    session = decode_row(text)
    return session.get("createdAt") if isinstance(session, dict) else None


def began_in(text: bytes, window: Window) -> bool:
    """Return whether a session began within a window; the API may filter on messages, too (A7)."""
    try:
        began = parse_time(started(text))
    except ValueError:
        return False
    return began is not None and window.start <= began <= window.end


def times_of(text: bytes) -> list[Any]:
    """Return when a session began and when its messages were written, as the API writes it."""
    session = decode_row(text)
    # A session whose start cannot be read is shown in any window, and proves nothing.
    if not isinstance(session, dict) or lies_in([session.get("createdAt")], ALL_TIME) is None:
        return []
    messages = session.get("messages")
    items = messages if isinstance(messages, list) else []
    return [
        session.get("createdAt"),
        *(item.get("created_time") for item in items if isinstance(item, dict)),
    ]


def until_found(response: SessionsResponse, window: Window) -> Iterator[bytes]:
    """Yield a page's sessions up to the first that lies in the window: mostly one."""
    for text in response.sessions:
        yield text
        if lies_in(times_of(text), window):
            return

"""Find the settings under which AntBuddy shows sessions, so that an error can name them.

An API may respond to a `limit` above its maximum, or to times that it cannot read (A1: its
documents name two formats), with an empty list or a refusal. A request verifies each advice.
Codes such as A1 are explained in docs/api-notes.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tap_omnimessages.errors import ApiError
from tap_omnimessages.extract.windows import ALL_TIME, Window
from tap_omnimessages.providers.antbuddy.request import TIME_FORMATS, TimeFormat, page_request
from tap_omnimessages.providers.antbuddy.responses import parse_response
from tap_omnimessages.providers.antbuddy.session_times import began_in

if TYPE_CHECKING:
    from tap_omnimessages.http.client import HttpClient

# The page sizes that are tried where the set one shows nothing.
_PAGE_SIZES = (100, 50, 20, 10, 1)
# An API may respond to an unknown format with a server error, so the retries are few.
_TRIES = 3
# Before the API existed.
_NO_SESSIONS = Window(datetime(1971, 1, 1, tzinfo=UTC), datetime(1971, 2, 1, tzinfo=UTC))


@dataclass(frozen=True)
class Advisor:
    """Tries other settings.

    Attributes:
        client: Sends the requests.
        url: The address of the pages.
        page_size: The page size that is set.
        time_format: The time format that is set.
    """

    client: HttpClient
    url: str
    page_size: int
    time_format: TimeFormat

    def find_settings(self, window: Window) -> str:
        """Return which setting shows sessions of a window, as a sentence; empty if none does."""
        if self._shows_session(window, 1, self.time_format):
            for size in _PAGE_SIZES:
                if size < self.page_size and self._shows_session(window, size, self.time_format):
                    return f"With pages of {size} it shows some. Set antbuddy_page_size to {size}."
        return self.find_time_format(window)

    def find_time_format(self, window: Window) -> str:
        """Return which time format shows sessions of a window, as a sentence; empty if none does.

        An API that ignores the bounds shows sessions of any window by chance, and of a time without
        any, too.
        """
        for other in TIME_FORMATS:
            if (
                other != self.time_format
                and self._shows_session(window, self.page_size, other)
                and not self.show(_NO_SESSIONS, 1, other)
            ):
                return f"With times as {other} it shows some. Set antbuddy_time_format to {other}."
        return ""

    def shows_any_session(self) -> bool:
        """Return whether the API shows a session for all times."""
        return self._shows_session(ALL_TIME, 1, self.time_format)

    def _shows_session(self, window: Window, limit: int, time_format: TimeFormat) -> bool:
        return any(began_in(text, window) for text in self.show(window, limit, time_format))

    def show(self, window: Window, limit: int, time_format: TimeFormat) -> list[bytes]:
        """Return the sessions of a window's first page; none where the API refuses the request."""
        request = page_request(self.url, window, 0, limit, time_format)
        try:
            response = self.client.call(
                request, parse_response, tries=_TRIES, believes_refusals=True
            )
        except ApiError:
            return []
        return response.sessions

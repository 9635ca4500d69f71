"""Skip interim responses, such as 103 Early Hints before a 200.

Python's own client skips 100 alone, and takes any other 1xx for the response itself.
"""

from __future__ import annotations

import http.client

from urllib3.connection import HTTPConnection

_read_status = vars(http.client.HTTPResponse)["_read_status"]
_SWITCHING_PROTOCOLS = 101
_FIRST_FINAL_STATUS = 200


class _FinalResponse(http.client.HTTPResponse):
    """A response that begins with its final status; reading a status has no public hook."""

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            version, status, reason = _read_status(self)
            if not _SWITCHING_PROTOCOLS < status < _FIRST_FINAL_STATUS:
                return version, status, reason
            http.client.parse_headers(self.fp)


def skip_interim_responses() -> None:
    """Make all connections of urllib3 skip interim responses."""
    HTTPConnection.response_class = _FinalResponse

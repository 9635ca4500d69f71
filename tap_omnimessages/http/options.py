"""How to talk to an API: its identity, and the options of the HTTP client."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

_PACKAGE = "tap-omnimessages"


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """How patiently to talk, and under which name.

    Attributes:
        timeout_seconds: How long one answer may take, from its request to its last byte.
        retry_seconds: How long one request may be tried again before the run ends.
        concurrency: How many requests may be under way at the same time.
        user_agent: The User-Agent header.
    """

    timeout_seconds: float
    retry_seconds: float
    concurrency: int
    user_agent: str

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Read the options from the tap's checked settings."""
        return cls(
            timeout_seconds=config["request_timeout_seconds"],
            retry_seconds=config["max_retry_seconds"],
            concurrency=config["max_concurrency"],
            user_agent=config.get("user_agent") or f"{_PACKAGE}/{version(_PACKAGE)}",
        )


@dataclass(frozen=True, slots=True)
class ProviderInfo:
    """What a client must know of the API it talks to.

    Attributes:
        name: The API's name in messages.
        key_setting: The setting that holds its key.
        url_setting: The setting that holds its base URL.
        retriable_codes: Error codes that are a matter of time, whatever their HTTP status.
        needs_path: Whether its base URL is more than a host.
    """

    name: str
    key_setting: str
    url_setting: str
    retriable_codes: frozenset[str] = frozenset()
    needs_path: bool = False

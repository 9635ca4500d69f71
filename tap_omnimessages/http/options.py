"""What the HTTP client needs to know: its options, and the provider."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

_PACKAGE = "tap-omnimessages"


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """The options of the HTTP client.

    Attributes:
        timeout_seconds: How long one response may take, from its request to its last byte.
        retry_seconds: How long one request may be retried before the run ends.
        concurrency: The most requests at the same time.
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
    """What the HTTP client must know about a provider.

    Attributes:
        name: The provider's name in messages, such as `AntBuddy`.
        retriable_codes: Error codes that pass with time, whatever their HTTP status.
        needs_path: Whether the base URL is more than a host.
    """

    name: str
    retriable_codes: frozenset[str] = frozenset()
    needs_path: bool = False

    @property
    def prefix(self) -> str:
        """What the names of the provider's settings begin with, such as `antbuddy`."""
        return self.name.lower()

    @property
    def key_setting(self) -> str:
        """The name of the setting that holds the API key."""
        return f"{self.prefix}_api_key"

    @property
    def url_setting(self) -> str:
        """The name of the setting that holds the base URL."""
        return f"{self.prefix}_base_url"

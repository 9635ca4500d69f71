"""The declaration of a provider: its settings, its streams, and how to open its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_omnimessages.http.account import account_id
from tap_omnimessages.http.options import HttpOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from singer_sdk import typing as th

    from tap_omnimessages.check.findings import Report
    from tap_omnimessages.extract.source import Source
    from tap_omnimessages.http.options import ProviderInfo
    from tap_omnimessages.singer.stream import IncrementalStream


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider of streams.

    Attributes:
        info: Its name, and what the HTTP client must know about it.
        settings: Its settings, each named with the provider's prefix.
        streams: Its streams, which share one source.
        open_source: Opens the source from the tap's checked settings.
        look: Asks the API what its documents leave open; None where nobody has written that.
    """

    info: ProviderInfo
    settings: tuple[th.Property[Any], ...]
    streams: tuple[type[IncrementalStream], ...]
    open_source: Callable[[Mapping[str, Any], HttpOptions], Source]
    look: Callable[[Mapping[str, Any], HttpOptions], Report] | None = None

    def has_key(self, config: Mapping[str, Any]) -> bool:
        """Return whether the settings hold the provider's API key."""
        return bool(config.get(self.info.key_setting))

    def account(self, config: Mapping[str, Any]) -> str:
        """Return the id of the account that checked settings, with an API key, name."""
        info = self.info
        return account_id(info.prefix, config[info.url_setting], config[info.key_setting])

    def open(self, config: Mapping[str, Any]) -> Source:
        """Open the source from checked settings."""
        return self.open_source(config, HttpOptions.from_config(config))

    def check(self, config: Mapping[str, Any]) -> Report | None:
        """Ask the API what its documents leave open; None where the provider has no questions."""
        return self.look(config, HttpOptions.from_config(config)) if self.look else None

"""What a provider brings to the tap: its settings, its streams, and the way to its API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_omnimessages.http.options import HttpOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from singer_sdk import typing as th

    from tap_omnimessages.extract.source import Source
    from tap_omnimessages.http.options import ProviderInfo
    from tap_omnimessages.singer.stream import IncrementalStream


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider of streams.

    Attributes:
        profile: Its name, and the names of the settings for key and address.
        settings: Its settings, each named with the provider's prefix.
        streams: Its streams, which share one source.
        open_source: Makes the source from the tap's settings.
    """

    info: ProviderInfo
    settings: tuple[th.Property[Any], ...]
    streams: tuple[type[IncrementalStream], ...]
    open_source: Callable[[Mapping[str, Any], HttpOptions], Source]

    def has_key(self, config: Mapping[str, Any]) -> bool:
        """Tell whether the settings hold the provider's key."""
        return bool(config.get(self.info.key_setting))

    def open(self, config: Mapping[str, Any]) -> Source:
        """Make the source from checked settings."""
        return self.open_source(config, HttpOptions.from_config(config))

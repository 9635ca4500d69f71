"""The tap: its settings and the list of its streams."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigValidationError
from typing_extensions import override

from tap_omnimessages.extract.cache import CachedSource
from tap_omnimessages.extract.windows import read_range
from tap_omnimessages.providers.accounts import match_accounts
from tap_omnimessages.providers.antbuddy.provider import ANTBUDDY
from tap_omnimessages.providers.etelecom.provider import ETELECOM
from tap_omnimessages.settings import COMMON_SETTINGS, find_errors
from tap_omnimessages.singer.config import quote_names
from tap_omnimessages.singer.state import find_state_errors, utc_now
from tap_omnimessages.singer.tap import WindowedTap

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from singer_sdk import Stream

    from tap_omnimessages.check.findings import Report
    from tap_omnimessages.providers.base import Provider
    from tap_omnimessages.singer.stream import IncrementalStream

PROVIDERS: tuple[Provider, ...] = (ANTBUDDY, ETELECOM)


def settings_schema(providers: Iterable[Provider]) -> dict[str, Any]:
    """Return the JSON schema of the settings of these providers and of the tap."""
    own = (setting for provider in providers for setting in provider.settings)
    return th.PropertiesList(*own, *COMMON_SETTINGS).to_dict()


class TapOmniMessages(WindowedTap):
    """Singer tap for AntBuddy omnichannel conversations and eTelecom ZNS notifications.

    Attributes:
        providers: The providers whose streams the tap has.
    """

    name = "tap-omnimessages"
    providers: ClassVar[tuple[Provider, ...]] = PROVIDERS
    config_jsonschema: ClassVar[dict[str, Any]] = settings_schema(PROVIDERS)

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - the SDK's own options
        super().__init__(**options)
        if options.get("validate_config", True):
            self._warn_about_skipped_streams()

    def _warn_about_skipped_streams(self) -> None:
        for provider in self.providers:
            if not provider.has_key(self.config):
                own = [name for name, s in self.streams.items() if type(s) in provider.streams]
                setting = provider.info.key_setting
                self.logger.warning("%s is not set: skipping %s.", setting, " and ".join(own))
        foreign = sorted(map(str, (self.input_catalog or {}).keys() - self.streams.keys()))
        if foreign:
            self.logger.warning(
                "The catalog has streams that this tap does not have: %s.", quote_names(foreign)
            )
        if not any(stream.selected for stream in self.streams.values()):
            self.logger.warning("No stream is selected, so nothing is read: select some.")

    @classmethod
    @override
    def find_config_errors(cls, config: dict[str, Any]) -> list[str]:
        """Check what a JSON schema cannot: dates, addresses, and that there is a key."""
        return find_errors(config, cls.providers)

    @classmethod
    @override
    def stream_types(cls) -> Mapping[str, type[IncrementalStream]]:
        streams = [stream for provider in cls.providers for stream in provider.streams]
        return {getattr(stream, "name", ""): stream for stream in streams}

    @override
    def check_apis(self) -> tuple[list[Report], list[str]]:
        reports = [
            report
            for provider in self.providers
            if provider.has_key(self.config)
            if (report := provider.check(self.config)) is not None
        ]
        skipped = [p.info.key_setting for p in self.providers if not p.has_key(self.config)]
        return reports, skipped

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        """Load a state after checking it.

        Raises:
            ConfigValidationError: The state cannot be used; one sentence for each fault.
        """
        keys = {name: str(stream.replication_key) for name, stream in self.streams.items()}
        _raise_state_errors(find_state_errors(state, keys, utc_now()))
        bookmarks = state.get("bookmarks") or {}
        foreign = sorted(bookmarks.keys() - keys.keys())
        if foreign:
            self.logger.warning(
                "The state has bookmarks of streams that this tap does not have: %s.",
                quote_names(foreign),
            )
        usable = {name: dict(mark) for name, mark in bookmarks.items() if isinstance(mark, dict)}
        _raise_state_errors(match_accounts(usable, self.streams, self.providers, self.config))
        super().load_state({"bookmarks": usable})

    @override
    def discover_streams(self) -> Sequence[Stream]:
        """Create the streams; those of a provider share one source."""
        time_range = read_range(self.config)
        return [
            stream(self, source, time_range if provider.has_key(self.config) else None)
            for provider in self.providers
            for source in [
                CachedSource(
                    partial(provider.open, self.config), partial(provider.account, self.config)
                )
            ]
            for stream in provider.streams
        ]


def _raise_state_errors(errors: list[str]) -> None:
    if errors:
        summary = "The state cannot be used"
        raise ConfigValidationError(summary, errors=errors)

"""The tap base class: every private hook of singer-sdk's `Tap`, and why it is needed.

The public hooks do not reach these places. `singer-sdk` is pinned to its minor version, and
`tests/singer/test_sdk.py` fails where a hook no longer exists or no longer does what is assumed
here.
"""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from singer_sdk import Tap
from singer_sdk.cli import plugin_cli
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import EMIT_ACTIVATE_VERSION_CONFIG
from singer_sdk.plugin_base import SingerCommand, _ConfigInput
from singer_sdk.tap_base import CliTestOptionValue
from typing_extensions import override

from tap_omnimessages.errors import ClosedPipeError, InvalidInputError, StreamMapError
from tap_omnimessages.singer.catalog import read_catalog
from tap_omnimessages.singer.check_command import check_command
from tap_omnimessages.singer.config import (
    fill_in_defaults,
    find_flattening_errors,
    find_schema_errors,
    missing_settings,
    quote_names,
)
from tap_omnimessages.singer.environment import read_environment
from tap_omnimessages.singer.inputs import InputFiles, unwrap_state
from tap_omnimessages.singer.logs import set_up_logging, settle_log_level
from tap_omnimessages.singer.map_checks import find_map_errors
from tap_omnimessages.singer.sdk_stream import WindowedStream
from tap_omnimessages.singer.stream_maps import NamedMapper
from tap_omnimessages.singer.writer import BufferedWriter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

    from tap_omnimessages.check.findings import Report
    from tap_omnimessages.singer.stream import IncrementalStream

# How long to wait for a target that does not read, so that its last line is complete.
_SHUTDOWN_TIMEOUT_SECONDS = 3.0


def enable_logger(name: str) -> None:
    """Enable a logger that a log configuration has disabled.

    `SINGER_SDK_LOG_CONFIG` disables all loggers that exist already, errors included, unless it sets
    `disable_existing_loggers: false`. To silence a logger, a user names it and sets its level.
    """
    logging.getLogger(name).disabled = False


class TapCommand(SingerCommand, click.Group):
    """The SDK's command, with subcommands beside it."""


class WindowedTap(Tap):
    """A tap that reports invalid input in sentences, and ends with a true exit code."""

    message_writer_class = BufferedWriter

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - the SDK's own options
        enable_logger(self.name)
        settle_log_level(self.name)
        if isinstance(options.get("catalog"), dict):
            options["catalog"] = read_catalog(options["catalog"])
        super().__init__(**options)

    @classmethod
    def find_config_errors(cls, config: dict[str, Any]) -> list[str]:
        """Check what a JSON schema cannot, once it holds.

        Returns:
            One sentence for each fault, without secret values.
        """
        raise NotImplementedError

    @classmethod
    def stream_types(cls) -> Mapping[str, type[IncrementalStream]]:
        """Return the streams that the tap has, by name."""
        raise NotImplementedError

    def check_apis(self) -> tuple[list[Report], list[str]]:
        """Ask each API with a key what its documents leave open.

        Returns:
            The reports, and the names of the settings that hold no key.
        """
        raise NotImplementedError

    @plugin_cli
    def cli(cls) -> click.Command:  # type: ignore[explicit-override]  # noqa: N805
        """Return the command, once its log is set up."""
        set_up_logging(cls.name)
        return cls.get_singer_command()

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        """Return the command; it reads the files of `--state` and `--catalog` itself.

        The SDK would open them in the encoding of the machine, and has no subcommands.
        """
        command = super().get_singer_command()
        for param in command.params:
            if param.name in ("state", "catalog"):
                param.type = click.STRING
                param.callback = cls.cb_input

        def run(**options: Any) -> None:  # noqa: ANN401 - the SDK's own options
            if click.get_current_context().invoked_subcommand is None:
                cls.invoke(**options)

        return TapCommand(
            name=command.name,
            callback=run,
            context_settings=command.context_settings,
            params=command.params,
            help=command.help,
            commands=[check_command(cls)],
            invoke_without_command=True,
            logger=cls.logger,
        )

    @classmethod
    def cb_input(cls, ctx: click.Context, param: click.Parameter, value: str | None) -> Any:  # noqa: ANN401 - any JSON
        """Read the file of `--state` or `--catalog`."""
        if value is None:
            return None
        return ctx.ensure_object(InputFiles).read_object(value, f"--{param.name}")

    @classmethod
    @override
    def invoke(cls, **options: Any) -> None:
        """Run the tap; invalid input ends it with the sentences alone.

        The SDK would end with a line that names no fault, and Meltano shows the last line only.
        """
        if options.get("state") is not None:
            options["state"] = unwrap_state(options["state"])
        for name in ("state", "catalog"):
            if options.get(name) is not None:
                options[name] = io.StringIO(json.dumps(options[name]))
        try:
            super().invoke(**options)
        except ConfigValidationError as error:
            raise InvalidInputError(error.errors) from None
        except BrokenPipeError:
            # Without this, click would end the run silently.
            raise ClosedPipeError from None

    @classmethod
    @override
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> Any:
        """Read the files of `--config`, each of them once."""
        files = ctx.ensure_object(InputFiles)
        config: dict[str, Any] = {}
        for path in value:
            if path != "ENV":
                config |= files.read_object(path, "--config")
        return _ConfigInput(config=config, parse_env="ENV" in value)

    @classmethod
    @override
    def cb_discover(cls, ctx: click.Context, param: click.Option, value: bool) -> None:
        """Print the catalog, which no setting changes, so that faulty settings do no harm."""
        if value:
            cls(validate_config=False, setup_mapper=False).run_discovery()
            ctx.exit()

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Run `--test`; `--test=schema` sends no request, so it needs no API key."""
        if value != CliTestOptionValue.Schema.value:
            super().cb_test(ctx, param, value)
            return
        source = ctx.params.get("config") or _ConfigInput()
        config = source.config | (cls._env_var_config if source.parse_env else {})
        # Only the SDK's own settings, such as stream maps, change what a schema holds.
        known: dict[str, Any] = {"properties": {}}
        cls.append_builtin_config(known)
        config = {name: value for name, value in config.items() if name in known["properties"]}
        errors = find_schema_errors(config, known) or [
            *find_flattening_errors(config),
            *find_map_errors(config, cls.stream_types()),
        ]
        if errors:
            raise InvalidInputError(errors)
        cls(config=config, validate_config=False).write_schemas()
        ctx.exit()

    @classmethod
    @override
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Add the SDK's own settings, including one that it reads and does not declare."""
        super().append_builtin_config(config_jsonschema)
        for name, schema in EMIT_ACTIVATE_VERSION_CONFIG["properties"].items():
            config_jsonschema["properties"].setdefault(name, schema)

    @override
    def setup_mapper(self) -> None:
        # The streams first: they write their own keys into the catalog, which the maps start from.
        streams = [name for name, stream in self.streams.items() if stream.selected]
        try:
            mapper = NamedMapper(plugin_config=dict(self.config), logger=self.logger)
        except ConfigValidationError:
            raise
        except Exception:  # noqa: BLE001 - whatever a faulty map makes the SDK raise
            msg = "The setting stream_maps cannot be used."
            raise StreamMapError(msg) from None
        self.mapper = mapper
        mapper.register_raw_streams_from_catalog(self.catalog)
        mapper.check_output(streams)

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        # The SDK quotes the invalid value, which may be a secret, and cannot compare two settings.
        schema = self.config_jsonschema
        self.append_builtin_config(schema)
        properties = schema["properties"]
        fill_in_defaults(self._config, properties)
        errors = find_schema_errors(self._config, schema)
        if not raise_errors:
            return errors
        if unknown := sorted(self._config.keys() - properties.keys()):
            self.logger.warning("The tap does not have these settings: %s.", quote_names(unknown))
        if len(errors) == len(missing_settings(self._config, schema)):
            errors += self.find_config_errors(self._config)
            errors += find_flattening_errors(self._config)
            errors += find_map_errors(self._config, self.stream_types())
        if errors:
            summary = "Config validation failed"
            raise ConfigValidationError(summary, errors=errors)
        return errors

    @classproperty
    def _env_var_config(cls) -> dict[str, Any]:  # type: ignore[explicit-override]  # noqa: N805
        cls.append_builtin_config(cls.config_jsonschema)
        return read_environment(cls.config_jsonschema["properties"], cls._env_var_prefix)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        # The SDK exits with 0, which Meltano takes for success, and writes a STATE into the middle
        # of another line. Everything up to the last finished window is written already.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        # Not sys.exit: a blocked pipe or a pending request would delay the interpreter's end.
        leave = partial(os._exit, 128 + signum)
        watchdog = threading.Timer(_SHUTDOWN_TIMEOUT_SECONDS, leave)
        watchdog.daemon = True
        watchdog.start()
        # The signal may have come in the middle of another line.
        with suppress(Exception):
            for stream in self.streams.values():
                if isinstance(stream, WindowedStream):
                    stream.hide_progress()
        with suppress(Exception):
            self.logger.warning(
                "Ended by %s: the next run continues from the last bookmark.",
                signal.Signals(signum).name,
            )
        if isinstance(self.message_writer, BufferedWriter):
            self.message_writer.call_between_writes(leave)
        else:
            leave()

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
import re
import signal
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singer_sdk import Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import EMIT_ACTIVATE_VERSION_CONFIG
from singer_sdk.tap_base import CliTestOptionValue
from typing_extensions import override

from tap_omnimessages.errors import ClosedPipeError, InvalidInputError
from tap_omnimessages.singer.inputs import check_catalog, read_json_object, unwrap_state
from tap_omnimessages.singer.sdk_stream import WindowedStream
from tap_omnimessages.singer.writer import BufferedWriter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    import click

# How long to wait for a target that does not read, so that its last line is complete.
_SHUTDOWN_TIMEOUT_SECONDS = 3.0


# The end of the SDK's sentence for a missing setting.
_MISSING = " is a required property"
# The variables of stream maps may be secret, such as a salt.
_VARIABLES = "stream_map_config"


_ENVIRONMENT_FORMS = {
    "integer": re.compile(r"\s*[+-]?\d+\s*"),
    "boolean": re.compile(r"true|false|1|0|yes|no|on|off", re.IGNORECASE),
}


def enable_logger(name: str) -> None:
    """Enable a logger that a log configuration has disabled.

    `SINGER_SDK_LOG_CONFIG` disables all loggers that exist already, errors included, unless it sets
    `disable_existing_loggers: false`. To silence a logger, a user names it and sets its level.
    """
    logging.getLogger(name).disabled = False


class WindowedTap(Tap):
    """A tap that reports invalid input in sentences, and ends with a true exit code."""

    message_writer_class = BufferedWriter

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - the SDK's own options
        enable_logger(self.name)
        super().__init__(**options)

    @classmethod
    def find_config_errors(cls, config: dict[str, Any]) -> list[str]:
        """Check what a JSON schema cannot, once it holds.

        Returns:
            One sentence for each fault, without secret values.
        """
        raise NotImplementedError

    @classmethod
    @override
    def invoke(cls, **options: Any) -> None:
        """Run the tap; invalid input ends it with the sentences alone.

        The SDK would end with a line that names no fault, and Meltano shows the last line only.
        """
        for name, check in (("state", unwrap_state), ("catalog", check_catalog)):
            if options.get(name):
                value = check(read_json_object(options[name], f"--{name}"))
                options[name] = io.StringIO(json.dumps(value))
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
        """Read the files of `--config`; each must contain a JSON object."""
        for path in value:
            if path == "ENV":
                continue
            try:
                with Path(path).open(encoding="utf-8") as file:
                    read_json_object(file, "--config")
            except OSError as error:
                sentence = f"The file {path} given with --config cannot be read: {error.strerror}."
                raise InvalidInputError([sentence]) from None
        return super().cb_config(ctx, param, value)

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Run `--test`; `--test=schema` sends no request, so it needs no API key."""
        if value != CliTestOptionValue.Schema.value:
            super().cb_test(ctx, param, value)
            return
        config = ctx.params.get("config")
        tap = cls(
            config=config.config if config else None,
            parse_env_config=bool(config and config.parse_env),
            validate_config=False,
        )
        tap.write_schemas()
        ctx.exit()

    @classmethod
    @override
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Add the SDK's own settings, including one that it reads and does not declare."""
        super().append_builtin_config(config_jsonschema)
        for name, schema in EMIT_ACTIVATE_VERSION_CONFIG["properties"].items():
            config_jsonschema["properties"].setdefault(name, schema)

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        properties = self.config_jsonschema["properties"]
        # The SDK takes null for a value; for a user, null means that nothing is set.
        for name, schema in properties.items():
            if "default" in schema and self._config.get(name) is None:
                self._config[name] = schema["default"]
        for name in [name for name, value in self._config.items() if value is None]:
            del self._config[name]
        # The SDK quotes the invalid value, which may be a secret, and cannot compare two settings.
        secrets = {name for name, schema in properties.items() if schema.get("secret")}
        faults: list[str] = []
        try:
            super()._validate_config(raise_errors=True)
        except ConfigValidationError as error:
            faults = list(error.errors)
        known: dict[str, Any] = {"properties": dict(properties)}
        self.append_builtin_config(known)
        unknown = sorted(self._config.keys() - known["properties"].keys())
        if raise_errors and unknown:
            self.logger.warning("The tap does not have these settings: %s.", ", ".join(unknown))
        errors = [format_config_error(fault, secrets) for fault in faults]
        if raise_errors and all(fault.endswith(_MISSING) for fault in faults):
            errors += self.find_config_errors(self._config)
        if errors and raise_errors:
            summary = "Config validation failed"
            raise ConfigValidationError(summary, errors=errors)
        return errors

    @classproperty
    def _env_var_config(cls) -> dict[str, Any]:  # type: ignore[explicit-override]  # noqa: N805
        # The SDK passes the error of int() on as it is, and takes any other word for false.
        faulty = []
        for name, schema in cls.config_jsonschema["properties"].items():
            variable = f"{cls._env_var_prefix}{name.upper()}"
            for kind, form in _ENVIRONMENT_FORMS.items():
                if kind in schema.get("type", ()) and variable in os.environ:
                    faulty += [] if form.fullmatch(os.environ[variable]) else [variable]
        if faulty:
            text = f"The environment variable {' and '.join(faulty)} does not match its type."
            raise ConfigValidationError(text, errors=[text])
        return dict(super()._env_var_config)

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


def format_config_error(text: str, secrets: Sequence[str] | set[str]) -> str:
    """Return a sentence for one of the SDK's validation errors, without secret values."""
    for name in secrets:
        if f"config['{name}']" in text:
            return f"The setting {name} is not a text."
    if f"config['{_VARIABLES}']" in text:
        return f"The setting {_VARIABLES} is not an object of names and values."
    if text.endswith(_MISSING):
        return f"The setting {text.split(' ', 1)[0].strip(chr(39))} is missing."
    message, _, place = text.partition(" in config[")
    path = re.findall(r"[^'\[\]]+", place)
    return f"The setting {'.'.join(path)} cannot be used: {message}."

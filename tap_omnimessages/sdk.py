"""Every use the tap makes of singer-sdk's private hooks, and why each is needed.

The public hooks do not reach these places; `singer-sdk` is pinned to its minor version, and
`tests/test_sdk.py` fails where a hook no longer exists or no longer does what is said here.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
import signal
import threading
from abc import abstractmethod
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singer_sdk import Stream, Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import EMIT_ACTIVATE_VERSION_CONFIG
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.tap_base import CliTestOptionValue
from typing_extensions import override

from tap_omnimessages.errors import ClosedPipeError, InvalidInputError
from tap_omnimessages.inputs import check_catalog, read_json_object, unwrap_state
from tap_omnimessages.writer import BufferedWriter

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from datetime import datetime
    from types import FrameType

    import click
    from singer_sdk.helpers import types

# How long a target that does not read is waited for, so that its last line is whole.
_LONGEST_GOODBYE_SECONDS = 3.0


# How the SDK ends the sentence for a setting that is not there.
_MISSING = " is a required property"
# What stream maps use may be a salt: never shown.
_VARIABLES = "stream_map_config"


_ENVIRONMENT_FORMS = {
    "integer": re.compile(r"\s*[+-]?\d+\s*"),
    "boolean": re.compile(r"true|false|1|0|yes|no|on|off", re.IGNORECASE),
}


class _NoGenericError(logging.Filter):
    """Drops the SDK's "unhandled error" line: the error itself is told in a sentence."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith("An unhandled error occurred while syncing")


# One for all streams of a process: a logger takes the same filter once.
_no_generic_error = _NoGenericError()


def enable_logger(name: str) -> None:
    """Let a logger write again that a log configuration has silenced.

    `SINGER_SDK_LOG_CONFIG` disables all loggers that exist already, errors included, unless it says
    `disable_existing_loggers: false`; a logger that it names is silenced by its level.
    """
    logging.getLogger(name).disabled = False


class WindowedStream(Stream):
    """A stream whose bookmark moves by windows, never by its records' own times."""

    # Shaped records conform to their schema already; `tests/test_shaping.py` proves it.
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    def __init__(self, tap: Tap, schema: dict[str, Any]) -> None:
        super().__init__(tap, schema=schema)
        # With singer-sdk 0.55, `logger` becomes an adapter, which takes no filter and no `extra`.
        self.plain_logger: logging.Logger = tap.logger.getChild(self.name)
        self.plain_logger.addFilter(_no_generic_error)

    def flush(self) -> None:
        """Write out what the writer has gathered."""
        writer = self._tap.message_writer
        if isinstance(writer, BufferedWriter):
            writer.flush()

    def hide_progress(self) -> None:
        """Take down what a terminal shows of the stream's progress."""

    @abstractmethod
    def read_pages(self) -> Iterator[list[types.Record]]:
        """Give records in lists; what has been given is written before the next is asked for."""

    @override
    def _sync_records(
        self, context: types.Context | None = None, *, write_messages: bool = True
    ) -> Generator[types.Record, Any, Any]:
        # The SDK's loop costs more per record than making and encoding one. It stays in force
        # wherever a record has to pass through it.
        writer = self._tap.message_writer
        if not (write_messages and isinstance(writer, BufferedWriter) and self.is_plain):
            yield from super()._sync_records(context, write_messages=write_messages)
            return
        with self.get_record_counter() as counter, self.get_sync_timer() as timer:
            counter.with_context({})
            timer.with_context({})
            for records in self.read_pages():
                writer.write_records(self.name, records, self._stream_version)
                counter.increment(len(records))
        self._finalize_state(self.stream_state)
        self._write_state_message()

    @property
    def is_plain(self) -> bool:
        """Whether records go out as they are: no stream maps, no flattening, no record limit."""
        (first, *others) = self.stream_maps
        return (
            not others
            and type(first) is SameRecordTransform
            and not (first.flattening_options and first.flattening_options.enabled)
            and self.ABORT_AT_RECORD_COUNT is None
        )

    @override
    def _increment_stream_state(
        self, latest_record: types.Record, *, context: types.Context | None = None
    ) -> None:
        """Leave the bookmark alone: a record's time says nothing of those that come after it."""

    @override
    def _write_starting_replication_value(self, context: types.Context | None) -> None:
        """Leave the state alone: the SDK's marker would show up in every STATE message."""

    @override
    def get_replication_key_signpost(
        self, context: types.Context | None = None
    ) -> datetime | Any | None:
        """Give none: the bookmark is capped by the end of the run instead."""
        return None


class WindowedTap(Tap):
    """A tap that checks its settings in sentences and tells the truth when it is ended."""

    message_writer_class = BufferedWriter

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - the SDK's own options
        enable_logger(self.name)
        super().__init__(**options)

    @classmethod
    def find_config_errors(cls, config: dict[str, Any]) -> list[str]:
        """Check what a JSON schema cannot, once it holds.

        Returns:
            One sentence for each fault, without the values of secrets.
        """
        raise NotImplementedError

    @classmethod
    @override
    def invoke(cls, **options: Any) -> None:
        """Run the tap; faults of its input come out as the sentences alone.

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
            # Left to itself, click would end the run without a word.
            raise ClosedPipeError from None

    @classmethod
    @override
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> Any:
        """Read the files given with `--config`; each must hold a JSON object."""
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
        """Run `--test`; `--test=schema` needs no key, since nothing is asked."""
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
        """Add the SDK's own settings, with one that it reads and does not declare."""
        super().append_builtin_config(config_jsonschema)
        for name, schema in EMIT_ACTIVATE_VERSION_CONFIG["properties"].items():
            config_jsonschema["properties"].setdefault(name, schema)

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        properties = self.config_jsonschema["properties"]
        # The SDK takes a null for a value; to whoever writes it, nothing is set.
        for name, schema in properties.items():
            if "default" in schema and self._config.get(name) is None:
                self._config[name] = schema["default"]
        for name in [name for name, value in self._config.items() if value is None]:
            del self._config[name]
        # The SDK quotes the faulty value, which may be a key, and cannot compare two settings.
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
            self.logger.warning("The tap has no such setting: %s.", ", ".join(unknown))
        errors = [_say(fault, secrets) for fault in faults]
        if raise_errors and all(fault.endswith(_MISSING) for fault in faults):
            errors += self.find_config_errors(self._config)
        if errors and raise_errors:
            summary = "Config validation failed"
            raise ConfigValidationError(summary, errors=errors)
        return errors

    @classproperty
    def _env_var_config(cls) -> dict[str, Any]:  # type: ignore[explicit-override]  # noqa: N805
        # The SDK lets the error of int() out as it is, and takes any other word for false.
        faulty = []
        for name, schema in cls.config_jsonschema["properties"].items():
            variable = f"{cls._env_var_prefix}{name.upper()}"
            for kind, form in _ENVIRONMENT_FORMS.items():
                if kind in schema.get("type", ()) and variable in os.environ:
                    faulty += [] if form.fullmatch(os.environ[variable]) else [variable]
        if faulty:
            text = f"The environment variable {' and '.join(faulty)} cannot be read as its type."
            raise ConfigValidationError(text, errors=[text])
        return dict(super()._env_var_config)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        # The SDK exits with 0, which Meltano takes for success, and writes a STATE from inside
        # whatever was being written. Everything up to the last finished window is out already.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        # Not sys.exit: a blocked pipe or a pending request would hold up the interpreter's end.
        leave = partial(os._exit, 128 + signum)
        watchdog = threading.Timer(_LONGEST_GOODBYE_SECONDS, leave)
        watchdog.daemon = True
        watchdog.start()
        # The signal may have come in the middle of another line.
        with suppress(Exception):
            for stream in self.streams.values():
                if isinstance(stream, WindowedStream):
                    stream.hide_progress()
        with suppress(Exception):
            self.logger.warning(
                "Ended by %s: the next run goes on from the last bookmark written.",
                signal.Signals(signum).name,
            )
        if isinstance(self.message_writer, BufferedWriter):
            self.message_writer.call_between_writes(leave)
        else:
            leave()


def _say(text: str, secrets: Sequence[str] | set[str]) -> str:
    """Make a sentence of one of the SDK's validation errors, without a secret's value."""
    for name in secrets:
        if f"config['{name}']" in text:
            return f"The setting {name} is not a text."
    if f"config['{_VARIABLES}']" in text:
        return f"The setting {_VARIABLES} is not an object of names and texts."
    if text.endswith(_MISSING):
        return f"The setting {text.split(' ', 1)[0].strip(chr(39))} is missing."
    message, _, place = text.partition(" in config[")
    path = re.findall(r"[^'\[\]]+", place)
    return f"The setting {'.'.join(path)} cannot be used: {message}."

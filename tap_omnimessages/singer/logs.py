"""Set up logging from environment variables; one sentence for each that cannot be used."""

from __future__ import annotations

import logging
import os
import re
from typing import NoReturn

from singer_sdk._logging import _setup_console_logging
from singer_sdk.plugin_base import _plugin_log_level

from tap_omnimessages.errors import InvalidInputError

_CONFIGURATION = "SINGER_SDK_LOG_CONFIG"
_SILENT = logging.CRITICAL + 1
_LEVELS = "DEBUG, INFO, WARNING, ERROR, CRITICAL or DISABLED"


def set_up_logging(plugin: str) -> None:
    """Set up the log of a command, as the SDK does.

    Args:
        plugin: The plugin's name; `TAP_…_LOGLEVEL` counts before `LOGLEVEL`.

    Raises:
        InvalidInputError: A variable cannot be used. The log goes to standard error.
    """
    path = os.environ.get(_CONFIGURATION, "")
    if not path.strip():
        os.environ.pop(_CONFIGURATION, None)
    try:
        settle_log_level(plugin)
        _setup_console_logging(log_level=_plugin_log_level(plugin_name=plugin))
        for handler in logging.root.handlers:
            handler.format(logging.makeLogRecord({"name": plugin, "levelname": "INFO"}))
    except InvalidInputError:
        _reset_logging()
        raise
    except Exception as error:  # noqa: BLE001 - whatever a configuration makes Python raise
        _reset_logging()
        _refuse(
            f"The log configuration {path}, which the environment variable {_CONFIGURATION} "
            f"names, cannot be used ({_describe(error)}): correct the file, or unset the variable."
        )


def settle_log_level(plugin: str) -> None:
    """Make the variable that sets the log level one that Python understands.

    Raises:
        InvalidInputError: It names no level.
    """
    # Meltano writes the first name into the configuration when its own log is disabled.
    logging.addLevelName(_SILENT, f"Level {_SILENT}")
    logging.addLevelName(_SILENT, "DISABLED")
    for variable in (f"{plugin.upper().replace('-', '_')}_LOGLEVEL", "LOGLEVEL"):
        word = os.environ.get(variable, "").strip().upper()
        if not word:
            os.environ.pop(variable, None)
            continue
        if re.fullmatch("[0-9]{1,4}", word):
            word = _name_level(int(word))
        if word not in logging.getLevelNamesMapping():
            _refuse(f"The environment variable {variable} is not a log level: use {_LEVELS}.")
        os.environ[variable] = word
        return


def _name_level(number: int) -> str:
    """Return a name of a level that Python finds again."""
    name = logging.getLevelName(number).upper()
    if name not in logging.getLevelNamesMapping():
        logging.addLevelName(number, name)
    return str(name)


def _reset_logging() -> None:
    """Send everything to standard error, in the SDK's own form."""
    os.environ.pop(_CONFIGURATION, None)
    logging.root.handlers.clear()
    _setup_console_logging()


def _describe(error: Exception) -> str:
    """Describe an error without what the file may hold, such as the password of a log server."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = str(error)
    return text if text.startswith("Unable to configure ") else type(error).__name__


def _refuse(sentence: str) -> NoReturn:
    raise InvalidInputError([sentence]) from None

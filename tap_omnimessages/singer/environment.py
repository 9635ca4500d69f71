"""Read settings from environment variables, and from the file `.env` that the SDK finds."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import singer_sdk
from dotenv import dotenv_values

from tap_omnimessages.errors import InvalidInputError
from tap_omnimessages.singer.inputs import parse_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_WORDS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
# Variables with this name are about logs; those with two underscores are Meltano's own.
_NO_SETTING = ("LOGLEVEL", "_")


class _Form(NamedTuple):
    """How a variable is read.

    Attributes:
        read: Returns the value of a text, or raises ValueError or KeyError.
        name: What the text must be, for the error.
    """

    read: Callable[[str], Any]
    name: str


def _read_object(text: str) -> dict[str, Any]:
    value = parse_json(text)
    if not isinstance(value, dict):
        raise TypeError
    return value


_FORMS = {
    "integer": _Form(lambda text: int(text.replace("_", "?")), "a whole number"),
    "boolean": _Form(lambda text: _WORDS[text.strip().lower()], "true or false"),
    "object": _Form(_read_object, "a JSON object"),
}
_TEXT = _Form(str, "a text")


def read_environment(properties: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Read the settings that environment variables hold; an empty variable sets nothing.

    The SDK's own reading takes any word for false, and ends with the error of `int` or of JSON.

    Args:
        properties: The JSON schema of each setting.
        prefix: What each variable's name begins with.

    Returns:
        The settings, and what else begins with the prefix, so that its name can be checked.

    Raises:
        InvalidInputError: A variable has no value of its setting's type; one sentence for each.
    """
    _load_dotenv()
    config: dict[str, Any] = {}
    faults = []
    for variable, text in sorted(os.environ.items()):
        name = variable.removeprefix(prefix).lower()
        if not variable.startswith(prefix) or not text.strip():
            continue
        if name not in properties:
            if not variable.removeprefix(prefix).startswith(_NO_SETTING):
                config[name] = text
            continue
        types = properties[name].get("type", ())
        form = next((form for kind, form in _FORMS.items() if kind in types), _TEXT)
        try:
            text.encode()
            config[name] = form.read(text)
        except json.JSONDecodeError as error:
            faults.append(f"The environment variable {variable} is not {form.name}: {error}.")
        except UnicodeEncodeError:
            faults.append(f"The environment variable {variable} is not text in UTF-8.")
        except (KeyError, TypeError, ValueError):
            faults.append(f"The environment variable {variable} is not {form.name}.")
    if faults:
        raise InvalidInputError(faults)
    return config


def _load_dotenv() -> None:
    """Set the variables of the `.env` nearest above the installed SDK, as the SDK does."""
    folders = Path(singer_sdk.__file__).parents
    path = next((folder / ".env" for folder in folders if (folder / ".env").is_file()), None)
    if path is None:
        return
    try:
        data = path.read_bytes()
        # Like the variables of the system: a byte that is no text harms its own variable only.
        text = data.decode(json.detect_encoding(data), errors="surrogateescape")
        values = dotenv_values(stream=io.StringIO(text.removeprefix("\ufeff")))
        os.environ.update({name: value for name, value in values.items() if value is not None})
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not a text of lines such as NAME=value"
        raise InvalidInputError([f"The file {path} cannot be read: {reason}."]) from None

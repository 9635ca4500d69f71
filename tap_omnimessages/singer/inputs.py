"""Read the files that a user passes to the tap; one sentence for each that cannot be used."""

from __future__ import annotations

import json
import math
import os
import stat
from pathlib import Path
from typing import Any, NoReturn

from tap_omnimessages.errors import InvalidInputError

_STANDARD_INPUT = "-"
_MOST_BYTES = 64 * 1024 * 1024
_DEEPEST_LEVEL = 100
_TOO_DEEP = f"it has more than {_DEEPEST_LEVEL} levels"


class InputFiles:
    """Reads JSON objects from files, each of them once, because a pipe cannot be read again."""

    def __init__(self) -> None:
        self._pipes: dict[tuple[int, int], str] = {}

    def read_object(self, path: str, option: str) -> dict[str, Any]:
        """Read a file that contains one JSON object, in UTF-8, UTF-16 or UTF-32.

        Args:
            path: The file, which may be a pipe; `-` is standard input.
            option: The option that named it, for the error.

        Returns:
            The object; an empty one for an empty file.

        Raises:
            InvalidInputError: The file cannot be read, or is no JSON object.
        """
        is_input = path == _STANDARD_INPUT
        try:
            self._check_unread(os.fstat(0) if is_input else Path(path).stat(), path, option)
            with open(0 if is_input else path, "rb", closefd=not is_input) as file:
                data = file.read(_MOST_BYTES + 1)
        except OSError as error:
            _refuse(f"The file {path} given with {option} cannot be read: {error.strerror}.")
        if len(data) > _MOST_BYTES:
            _refuse(f"The file {path} given with {option} is larger than 64 MB.")
        try:
            text = _decode(data)
            value = parse_json(text) if text.strip() else {}
        except ValueError as error:
            _refuse(f"The file given with {option} is not valid JSON: {error}.")
        if not isinstance(value, dict):
            _refuse(f"The file given with {option} does not contain a JSON object.")
        return value

    def _check_unread(self, status: os.stat_result, path: str, option: str) -> None:
        if not stat.S_ISFIFO(status.st_mode):
            return
        pipe = (status.st_dev, status.st_ino)
        if pipe in self._pipes:
            _refuse(
                f"The file {path} given with {option} is a pipe, which {self._pipes[pipe]} has "
                f"read already: pass it once."
            )
        self._pipes[pipe] = option


def _refuse(sentence: str) -> NoReturn:
    raise InvalidInputError([sentence]) from None


def _decode(data: bytes) -> str:
    """Decode text of any Unicode encoding, with or without a byte order mark.

    Raises:
        ValueError: It is no such text. The text says where.
    """
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        reason = f"it is not text in {encoding.upper()} at byte {error.start}; save it as UTF-8"
        raise ValueError(reason) from None


def parse_json(text: str) -> Any:  # noqa: ANN401 - any JSON
    """Parse JSON that every part of the tap, and every target, can use.

    Raises:
        ValueError: It is none. The text says why, and holds none of the data.
    """
    try:
        value = json.loads(text, parse_constant=_parse_number, parse_float=_parse_number)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except json.JSONDecodeError:
        raise
    except ValueError:
        reason = "it has a number that no target can store"
        raise ValueError(reason) from None
    _check_values(value)
    return value


def _parse_number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def _check_values(value: Any) -> None:  # noqa: ANN401 - any JSON
    """Check what `json` accepts and others do not: endless nesting, and half characters."""
    level = [value]
    for _ in range(_DEEPEST_LEVEL):
        texts: list[str] = [item for item in level if isinstance(item, str)]
        texts += [name for item in level if isinstance(item, dict) for name in item]
        try:
            "".join(texts).encode()
        except UnicodeEncodeError:
            reason = "it has half of a character, such as \\ud800"
            raise ValueError(reason) from None
        level = [
            part
            for item in level
            if isinstance(item, dict | list)
            for part in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return
    raise ValueError(_TOO_DEEP)


def unwrap_state(state: dict[str, Any]) -> dict[str, Any]:
    """Return the state inside what a user may have kept instead.

    Args:
        state: A state, a whole STATE message, or what Meltano stores (`completed.singer_state`).

    Returns:
        The state itself, unchecked.
    """
    if state.get("type") == "STATE" and isinstance(state.get("value"), dict):
        return dict(state["value"])
    completed = state.get("completed")
    if isinstance(completed, dict) and isinstance(completed.get("singer_state"), dict):
        return dict(completed["singer_state"])
    if isinstance(state.get("singer_state"), dict):
        return dict(state["singer_state"])
    return state

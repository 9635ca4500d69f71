"""Read the files that a user passes to the tap; one sentence for each that cannot be used."""

from __future__ import annotations

import json
from typing import IO, Any

from singer_sdk.singerlib import Catalog

from tap_omnimessages.errors import InvalidInputError


def read_json_object(file: IO[str], option: str) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        file: The file.
        option: The option that named it, for the error.

    Returns:
        The object; an empty one for an empty file.

    Raises:
        InvalidInputError: The file is no text, no JSON, or no JSON object.
    """
    try:
        text = file.read()
        value = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, json.JSONDecodeError) else "it is not text"
        sentence = f"The file given with {option} is not valid JSON: {reason}."
        raise InvalidInputError([sentence]) from None
    if not isinstance(value, dict):
        sentence = f"The file given with {option} does not contain a JSON object."
        raise InvalidInputError([sentence])
    return value


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


def check_catalog(catalog: dict[str, Any]) -> dict[str, Any]:
    """Check that the SDK can read a catalog.

    Raises:
        InvalidInputError: The SDK cannot read it.
    """
    try:
        Catalog.from_dict(catalog)
    except Exception:  # noqa: BLE001 - whatever a malformed entry makes the SDK raise
        sentence = "The file given with --catalog is not a Singer catalog: run --discover again."
        raise InvalidInputError([sentence]) from None
    return catalog

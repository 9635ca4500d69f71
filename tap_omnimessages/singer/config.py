"""Check settings against their JSON schema; one sentence for each fault, without any value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from singer_sdk.typing import DEFAULT_JSONSCHEMA_VALIDATOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jsonschema import ValidationError

_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "an object of names and values",
    "string": "a text",
}
_NAME = re.compile(r"[\w*?.\- ]{1,80}")


def fill_in_defaults(config: dict[str, Any], properties: Mapping[str, Any]) -> None:
    """Remove what is not set, set defaults, and write whole numbers as such.

    The SDK takes null for a value; for a user, null means that nothing is set.
    """
    for name, schema in properties.items():
        if "default" in schema and config.get(name) is None:
            config[name] = schema["default"]
    for name, value in list(config.items()):
        if value is None:
            del config[name]
        elif isinstance(value, float) and value.is_integer():
            config[name] = int(value)


def find_schema_errors(config: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """Check settings against their JSON schema.

    Of stream maps, only the type is checked: `find_map_errors` checks the rest, and a part of the
    SDK's schema for them is no schema.

    Returns:
        One sentence for each fault. No sentence holds a value, because any may be a secret.
    """
    properties = dict(schema["properties"])
    properties["stream_maps"] = {"type": properties["stream_maps"]["type"]}
    validator = DEFAULT_JSONSCHEMA_VALIDATOR({**schema, "properties": properties})
    return [_describe(fault) for fault in validator.iter_errors(dict(config))]


def find_flattening_errors(config: Mapping[str, Any]) -> list[str]:
    """Check that flattening knows its depth, as the SDK would, with the setting's name."""
    depth = config.get("flattening_max_depth")
    if not config.get("flattening_enabled") or (depth is not None and depth >= 0):
        return []
    return ["The setting flattening_max_depth is missing or less than 0: flattening needs it."]


def missing_settings(config: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """Return the names of the required settings that are not set."""
    return [name for name in schema.get("required", ()) if name not in config]


def quote_names(names: Iterable[object]) -> str:
    """Join the names of settings, without what can be no name and so may be a value."""
    return ", ".join(name if _NAME.fullmatch(name) else "…" for name in map(str, names))


def _describe(fault: ValidationError) -> str:
    path = ".".join(quote_names([part]) for part in fault.absolute_path)
    wanted: Any = fault.validator_value
    match fault.validator:
        case "required":
            # The message begins with the name that the schema requires.
            name = fault.message.split("'")[1]
            return f"The setting {'.'.join(filter(None, [path, name]))} is missing."
        case "type":
            kinds = [wanted] if isinstance(wanted, str) else list(wanted)
            names = " or ".join(_TYPES[kind] for kind in kinds if kind != "null")
            return f"The setting {path} is not {names}."
        case "enum":
            return f"The setting {path} is not one of {', '.join(map(str, wanted))}."
        case "minimum":
            return f"The setting {path} is less than {wanted}."
        case "maximum":
            return f"The setting {path} is more than {wanted}."
        case _:
            return f"The setting {path} cannot be used."

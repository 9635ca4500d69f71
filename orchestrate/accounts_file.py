"""The content of `accounts.yml`: parse it, and compare it with its JSON schema."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import jsonschema
import yaml
from typing_extensions import override

from orchestrate.errors import FleetError
from orchestrate.meltano_yml import SAFE_LOADER

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

_SCHEMA = Path(__file__).with_name("accounts.schema.json")


def read_content(path: Path) -> dict[str, Any]:
    """Read the file.

    Args:
        path: The file.

    Returns:
        What it holds, which matches the schema.

    Raises:
        FleetError: It is missing, is no YAML, or does not match the schema; one line for each
            fault, without any value.
    """
    content = _parse(path)
    raise_faults(path, _schema_faults(content))
    return cast("dict[str, Any]", content)


def raise_faults(path: Path, faults: Iterable[str]) -> None:
    """Raise the faults of a file together, if there are any.

    Args:
        path: The file.
        faults: One sentence for each.

    Raises:
        FleetError: There is a fault.
    """
    found = list(faults)
    if found:
        raise FleetError("\n".join(f"{path.name}: {fault}" for fault in found))


class _Loader(SAFE_LOADER):  # type: ignore[misc]
    """YAML without dates, which stay texts, and without keys that are given twice."""

    # yaml's own table is shared by all loaders.
    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [entry for entry in entries if entry[0] != "tag:yaml.org,2002:timestamp"]
        for first, entries in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    @override
    def construct_mapping(
        self,
        node: yaml.MappingNode,
        deep: bool = False,
    ) -> dict[Hashable, Any]:
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        twice = next((name for name, count in Counter(names).items() if count > 1), None)
        if twice is not None:
            problem = f"the field {twice} is given twice"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def _parse(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    try:
        return yaml.load(path.read_bytes(), _Loader)  # noqa: S506 - derived from the safe loader
    except OSError as error:
        msg = (
            f"{path} cannot be read ({error.strerror}): write it as "
            f"orchestrate/accounts.example.yml shows."
        )
        raise FleetError(msg) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or "the text is not YAML"
        # A scanner's problem may quote one character of the file, never a value.
        msg = f"{where}: {problem}: correct the file."
        raise FleetError(msg) from None


@cache
def _validator() -> jsonschema.protocols.Validator:
    schema = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(schema)


def _schema_faults(content: Any) -> Iterator[str]:  # noqa: ANN401 - whatever the file holds
    for error in sorted(_validator().iter_errors(content), key=lambda error: str(error.path)):
        where = _place(content, list(error.absolute_path))
        schema = cast("dict[str, Any]", error.schema)
        rule = cast("list[str]", error.validator_value)
        instance = cast("dict[str, Any]", error.instance)
        expected = schema.get("description", "")
        # The error's own message quotes the value, which may be a key.
        if error.validator == "required":
            missing = [name for name in rule if name not in instance]
            yield f"{where} has no {' and no '.join(missing)}: write {expected}."
        elif error.validator == "additionalProperties":
            known = schema["properties"]
            unknown = sorted(str(name) for name in instance if name not in known)
            yield (
                f"{where} has the unknown field {' and '.join(unknown)}: the fields are "
                f"{', '.join(known)}."
            )
        else:
            yield f"{where} is refused: write {expected}."


def _place(content: Any, path: Sequence[str | int]) -> str:  # noqa: ANN401
    """Return where a fault is, with the account's name if it has one."""
    if path[:1] != ["accounts"] or len(path) == 1:
        return ".".join(map(str, path)) or "The file"
    entry = content["accounts"][path[1]]
    name = entry.get("name") if isinstance(entry, dict) else None
    has_name = isinstance(name, str) and "name" not in path
    account = f"Account {name}" if has_name else f"Account number {int(path[1]) + 1}"
    return ": ".join([account, ".".join(map(str, path[2:]))]) if path[2:] else account

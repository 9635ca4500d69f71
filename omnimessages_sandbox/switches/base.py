"""Dataclasses of switches: each field has checked values and a meaning, and is read from text."""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    Self,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

T = TypeVar("T")

Hint = Any
"""A type, or a value of a type, at run time."""

_WORDS = {"none": None, "true": True, "false": False}


def switch(default: T, meaning: str) -> T:
    """Declare a field of a `Switches` class.

    Args:
        default: Its default value.
        meaning: Its effect in one sentence for users.

    Returns:
        The dataclass field, with the type of its value.
    """
    made: T = dataclasses.field(default=default, metadata={"meaning": meaning})
    return made


class SwitchError(ValueError):
    """A switch or a value does not exist; the text names it in one sentence."""


def _hints(cls: Hint) -> dict[str, Any]:
    hints = get_type_hints(cls, include_extras=True)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls)}


def _accepts(hint: Hint, value: Hint) -> bool:
    """Whether a value has a type; only the kinds of type that switches use are known."""
    parts = get_args(hint)
    kind: Hint = get_origin(hint) or hint
    if kind in (Union, types.UnionType):
        return any(_accepts(part, value) for part in parts)
    checks: dict[Hint, Callable[[], bool]] = {
        Literal: lambda: any(type(part) is type(value) and part == value for part in parts),
        Annotated: lambda: isinstance(value, str) and bool(re.fullmatch(parts[1], value)),
        Sequence: lambda: isinstance(value, tuple) and all(_accepts(parts[0], v) for v in value),
        float: lambda: type(value) in (int, float),
    }
    return checks.get(kind, lambda: type(value) is hint)()


def _read(hint: Hint, text: str) -> Hint:
    """Parse the text behind `NAME=` as the first value that the switch's type accepts."""
    candidates: list[Any] = [text]
    if text.lower() in _WORDS:
        candidates.insert(0, _WORDS[text.lower()])
    for number in (int, float):
        try:
            candidates.append(number(text))
        except ValueError:
            continue
    candidates.append(tuple(part.strip() for part in text.split(",") if part.strip()))
    return next((value for value in candidates if _accepts(hint, value)), text)


def _choices(hint: Hint) -> str:
    """Describe the values of a type in words."""
    origin: Hint = get_origin(hint)
    if origin in (Union, types.UnionType):
        return ", ".join(_choices(part) for part in get_args(hint))
    if origin is Literal:
        return ", ".join(repr(choice) for choice in get_args(hint))
    if origin is Annotated:
        return str(get_args(hint)[2])
    if origin is Sequence:
        return f"a list of {_choices(get_args(hint)[0])}"
    names = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
    return names.get(hint, "none")


class Switches:
    """The base of a frozen dataclass of switches made with `switch`.

    Attributes:
        plural: The name of such switches in errors.
    """

    plural: ClassVar[str]

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            SwitchError: A switch cannot have its value.
        """
        for name, hint in _hints(type(self)).items():
            value = getattr(self, name)
            if isinstance(value, list):
                value = tuple(value)
                object.__setattr__(self, name, value)
            if not _accepts(hint, value):
                problem = f"{name} cannot be {value!r}; it can be {_choices(hint)}."
                raise SwitchError(problem)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], base: Self | None = None) -> Self:
        """Create switches from names and values.

        Args:
            values: The values by name; all other switches are those of `base`.
            base: The switches to change; None for the defaults.

        Returns:
            The switches.

        Raises:
            SwitchError: A name is unknown, or a switch cannot have its value.
        """
        known = _hints(cls)
        for name in values:
            if name not in known:
                problem = (
                    f"There is no switch {name!r} among the {cls.plural}; "
                    f"the switches are {', '.join(known)}."
                )
                raise SwitchError(problem)
        return dataclasses.replace(cast("Any", base or cls()), **values)  # type: ignore[no-any-return]

    @classmethod
    def from_pairs(cls, pairs: Iterable[str], base: Self | None = None) -> Self:
        """Create switches from texts such as `"antbuddy_page_cap=20"`.

        Args:
            pairs: Texts of the form `NAME=VALUE`. `none`, `true`, `false` and numbers are values,
                not texts, if the switch can have them. Commas separate the values of a list.
            base: The switches to change; None for the defaults.

        Returns:
            The switches.

        Raises:
            SwitchError: A text has no `=`, a name is unknown, or a switch cannot have its value.
        """
        values: dict[str, Any] = {}
        for pair in pairs:
            name, separator, text = pair.partition("=")
            if not separator:
                problem = f"{pair!r} is not of the form NAME=VALUE."
                raise SwitchError(problem)
            name = name.strip().replace("-", "_")
            values[name] = _read(_hints(cls).get(name, str), text.strip())
        return cls.from_dict(values, base)

    def to_dict(self) -> dict[str, Any]:
        """Return the values by name."""
        return {name: getattr(self, name) for name in _hints(type(self))}

    @classmethod
    def explained(cls) -> list[tuple[str, Any, str, str]]:
        """Return the name, the default, the values in words and the meaning of every switch."""
        fields = dataclasses.fields(cast("Any", cls))
        return [
            (each.name, each.default, _choices(_hints(cls)[each.name]), each.metadata["meaning"])
            for each in fields
        ]

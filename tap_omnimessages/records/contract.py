"""The schema contract: how to handle unknown fields and values of the wrong type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from tap_omnimessages.errors import SchemaContractError
from tap_omnimessages.redaction import redact

if TYPE_CHECKING:
    import logging
    from collections.abc import Collection

Mode = Literal["evolve", "freeze", "discard"]
MODES: tuple[str, ...] = get_args(Mode)

_NAMES_REPORTED = 100
_NAME_CHARACTERS = 60
_OUTCOMES = {
    "kept": "is kept in extra_fields",
    "discard": "is discarded",
    "hidden": "is dropped, because a stream map changes or removes its column",
    "no extra_fields": "is dropped, because extra_fields is not selected or a map removes it",
}
# What `evolve` would do instead of `freeze`.
_REMEDIES = {"kept": "to keep such values in extra_fields"}
_OTHER_REMEDY = "to go on without such values"


class SchemaContract:
    """Handles unknown fields and values of the wrong type, for one stream."""

    def __init__(self, stream: str, mode: Mode, logger: logging.Logger) -> None:
        """Make a contract.

        Args:
            stream: The stream's name.
            mode: What to do with such values: `evolve` keeps them in `extra_fields`, `discard`
                drops them, `freeze` ends the run at the first.
            logger: Logs a warning for each field, once in a run, without its values.
        """
        self.keeps_values = mode == "evolve"
        self._stream = stream
        self._mode = mode
        self._keeps_extra_fields = True
        self._ignored: Collection[str] = ()
        self._hidden: Collection[str] = ()
        self._logger = logger
        self._reported: set[str] = set()

    def narrow(
        self, *, ignored: Collection[str], hidden: Collection[str], keeps_extra_fields: bool
    ) -> None:
        """Take note of what does not leave the stream.

        Args:
            ignored: The API fields whose columns nobody selected; they are not reported.
            hidden: The API fields that must not appear in `extra_fields`.
            keeps_extra_fields: Whether `extra_fields` itself leaves the stream.
        """
        self._ignored = ignored
        self._hidden = hidden
        self._keeps_extra_fields = keeps_extra_fields

    def report(self, field: str, reason: str) -> None:
        """Report a field with a value that fits no column.

        Args:
            field: The field's name in the API.
            reason: Why the value fits no column. It must not contain the value.

        Raises:
            SchemaContractError: The contract is `freeze`.
        """
        if field in self._ignored:
            return
        outcome = self._outcome_of(field)
        # A name may be private itself if an API uses ids as names.
        name = redact(field, ())[:_NAME_CHARACTERS]
        if self._mode == "freeze":
            msg = (
                f"{self._stream}: the API sent a value in the field {name} that fits no column "
                f"({reason}), and schema_contract is freeze. The bookmark stays before it. Set "
                f"schema_contract to evolve {_REMEDIES.get(outcome, _OTHER_REMEDY)}."
            )
            raise SchemaContractError(msg)
        if name not in self._reported and len(self._reported) < _NAMES_REPORTED:
            self._reported.add(name)
            self._logger.warning(
                "%s: the field %s %s (%s).", self._stream, name, _OUTCOMES[outcome], reason
            )

    def _outcome_of(self, field: str) -> str:
        if self._mode == "discard":
            return "discard"
        if not self._keeps_extra_fields:
            return "no extra_fields"
        return "hidden" if field in self._hidden else "kept"

"""The schema contract: how to handle unknown fields and values of the wrong type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from tap_omnimessages.errors import SchemaContractError
from tap_omnimessages.redaction import redact

if TYPE_CHECKING:
    import logging

Mode = Literal["evolve", "freeze", "discard"]
MODES: tuple[str, ...] = get_args(Mode)

_NAMES_REPORTED = 100
_NAME_CHARACTERS = 60
_OUTCOMES = {"evolve": "is kept in extra_fields", "discard": "is discarded"}


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
        self._outcome = _OUTCOMES.get(mode)
        self._logger = logger
        self._reported: set[str] = set()

    def report(self, field: str, reason: str) -> None:
        """Report a field with a value that fits no column.

        Args:
            field: The field's name in the API.
            reason: Why the value fits no column. It must not contain the value.

        Raises:
            SchemaContractError: The contract is `freeze`.
        """
        # A name may be private itself if an API uses ids as names.
        name = redact(field, ())[:_NAME_CHARACTERS]
        if self._outcome is None:
            msg = (
                f"{self._stream}: the API sent a value in the field {name} that fits no column "
                f"({reason}), and schema_contract is freeze. The bookmark stays before it. Set "
                f"schema_contract to evolve to keep such values in extra_fields."
            )
            raise SchemaContractError(msg)
        if name not in self._reported and len(self._reported) < _NAMES_REPORTED:
            self._reported.add(name)
            self._logger.warning(
                "%s: the field %s %s (%s).", self._stream, name, self._outcome, reason
            )

"""The schema contract: what becomes of a value that no column can hold."""

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
_FATES = {"evolve": "is kept in extra_fields", "discard": "is discarded"}


class SchemaContract:
    """Decides, for one stream, about fields unknown to its schema and values that fit no column."""

    def __init__(self, stream: str, mode: Mode, logger: logging.Logger) -> None:
        """Make a contract.

        Args:
            stream: The stream's name.
            mode: `evolve` keeps such values in `extra_fields`, `freeze` ends the run at the
                first, `discard` drops them.
            logger: Where a field is named once in a run, never with its value.
        """
        self.keeps_values = mode == "evolve"
        self._stream = stream
        self._fate = _FATES.get(mode)
        self._logger = logger
        self._reported: set[str] = set()

    def report(self, field: str, reason: str) -> None:
        """Take in that a field holds something that no column can.

        Args:
            field: The field's name in the API.
            reason: Why no column can hold it, without the value.

        Raises:
            SchemaContractError: The contract is `freeze`.
        """
        # A name may be data itself, where an API uses ids as names.
        name = redact(field, ())[:_NAME_CHARACTERS]
        if self._fate is None:
            msg = (
                f"{self._stream}: the API sent something in the field {name} that the schema does "
                f"not hold ({reason}), and schema_contract is freeze. The bookmark stays before "
                f"it; set schema_contract to evolve to keep such values in extra_fields."
            )
            raise SchemaContractError(msg)
        if name not in self._reported and len(self._reported) < _NAMES_REPORTED:
            self._reported.add(name)
            self._logger.warning(
                "%s: the field %s %s (%s).", self._stream, name, self._fate, reason
            )

"""eTelecom's cursors: a row's place as URL-safe base64, opaque to clients."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

Place = tuple[int, str]


@dataclass(slots=True, frozen=True)
class Cursor:
    """The place at which a page begins or ends.

    Attributes:
        order: The order of the rows, for instance `newest:updated_at`.
        place: The row's sort value and id; for an offset cursor, the number of rows before and "".
    """

    order: str
    place: Place

    def text(self) -> str:
        """Return the cursor as the API sends it."""
        plain = json.dumps([self.order, *self.place], separators=(",", ":"))
        return base64.urlsafe_b64encode(plain.encode()).decode()

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Parse a cursor that the API sent.

        Args:
            text: The cursor in the request.

        Returns:
            The cursor.

        Raises:
            ValueError: The text is not a cursor.
        """
        try:
            parts = json.loads(base64.urlsafe_b64decode(text.encode()))
            order, value, row_id = parts
        except (binascii.Error, UnicodeError, ValueError, TypeError) as error:
            problem = "not a cursor"
            raise ValueError(problem) from error
        kinds = (type(order), type(value), type(row_id))
        if kinds != (str, int, str):
            problem = "not a cursor"
            raise ValueError(problem)
        return cls(order, (value, row_id))

"""eTelecom's cursors: URL-safe base64 of a row's place, opaque to callers."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

Place = tuple[int, str]


@dataclass(slots=True, frozen=True)
class Cursor:
    """Where a page ends or begins.

    Attributes:
        order: The order that the place belongs to, for instance `newest:updated_at`.
        place: The last row's (sort value, id), or (number of rows before, "") for offset cursors.
    """

    order: str
    place: Place

    def text(self) -> str:
        """Write the cursor as the API gives it out."""
        plain = json.dumps([self.order, *self.place], separators=(",", ":"))
        return base64.urlsafe_b64encode(plain.encode()).decode()

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read a cursor that the API gave out.

        Args:
            text: What the caller sent.

        Returns:
            The cursor.

        Raises:
            ValueError: It is none.
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

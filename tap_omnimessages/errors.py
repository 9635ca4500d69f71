"""What can end a run, each with one sentence for the user.

No message may hold a key, a phone number or a message text: these errors reach logs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class TapError(Exception):
    """Base of the errors whose text is meant for the user as it stands."""


class ApiError(TapError):
    """An API refused a request, or did not give a usable answer in time."""


class RefusedError(ApiError):
    """An API refused one request for good (a 4xx that is no matter of time or of the key).

    Attributes:
        is_about_address: Whether the address is not one of the API's.
    """

    def __init__(self, text: str, *, is_about_address: bool = False) -> None:
        super().__init__(text)
        self.is_about_address = is_about_address


class IncompleteWindowError(TapError):
    """A window could not be shown to be complete, so its bookmark must not move."""


class MissingPrimaryKeyError(TapError):
    """A record has no primary key, so no target could keep it apart from others."""


class SchemaContractError(TapError):
    """A record holds something that its schema does not, where `schema_contract` is `freeze`."""


class InvalidInputError(TapError):
    """Settings, state or catalog cannot be used.

    Attributes:
        sentences: What is wrong, one sentence for each fault.
    """

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


class ClosedPipeError(TapError):
    """Nobody reads what the tap writes."""

    def __init__(self) -> None:
        super().__init__("The target has closed the pipe: its own error says why.")


class NoOutputError(TapError):
    """There is no standard output to write to."""

    def __init__(self) -> None:
        super().__init__("Standard output is closed: send it to a target or into a file.")


class CatalogError(TapError):
    """A catalog asks for something that the stream cannot do."""


class RequestCancelledError(TapError):
    """A request was given up because its reading has ended; nobody waits for its answer."""

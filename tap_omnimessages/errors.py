"""The errors that end a run, each with one sentence for the user.

    TapError                        its text is meant for the user as it stands
    ├── ApiError                    look at the API: its address, the API key, its state
    │   └── RefusedError            look at the request: settings of windows, pages and times
    ├── IncompleteWindowError       run again; if it comes back, report it
    ├── MissingPrimaryKeyError      ask the provider about the record, or report it
    ├── SchemaContractError         set schema_contract to evolve, or wait for a new version
    ├── CatalogError                correct the catalog, or discover it anew
    ├── InvalidInputError           correct the settings, the state or the catalog
    ├── ClosedPipeError             look at the loader's own error
    ├── NoOutputError               send standard output to a loader or into a file
    └── RequestCancelledError       never seen: the reading ended before the response came

No message contains an API key, a phone number or a message text, because errors reach logs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class TapError(Exception):
    """Base of the errors whose text is meant for the user as it stands."""


class ApiError(TapError):
    """An API refused a request, or sent no usable response in time."""


class RefusedError(ApiError):
    """An API refused one request for good: a 4xx that does not pass with time.

    Attributes:
        is_about_address: Whether the API does not know the address.
    """

    def __init__(self, text: str, *, is_about_address: bool = False) -> None:
        super().__init__(text)
        self.is_about_address = is_about_address


class IncompleteWindowError(TapError):
    """A window could not be shown to be complete, so its bookmark must not move."""


class MissingPrimaryKeyError(TapError):
    """A record has no primary key, so a target could not tell it from others."""


class SchemaContractError(TapError):
    """A record has a value that fits no column, and `schema_contract` is `freeze`."""


class CatalogError(TapError):
    """A catalog asks for something that the stream cannot do."""


class InvalidInputError(TapError):
    """Settings, state or catalog cannot be used.

    Attributes:
        sentences: What is wrong, one sentence for each fault.
    """

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


class ClosedPipeError(TapError):
    """The consumer closed the pipe."""

    def __init__(self) -> None:
        super().__init__("The target has closed the pipe: its own error says why.")


class NoOutputError(TapError):
    """Standard output is closed."""

    def __init__(self) -> None:
        super().__init__("Standard output is closed: send it to a target or into a file.")


class RequestCancelledError(TapError):
    """A request was cancelled because its reading has ended; nobody waits for its response."""

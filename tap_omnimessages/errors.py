"""The errors that end a run, and what a user does about each.

    TapError                        the base; its text is for the user as it stands
    ├── ApiError                    check the API's address, the API key, and the API itself
    │   └── RefusedError            check the settings for windows, pages and times
    │       └── NoRowsError         check the start date and the API's address
    ├── IncompleteWindowError       rerun; report it if it comes back
    ├── MissingPrimaryKeyError      ask the provider about the row, or report it
    ├── SchemaContractError         set schema_contract to evolve, or wait for a new version
    ├── CatalogError                correct the catalog, or run --discover again
    ├── InvalidInputError           correct the settings, the state or the catalog
    ├── StreamMapError              correct stream_maps
    ├── StorageError                correct batch_config.storage
    ├── ClosedPipeError             read the loader's own error
    ├── NoOutputError               send standard output to a loader or into a file
    └── RequestCancelledError       nothing: it stays inside the tap

No message contains an API key, a phone number or a message text, because errors reach logs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class TapError(Exception):
    """Base of the errors whose text is shown to the user as it stands."""


class ApiError(TapError):
    """An API refused a request, or sent no usable response in time."""


class RefusedError(ApiError):
    """An API refused one request, and a retry would not help.

    Attributes:
        is_about_address: Whether the API refused the address itself, not what the request asks for.
    """

    def __init__(self, text: str, *, is_about_address: bool = False) -> None:
        super().__init__(text)
        self.is_about_address = is_about_address


class NoRowsError(RefusedError):
    """An API may have said in its own way that there are no rows, such as 404 with a JSON body.

    Attributes:
        signature: What the response looks like, to know it another time.
        may_pass: Whether the response may also be a fault that passes.
    """

    def __init__(self, text: str, signature: tuple[str, str], *, may_pass: bool) -> None:
        super().__init__(text, is_about_address=True)
        self.signature = signature
        self.may_pass = may_pass


class IncompleteWindowError(TapError):
    """A window may be incomplete, so the bookmark must not move past the window."""


class MissingPrimaryKeyError(TapError):
    """A record has no primary key, so a target could not store it."""


class SchemaContractError(TapError):
    """A record has a value that fits no column, and `schema_contract` is `freeze`."""


class CatalogError(TapError):
    """The catalog asks for something that a stream cannot do."""


class InvalidInputError(TapError):
    """The settings, the state or the catalog cannot be used.

    Attributes:
        sentences: What is wrong, one sentence for each fault.
    """

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


class StreamMapError(TapError):
    """A stream map cannot be set up, or cannot be computed for a record."""


class StorageError(TapError):
    """The storage of BATCH files cannot be used."""


class ClosedPipeError(TapError):
    """The consumer closed the pipe."""

    def __init__(self) -> None:
        super().__init__("The target has closed the pipe: its own error says why.")


class NoOutputError(TapError):
    """Standard output is closed."""

    def __init__(self) -> None:
        super().__init__("Standard output is closed: send it to a target or into a file.")


class RequestCancelledError(TapError):
    """A request was cancelled because the read it belongs to has ended."""

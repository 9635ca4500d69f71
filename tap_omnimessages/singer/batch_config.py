"""Check the setting `batch_config`; the SDK's own schema lets most faults pass."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from singer_sdk.helpers._batch import BatchConfig, StorageTarget
from typing_extensions import override

from tap_omnimessages.errors import StorageError, TapError
from tap_omnimessages.singer.config import quote_names

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

# A whole batch is in memory at once.
_MOST_RECORDS = 10_000_000
_PARTS = {"encoding", "storage", "batch_size"}
_PARTS_OF = {"encoding": {"format", "compression"}, "storage": {"root", "prefix", "params"}}
_NEEDED = {"encoding": "format", "storage": "root"}
_EXAMPLE = (
    '{"encoding": {"format": "jsonl", "compression": "gzip"}, '
    '"storage": {"root": "file:///srv/batches"}}'
)


def find_batch_errors(config: Mapping[str, Any]) -> Iterator[str]:
    """Check the setting, if there is one.

    Args:
        config: The settings; `batch_config` matches the SDK's schema, so it is an object.

    Yields:
        One sentence for each fault.
    """
    batch = config.get("batch_config")
    if not batch:
        return
    for part, name in _NEEDED.items():
        if not (batch.get(part) or {}).get(name):
            yield f"The setting batch_config lacks {part}.{name}: write it as {_EXAMPLE}."
    unknown = [
        *sorted(batch.keys() - _PARTS),
        *(
            f"{part}.{name}"
            for part, names in _PARTS_OF.items()
            for name in sorted((batch.get(part) or {}).keys() - names)
        ),
    ]
    if unknown:
        yield f"The setting batch_config has no {quote_names(unknown)}: write it as {_EXAMPLE}."
    yield from _find_storage_errors(batch.get("storage") or {})
    encoding = batch.get("encoding") or {}
    # The SDK always compresses JSON lines, and targets believe the message.
    if encoding.get("format") == "jsonl" and encoding.get("compression") != "gzip":
        yield 'The setting batch_config.encoding.compression has to be "gzip" for jsonl.'
    size = batch.get("batch_size")
    # With 0, the SDK would write no record to any file.
    is_number = isinstance(size, int) and not isinstance(size, bool)
    if size is not None and not (is_number and 1 <= size <= _MOST_RECORDS):
        most = _MOST_RECORDS
        yield f"The setting batch_config.batch_size is not a whole number from 1 to {most}."


def _find_storage_errors(storage: Mapping[str, Any]) -> Iterator[str]:
    name = "The setting batch_config.storage"
    if not isinstance(storage.get("params"), dict | None):
        yield f"{name}.params is not an object of names and values."
    root = storage.get("root") or ""
    if "\0" in f"{root}{storage.get('prefix')}":
        yield f"{name} contains the character NUL, which no address has."
    if "://" not in root:
        return
    try:
        parts = urlsplit(root)
        has_password = bool(parts.password or parts.query)
        StorageTarget.split_url(f"{root}/x")
    except (NotImplementedError, ValueError):
        yield (
            f"{name}.root does not begin with a file system that is known, such as file:// or s3://."
        )
        return
    if has_password:
        yield (
            f"{name}.root contains a password or a query, which BATCH messages would carry into "
            f"logs: set it in batch_config.storage.params or in the environment."
        )


class BatchStorage(StorageTarget):
    """A storage whose errors say which setting to check."""

    @override
    @contextmanager
    def open(self, filename: str, mode: str = "rb") -> Generator[IO[Any]]:
        """Open a file.

        Raises:
            StorageError: The storage refuses it, in words that may hold a secret.
        """
        try:
            with super().open(filename, mode) as file:
                yield file
        except (ImportError, TapError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a file system raises
            msg = (
                f"A BATCH file cannot be written ({_reason(error)}): check batch_config.storage "
                f"and batch_config.encoding. What was written before the last STATE is safe."
            )
            raise StorageError(msg) from None


def _reason(error: Exception) -> str:
    """Return why a file cannot be written, in the system's words: others may quote a secret."""
    if not isinstance(error, OSError) or not (error.errno and error.errno > 0):
        return type(error).__name__
    place = f": {error.filename}" if isinstance(error.filename, str) else ""
    return f"{os.strerror(error.errno)}{place}"


def make_batch_config(raw: Mapping[str, Any]) -> BatchConfig:
    """Return the SDK's object for a checked setting."""
    storage = {name: value for name, value in raw["storage"].items() if value is not None}
    config = BatchConfig.from_dict({**raw, "storage": storage})
    config.storage = BatchStorage(**storage)
    return config

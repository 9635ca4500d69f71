"""Check the setting `batch_config`; the SDK's own schema lets most faults pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
        yield f"The setting batch_config has no {' or '.join(unknown)}: write it as {_EXAMPLE}."
    encoding = batch.get("encoding") or {}
    # The SDK always compresses JSON lines, and targets believe the message.
    if encoding.get("format") == "jsonl" and encoding.get("compression") != "gzip":
        yield 'The setting batch_config.encoding.compression has to be "gzip" for jsonl.'
    size = batch.get("batch_size")
    # With 0, the SDK would write no record to any file.
    if size is not None and (isinstance(size, bool) or not isinstance(size, int) or size < 1):
        yield "The setting batch_config.batch_size is not a whole number from 1 on."

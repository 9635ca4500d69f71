"""What a load did, from the lines that Meltano writes with `--log-format=json`."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEVELS = {
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}
# What follows from a loader's failure, and says nothing of the cause.
_CONSEQUENCE = "The target has closed the pipe"
# The last line of a traceback, such as `psycopg.OperationalError: connection failed`.
_EXCEPTION = re.compile(r"^(?:[A-Za-z_]\w*\.)*(?P<name>[A-Z]\w*): (?P<text>\S.*)$")
_CONNECTION = ("OperationalError", "ConnectionError")
# Other errors of a database quote the row that it refuses.
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_IN_TRACEBACK = re.compile(r"^Traceback \(most recent call last\)")
_SHORTEST_HIDDEN = 4
_LONGEST_SENTENCE = 1000


@dataclass
class StreamFigures:
    """What a load did for a stream.

    Attributes:
        rows: How many records the tap has written.
        requests: How many requests it has sent, retries included.
        waits: How often it paused before it repeated a request.
        waited_seconds: How long it paused, in seconds.
        bookmark: Where the last window ends (UTC); None if there was none to read.
    """

    rows: int = 0
    requests: int = 0
    waits: int = 0
    waited_seconds: float = 0.0
    bookmark: str | None = None


@dataclass
class Figures:
    """What a load did.

    Attributes:
        streams: The figures of each stream that was read.
    """

    streams: dict[str, StreamFigures] = field(default_factory=dict)

    def as_result(self) -> dict[str, Any]:
        """Return the figures as JSON values: the sums, and each stream's."""
        streams = self.streams.values()
        return {
            "rows": sum(stream.rows for stream in streams),
            "requests": sum(stream.requests for stream in streams),
            "waits": sum(stream.waits for stream in streams),
            "waited_seconds": round(sum(stream.waited_seconds for stream in streams), 1),
            "streams": {name: asdict(stream) for name, stream in self.streams.items()},
        }


class LogReader:
    """Reads a load's log: what to show, what the load did, and why it failed.

    Attributes:
        figures: What the load has done so far.
    """

    def __init__(self, hidden: Sequence[str] = ()) -> None:
        """Begin a log.

        Args:
            hidden: Values that must not be shown.
        """
        self.figures = Figures()
        self._hidden = [value for value in hidden if len(value) >= _SHORTEST_HIDDEN]
        self._cause: str | None = None
        self._meltano_error: str | None = None
        self._last_text: str | None = None
        self._in_traceback = False

    def read(self, line: str) -> tuple[int, str] | None:
        """Read a line.

        Args:
            line: The line, as Meltano wrote it.

        Returns:
            The level and the text to show; None for what only fills a log, and for the lines of a
            loader, because a database's errors quote rows.
        """
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict):
            self._last_text = self._hide(line.strip()) or self._last_text
            return None
        level = _LEVELS.get(str(entry.get("level")), logging.INFO)
        text = self._hide(str(entry.get("event", "")).strip())
        source = entry.get("cmd_type") or entry.get("type")
        if source == "loader":
            self._read_loader(text)
            return None
        if source is None:
            return self._read_meltano(level, text)
        self._read_progress(entry)
        if level >= logging.ERROR and self._cause is None and not text.startswith(_CONSEQUENCE):
            self._cause = text
        return None if "metric_info" in entry or not text else (level, text)

    def sentence(self, status: int) -> str:
        """Return why the load failed: the tap's sentence, the loader's, or Meltano's.

        Args:
            status: The exit status of Meltano.
        """
        known = self._cause or self._meltano_error or self._last_text
        sentence = known or f"Meltano ended with status {status} and without a word."
        return sentence[:_LONGEST_SENTENCE]

    def _read_progress(self, entry: dict[str, Any]) -> None:
        progress, stream = entry.get("progress"), entry.get("stream_name")
        if not isinstance(progress, dict) or not isinstance(stream, str):
            return
        self.figures.streams[stream] = StreamFigures(
            rows=int(progress.get("records") or 0),
            requests=int(progress.get("requests") or 0),
            waits=int(progress.get("waits") or 0),
            waited_seconds=float(progress.get("waited_seconds") or 0),
            bookmark=progress.get("window_end"),
        )

    def _read_loader(self, text: str) -> None:
        self._in_traceback = self._in_traceback or bool(_IN_TRACEBACK.match(text))
        found = _EXCEPTION.match(text) if self._in_traceback else None
        if self._cause is not None or not found:
            return
        said = found["text"]
        if not found["name"].endswith(_CONNECTION):
            said = _QUOTED.sub("…", said)
        self._cause = f"The loader failed: {found['name']}: {said}"

    def _read_meltano(self, level: int, text: str) -> tuple[int, str] | None:
        first, _, _ = text.partition("\n")
        if level >= logging.ERROR and first:
            self._meltano_error = first
        return (level, first) if level >= logging.WARNING and first else None

    def _hide(self, text: str) -> str:
        for value in self._hidden:
            text = text.replace(value, "***")
        return text

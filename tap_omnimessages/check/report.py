"""Print what a check has found: as a table for people, or as JSON."""

from __future__ import annotations

import json
import textwrap
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tap_omnimessages.check.findings import Answer, Change, Report

    Style = Callable[[str, str], str]

_PACKAGE = "tap-omnimessages"
_WIDTH = 80
_INDENT = 2
_LABEL_WIDTH = 20
_GOOD, _BAD, _OPEN, _TITLE = "green", "red", "yellow", "bold"


def plain(text: str, style: str) -> str:  # noqa: ARG001 - the signature of a style
    """Return a text without a style."""
    return text


def as_text(reports: Sequence[Report], skipped: Sequence[str], style: Style = plain) -> str:
    """Return the reports as a table of at most 80 columns.

    Args:
        reports: The reports, one for each API that was asked.
        skipped: The names of the settings that hold no key.
        style: Adds a style to a text: `green`, `red`, `yellow` or `bold`.
    """
    lines: list[str] = []
    for report in reports:
        lines += [*_describe(report, style), ""]
    lines += [f"{name} is not set: skipped." for name in skipped]
    lines += [""] if skipped else []
    changes = {name: change for report in reports for name, change in report.changes.items()}
    lines += [*_settings(changes), ""] if changes else []
    lines += _verdict(reports, style)
    return "\n".join(lines)


def _describe(report: Report, style: Style) -> Iterator[str]:
    noun = "request" if report.requests == 1 else "requests"
    yield style(f"{report.name} ({report.requests} {noun})", _TITLE)
    for topic, answer in report.answers.items():
        yield from _row(report.labels[topic], answer, style)


def _row(label: str, answer: Answer, style: Style) -> Iterator[str]:
    text = f"{answer.words} ({answer.seen})" if answer.seen else answer.words
    width = _WIDTH - _INDENT - _LABEL_WIDTH
    first, *others = textwrap.wrap(text, width, break_on_hyphens=False) or [""]
    # The style may not change where a line is broken.
    shown = style(first, _OPEN) if answer.meaning is None else first
    yield f"{' ' * _INDENT}{label:<{_LABEL_WIDTH}}{shown}"
    for line in others:
        yield " " * (_INDENT + _LABEL_WIDTH) + line


def _settings(changes: dict[str, Change]) -> Iterator[str]:
    yield "Settings to change, under the extractor in meltano.yml:"
    yield ""
    yield "config:"
    for name, change in changes.items():
        # JSON is YAML, too.
        yield f"  {name}: {json.dumps(change.value)}  # {change.reason}"


def _verdict(reports: Sequence[Report], style: Style) -> Iterator[str]:
    reasons = [reason for report in reports for reason in report.reasons]
    if not reasons:
        yield style("A load can start.", _GOOD)
        return
    yield style("No load can start:", _BAD)
    for reason in reasons:
        yield textwrap.fill(
            reason,
            _WIDTH,
            initial_indent="- ",
            subsequent_indent="  ",
            break_on_hyphens=False,
        )


def as_json(reports: Sequence[Report], skipped: Sequence[str]) -> str:
    """Return the reports as JSON: for machines and for bug reports.

    It holds no key, phone number, text or id. Of the settings it names those to change.

    Args:
        reports: The reports, one for each API that was asked.
        skipped: The names of the settings that hold no key.
    """
    content = {
        "tap": version(_PACKAGE),
        "can_load": all(report.can_load for report in reports),
        "skipped": list(skipped),
        "apis": {report.name: _fields(report) for report in reports},
    }
    return json.dumps(content, ensure_ascii=False, indent=2)


def _fields(report: Report) -> dict[str, Any]:
    return {
        "can_load": report.can_load,
        "reasons": report.reasons,
        "requests": report.requests,
        "settings": {name: change.value for name, change in report.changes.items()},
        "answers": {
            topic: {"meaning": answer.meaning, "words": answer.words, "seen": answer.seen}
            for topic, answer in report.answers.items()
        },
    }

"""Ask all questions about an API, and collect the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_omnimessages.check.findings import Answer, Question, unknown
from tap_omnimessages.errors import ApiError, TapError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_omnimessages.check.findings import Report
    from tap_omnimessages.check.look import Look


_NO_ROWS = Answer(0, "none: the API shows no row at all")


def examine(look: Look[Any], questions: Sequence[Question[Any]]) -> Report:
    """Ask the questions; one that fails is left open, and does not stop the others.

    Returns:
        The report; its reasons say why no load can start.
    """
    report = look.report
    try:
        has_rows = look.begin()
        look.prober.is_brief = True
        if not has_rows:
            report.add(Question("rows", "rows", lambda _: _NO_ROWS), _NO_ROWS)
        for question in questions:
            if has_rows or not question.needs_rows:
                report.add(question, _ask(look, question))
    except TapError as error:
        report.reasons.append(str(error))
    finally:
        look.close()
    return report


def _ask(look: Look[Any], question: Question[Any]) -> Answer:
    try:
        return question.ask(look)
    except ApiError as error:
        return unknown(str(error))

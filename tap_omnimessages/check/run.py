"""Ask all questions about an API, and collect the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_omnimessages.check.findings import unknown
from tap_omnimessages.errors import ApiError, TapError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_omnimessages.check.findings import Question, Report
    from tap_omnimessages.check.look import Look


def examine(look: Look[Any], questions: Sequence[Question[Any]]) -> Report:
    """Ask the questions; one that fails is left open, and does not stop the others."""
    report = look.report
    try:
        if look.begin():
            for question in questions:
                try:
                    answer = question.ask(look)
                except ApiError as error:
                    answer = unknown(str(error))
                report.add(question, answer)
    except TapError as error:
        report.reasons.append(str(error))
    finally:
        look.close()
    return report

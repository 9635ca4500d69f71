"""Running the check of one provider in this process."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from omnimessages_sandbox import ApiVariants, GeneratedWorld, Sandbox, World
from tap_omnimessages.tap import PROVIDERS, TapOmniMessages
from tests.outcomes import busy_world
from tests.support import NOW, START, signals_kept

if TYPE_CHECKING:
    from tap_omnimessages.check.findings import Report

WORLD = busy_world(per_day=12)
LONG_WORLD = GeneratedWorld(7, "2025-10-01T00:00:00Z", 12, 12)


def check(provider: str, settings: dict[str, Any], world: World = WORLD, **variants: Any) -> Report:
    """Check a provider under a variant."""
    with Sandbox(world=world, now=NOW, variants=ApiVariants(**variants)) as sandbox:
        config = {**sandbox.settings(), "start_date": START, "max_retry_seconds": 0, **settings}
        with signals_kept():
            tap = TapOmniMessages(config=config)
        (found,) = [each for each in PROVIDERS if each.info.prefix == provider]
        report = found.check(tap.config)
    assert report is not None
    return report


@cache
def documented(provider: str) -> dict[str, Any]:
    """Return the meanings under the documented format."""
    return meanings(check(provider, {}))


def meanings(report: Report) -> dict[str, Any]:
    """Return the meanings of a report by topic."""
    return {topic: answer.meaning for topic, answer in report.answers.items()}

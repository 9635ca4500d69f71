"""Load an invented account with Meltano, load it again a day later, and report the changes."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import duckdb

from demo.pipeline import Pipeline, Run
from demo.report import print_report
from demo.steps import StepError, announced, run_to_end
from omnimessages_sandbox.sandbox import Sandbox
from omnimessages_sandbox.world.generated import GeneratedWorld

_DAYS_OF_HISTORY = 75
_NOTIFICATIONS_PER_DAY = 150
_VIETNAM = timedelta(hours=7)

_INTRODUCTION = """\
An invented company in Vietnam chats with its customers in AntBuddy (over Zalo, Facebook and other
channels) and sends them notifications on Zalo through eTelecom. A sandbox imitates both APIs on
this machine, with {days} days of data. Meltano runs the tap, which reads both APIs, and a loader,
which writes a DuckDB file. Then a day passes in the sandbox, and Meltano runs both again.
Times are Vietnamese, unless marked as UTC.
"""


def demonstrate() -> None:
    """Run the demo from an empty warehouse to the report.

    Raises:
        StepError: Something failed.
    """
    print(_INTRODUCTION.format(days=_DAYS_OF_HISTORY))
    try:
        print_report(*_load_twice())
    except (OSError, duckdb.Error) as error:
        msg = f"The demo failed: {error}"
        raise StepError(msg) from error


def _load_twice() -> tuple[Run, Run]:
    # Midnight in Vietnam, so that days are whole there. Not later than now, because the tap never
    # reads beyond the present.
    local = datetime.now(UTC) + _VIETNAM
    today = local.replace(hour=0, minute=0, second=0, microsecond=0) - _VIETNAM
    sandbox = Sandbox(
        GeneratedWorld(
            start=today - timedelta(days=_DAYS_OF_HISTORY),
            notifications_per_day=_NOTIFICATIONS_PER_DAY,
        ),
        now=today - timedelta(days=1),
    )
    with ExitStack() as stack:
        with announced(f"Starting the sandbox, its clock frozen at {_local(sandbox.now)}"):
            stack.enter_context(sandbox)
        pipeline = Pipeline(sandbox)
        pipeline.install()
        first = pipeline.load(1)
        pipeline.keep_copy()
        with announced(f"Moving the sandbox's clock one day ahead, to {_local(today)}"):
            sandbox.advance(days=1)
        return first, pipeline.load(2)


def _local(time: datetime) -> str:
    return f"{time + _VIETNAM:%a %d %b %Y, %H:%M}"


if __name__ == "__main__":
    sys.exit(run_to_end(demonstrate))

"""The command `check`: look at the APIs before the first load."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol

import click
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.plugin_base import _ConfigInput

from tap_omnimessages.check.report import as_json, as_text, plain
from tap_omnimessages.errors import ClosedPipeError, InvalidInputError

if TYPE_CHECKING:
    from tap_omnimessages.check.findings import Report


class CheckableTap(Protocol):
    """What a tap needs so that its APIs can be checked."""

    def __init__(
        self, *, config: dict[str, Any], parse_env_config: bool, validate_config: bool
    ) -> None: ...

    @classmethod
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> Any:  # noqa: ANN401 - the SDK's own type
        """Read the files of `--config`."""

    def check_apis(self) -> tuple[list[Report], list[str]]:
        """Return the reports, and the names of the settings that hold no key."""
        ...


_HELP = """Ask each API with a key what its documents leave open, in a few dozen requests.

Nothing is loaded. The report goes to standard output; the exit code is 0 when a load can start.
"""


def check_command(tap_type: type[CheckableTap]) -> click.Command:
    """Return the command for a tap."""

    def run(config: _ConfigInput | None, *, shows_json: bool) -> None:
        source = config or _ConfigInput()
        try:
            tap = tap_type(
                config=source.config, parse_env_config=source.parse_env, validate_config=True
            )
        except ConfigValidationError as error:
            raise InvalidInputError(error.errors) from None
        reports, skipped = tap.check_apis()
        text = as_json(reports, skipped) if shows_json else as_text(reports, skipped, _style())
        try:
            click.echo(text)
        except BrokenPipeError:
            raise ClosedPipeError from None
        click.get_current_context().exit(0 if all(report.can_load for report in reports) else 1)

    return click.Command(
        "check",
        callback=run,
        help=_HELP,
        short_help="Look at the APIs before the first load.",
        params=[
            click.Option(
                ["--config"],
                multiple=True,
                help="Configuration file location or 'ENV' to use environment variables.",
                type=click.STRING,
                default=(),
                callback=tap_type.cb_config,
            ),
            click.Option(
                ["--json", "shows_json"],
                is_flag=True,
                help="Print JSON, for machines and bug reports: without keys, numbers and texts.",
            ),
        ],
    )


def _style() -> Any:  # noqa: ANN401 - a function, and its type is the report's
    """Return how texts are styled: `click.echo` removes styles where there is no terminal."""
    return plain if os.environ.get("NO_COLOR") else _color


def _color(text: str, style: str) -> str:
    return click.style(text, bold=True) if style == "bold" else click.style(text, fg=style)

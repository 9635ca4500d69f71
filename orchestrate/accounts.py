"""The accounts of a fleet, from `accounts.yml`.

`python -m orchestrate.accounts` checks the file and prints the accounts' names, one a line.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrate.accounts_file import raise_faults, read_content
from orchestrate.errors import FleetError, run_to_end
from orchestrate.meltano_yml import Plugin, read_plugin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PROJECT = Path(__file__).resolve().parent.parent
# What a loader calls the place of an account's tables.
_SCHEMA_SETTINGS = ("default_target_schema", "dataset")


@dataclass(frozen=True)
class Pipeline:
    """What is the same for all accounts.

    Attributes:
        environment: Meltano's environment.
        extractor: The tap's name in `meltano.yml`.
        loader: The loader's name in `meltano.yml`.
        shared_tables: Whether all accounts load into the same tables.
    """

    environment: str = "prod"
    extractor: str = "tap-omnimessages"
    loader: str = "target-postgres"
    shared_tables: bool = False


@dataclass(frozen=True)
class Account:
    """One account.

    Attributes:
        name: Its name, which no other account has.
        start: Where its history begins (UTC).
        secrets: The environment variable of each API key, by the key's setting.
        chunk: What one run of a backfill reads: `all`, a `year` or a `month`.
        tap: Settings of the tap.
        loader: Settings of the loader, the schema among them.
    """

    name: str
    start: date
    secrets: Mapping[str, str]
    chunk: str = "all"
    tap: Mapping[str, Any] = field(default_factory=dict)
    loader: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Fleet:
    """All accounts, and the pipeline that loads them.

    Attributes:
        project: The folder of `meltano.yml`.
        pipeline: What is the same for all accounts.
        extractor: The tap in `meltano.yml`.
        loader: The loader in `meltano.yml`.
        accounts: The accounts by name, in the order of the file.
    """

    project: Path
    pipeline: Pipeline
    extractor: Plugin
    loader: Plugin
    accounts: Mapping[str, Account]

    def account(self, name: str) -> Account:
        """Return an account.

        Raises:
            FleetError: There is no account of that name.
        """
        if name not in self.accounts:
            msg = f"There is no account {name!r}: name one of the accounts file."
            raise FleetError(msg)
        return self.accounts[name]


def project_folder() -> Path:
    """Return the Meltano project: OMNIMESSAGES_PROJECT, or the folder above this package."""
    return Path(os.environ.get("OMNIMESSAGES_PROJECT") or PROJECT)


def accounts_file() -> Path:
    """Return the accounts file: OMNIMESSAGES_ACCOUNTS, or `orchestrate/accounts.yml`."""
    given = os.environ.get("OMNIMESSAGES_ACCOUNTS")
    return Path(given) if given else project_folder() / "orchestrate" / "accounts.yml"


def read_fleet(path: Path | None = None, project: Path | None = None) -> Fleet:
    """Read and check the accounts file.

    Args:
        path: The file; by default the one of `accounts_file`.
        project: The Meltano project's folder; by default the one of `project_folder`.

    Raises:
        FleetError: The file is missing or wrong; one line for each fault, without any value that
            could be a key.
    """
    path, project = path or accounts_file(), project or project_folder()
    content = read_content(path)
    pipeline = Pipeline(**content.get("pipeline", {}))
    extractor = read_plugin(project, "extractors", pipeline.extractor)
    loader = read_plugin(project, "loaders", pipeline.loader)
    place = next((name for name in _SCHEMA_SETTINGS if name in loader.settings), None)
    accounts = [_account(entry, place, pipeline) for entry in content["accounts"]]
    faults = [
        *_repetitions("name", [account.name for account in accounts]),
        *(fault for account in accounts for fault in _setting_faults(account, extractor, loader)),
        *(fault for entry in content["accounts"] for fault in _date_faults(entry)),
    ]
    if place and not pipeline.shared_tables:
        faults += _repetitions(place, [str(account.loader[place]) for account in accounts])
    raise_faults(path, faults)
    return Fleet(
        project, pipeline, extractor, loader, {account.name: account for account in accounts}
    )


def keys_of(account: Account, env: Mapping[str, str]) -> dict[str, str]:
    """Return the API keys of an account by setting.

    Args:
        account: The account.
        env: The environment variables.

    Raises:
        FleetError: A variable is missing or empty.
    """
    missing = [variable for variable in account.secrets.values() if not env.get(variable)]
    if missing:
        noun = "variable" if len(missing) == 1 else "variables"
        msg = (
            f"Account {account.name}: the environment {noun} {' and '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} not set: set the API key there."
        )
        raise FleetError(msg)
    return {setting: env[variable] for setting, variable in account.secrets.items()}


def _account(entry: Mapping[str, Any], place: str | None, pipeline: Pipeline) -> Account:
    loader = dict(entry.get("loader", {}))
    if place and not pipeline.shared_tables:
        loader.setdefault(place, f"omnimessages_{entry['name'].replace('-', '_')}")
    try:
        start = date.fromisoformat(entry["start"])
    except ValueError:
        start = date.min
    fields: dict[str, Any] = {**entry, "start": start, "loader": loader}
    return Account(**fields)


def _date_faults(entry: Mapping[str, Any]) -> Iterator[str]:
    try:
        date.fromisoformat(entry["start"])
    except ValueError:
        yield f"Account {entry['name']}: start is not a day of the calendar: correct it."


def _repetitions(name: str, values: Sequence[str]) -> Iterator[str]:
    for value, count in Counter(values).items():
        if count > 1:
            yield f"The {name} {value} is given to {count} accounts: give each its own."


def _setting_faults(account: Account, extractor: Plugin, loader: Plugin) -> Iterator[str]:
    own = {"start_date": "start", "end_date": "the range of a backfill"}
    for part, settings, plugin in (
        ("tap", account.tap, extractor),
        ("loader", account.loader, loader),
    ):
        for name in settings:
            where = f"Account {account.name}: {part}.{name}"
            if part == "tap" and name in own:
                yield f"{where} is not set here: set {own[name]} instead."
            elif plugin.settings.get(name):
                remedy = (
                    "name the variable that holds it under secrets"
                    if part == "tap"
                    else f"set {plugin.variable(name)} in the environment"
                )
                yield f"{where} is a secret, which does not belong into the file: {remedy}."
            elif name not in plugin.settings:
                yield (
                    f"{where} is no setting of {plugin.name} in meltano.yml: correct its name, or "
                    f"declare it there."
                )


def main(arguments: Sequence[str] | None = None) -> None:
    """Check the accounts file, and print the accounts' names.

    Raises:
        FleetError: The file is wrong.
    """
    parser = argparse.ArgumentParser(prog="python -m orchestrate.accounts", description=__doc__)
    parser.add_argument(
        "--keys", action="store_true", help="fail where the variable of an API key is not set"
    )
    options = parser.parse_args(arguments)
    fleet = read_fleet()
    missing: list[str] = []
    for account in fleet.accounts.values():
        if options.keys:
            try:
                keys_of(account, os.environ)
            except FleetError as error:
                missing.append(str(error))
    if missing:
        raise FleetError("\n".join(missing))
    for name in fleet.accounts:
        print(name)


if __name__ == "__main__":
    sys.exit(run_to_end(main))

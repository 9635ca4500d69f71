"""What the demo and the tests compare: rows with what the sandboxes show, and logs with keys."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from demo.steps import StepError

from orchestrate.demo.services import STREAM_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrate.demo.services import Account, Services


def compare_rows(services: Services, account: Account, schema: str, now: str) -> dict[str, int]:
    """Compare the rows of an account with what its sandbox shows.

    Args:
        services: Where the warehouse is.
        account: The account.
        schema: The schema of its tables.
        now: The sandbox's present.

    Returns:
        The number of rows of each stream.

    Raises:
        StepError: A row is missing, is there twice, or is another account's.
    """
    counts: dict[str, int] = {}
    for stream, expected in account.keys_at(now).items():
        rows = services.rows(f"SELECT {STREAM_KEYS[stream]} FROM {schema}.{stream}")
        found = [row[0] for row in rows]
        missing, other = len(expected - set(found)), len(set(found) - expected)
        twice = len(found) - len(set(found))
        if missing or other or twice:
            msg = (
                f"{schema}.{stream}: of {len(expected)} rows, {missing} are missing, {twice} are "
                f"there twice, and {other} are not the account's."
            )
            raise StepError(msg)
        counts[stream] = len(found)
    return counts


def find_keys(services: Services, keys: Iterable[str]) -> list[str]:
    """Return the logs and databases that hold an API key or the warehouse's password."""
    secret = [key.encode() for key in keys]
    texts = {
        str(path.relative_to(services.folder)): path.read_bytes()
        for path in services.folder.rglob("*")
        if path.is_file() and path.name != "accounts.yml"
    }
    for name in ("airflow", "meltano"):
        command = ["pg_dump", "--data-only", f"postgresql{services.databases[name]}"]
        texts[f"database {name}"] = subprocess.run(command, check=True, capture_output=True).stdout
    return [name for name, text in texts.items() if any(key in text for key in secret)]

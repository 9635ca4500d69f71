"""The environment of dbt, and those of the loaders that fill what it reads.

`python -m tests_dbt.environments` creates them in `.targets`, unless matching ones exist.
"""

from __future__ import annotations

from tests_targets.environments import FOLDER, folder_of, make
from tests_targets.loaders import LOADERS, Loader

DBT = Loader(
    "dbt",
    (
        "dbt-core==1.11.16",
        "dbt-bigquery==1.12.1",
        "dbt-duckdb==1.11.1",
        "dbt-postgres==1.11.0",
        "dbt-snowflake==1.12.4",
        # The version that the loader writes the file with.
        "duckdb==1.2.2",
        "sqlfluff==4.4.0",
    ),
)
SQLFLUFF = folder_of(DBT) / "bin" / "sqlfluff"
_NEEDED = (LOADERS["target-postgres"], LOADERS["target-duckdb"], DBT)


def main() -> None:
    """Create the environments, and print what was done."""
    FOLDER.mkdir(exist_ok=True)
    for loader in _NEEDED:
        print(f"  {make(loader)}", flush=True)


if __name__ == "__main__":
    main()

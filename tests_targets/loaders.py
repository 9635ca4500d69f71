"""The loaders, the validator and the Meltano that the tests run."""

from __future__ import annotations

from dataclasses import dataclass, field
from string import Template
from typing import Any

SCHEMA = "omnimessages"


@dataclass(frozen=True)
class Loader:
    """A program that reads Singer messages, and its set-up.

    Attributes:
        name: The program's name, and the name of its environment's folder.
        requirements: What a user installs.
        stand_in: What the tests install instead of a service.
        settings: Its settings; a test fills in placeholders such as `$folder`.
        below: The first Python version that it does not support, if there is one.
    """

    name: str
    requirements: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    below: tuple[int, int] | None = None
    stand_in: tuple[str, ...] = ()

    @property
    def installed(self) -> tuple[str, ...]:
        """What pip installs."""
        return (*self.requirements, *self.stand_in)

    def settings_with(self, **known: object) -> dict[str, Any]:
        """Return the settings with the placeholders filled in."""
        return {
            name: Template(value).safe_substitute(known) if isinstance(value, str) else value
            for name, value in self.settings.items()
        }


LOADERS = {
    loader.name: loader
    for loader in (
        Loader(
            "target-postgres",
            ("meltanolabs-target-postgres==0.8.1",),
            {
                "host": "127.0.0.1",
                "port": "$port",
                "user": "$user",
                "password": "$password",
                "database": "postgres",
                "default_target_schema": SCHEMA,
            },
        ),
        Loader(
            "target-duckdb",
            # With later versions of DuckDB, the loader loses the first row of each batch.
            ("target-duckdb==0.8.0", "duckdb==1.2.2"),
            {
                "filepath": "$folder/warehouse.duckdb",
                "default_target_schema": SCHEMA,
                "flush_all_streams": True,
                "validate_records": True,
            },
        ),
        Loader(
            "target-jsonl",
            ("target-jsonl==0.1.4",),
            {"destination_path": "$folder/jsonl", "do_timestamp_file": False},
        ),
        Loader(
            "target-csv",
            ("meltanolabs-target-csv==0.5.0",),
            {
                "output_path": "$folder/csv",
                "file_naming_scheme": "{stream_name}-{timestamp}.csv",
                "timestamp_format": "%Y%m%dT%H%M%S%f",
                # Without flattening, objects are written as Python prints them.
                "flattening_enabled": True,
                "flattening_max_depth": 1,
            },
        ),
        Loader(
            "target-snowflake",
            ("meltanolabs-target-snowflake==0.20.4",),
            {
                "account": "invented",
                "user": "tester",
                "password": "invented",
                "database": "WAREHOUSE",
                "schema": SCHEMA,
                "warehouse": "INVENTED",
            },
            stand_in=("fakesnow==0.12.1",),
        ),
        Loader(
            "target-bigquery",
            # Its SDK imports pkg_resources, which later versions of setuptools do not have.
            ("z3-target-bigquery==0.7.2", "setuptools==80.9.0"),
            {
                "project": "invented",
                "dataset": SCHEMA,
                "method": "batch_job",
                "denormalized": True,
                "upsert": True,
                "dedupe_before_upsert": True,
            },
            below=(3, 12),
        ),
        Loader("singer-check-tap", ("singer-tools==0.4.1",)),
        # The version of the group `demo` in pyproject.toml.
        Loader("meltano", ("meltano==4.4.1",)),
    )
}

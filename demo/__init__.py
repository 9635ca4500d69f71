"""The demo: Meltano runs the tap against the sandbox and into DuckDB, on two days."""

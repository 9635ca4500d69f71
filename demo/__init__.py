"""The demo: the tap, run by Meltano against the sandbox and into DuckDB, on two days."""

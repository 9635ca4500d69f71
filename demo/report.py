"""The report: what the two runs loaded, in words and numbers."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb

from demo import queries
from demo.pipeline import COPY, SCHEMA, WAREHOUSE
from demo.steps import LOGS, VENV, shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from demo.pipeline import Run

_STREAMS = {
    "antbuddy_sessions": "conversation with a customer, until it is closed",
    "antbuddy_messages": "message in those sessions",
    "etelecom_zns_messages": "notification sent to a customer on Zalo",
}
_VIETNAM = timedelta(hours=7)
_CHART_DAYS = 14
_BAR_WIDTH = 30
_TEXT_WIDTH = 30


def print_report(first: Run, second: Run) -> None:
    """Print what the warehouse holds and what the second run changed in it.

    Args:
        first: The run that loaded the account's whole history.
        second: The run a day later.
    """
    with closing(duckdb.connect()) as warehouses:
        for run, path in enumerate((COPY, WAREHOUSE), 1):
            _attach(warehouses, path, run)
        _print_rows(warehouses)
        _print_changes(warehouses)
        _print_examples(warehouses)
        _print_chart(warehouses)
    _print_cost(first, second)
    _print_bookmarks(first, second)
    _print_files()


def _attach(warehouses: duckdb.DuckDBPyConnection, path: Path, run: int) -> None:
    warehouses.execute(f"ATTACH $path AS warehouse_{run} (READ_ONLY)", {"path": str(path)})
    warehouses.execute(queries.VIEWS.format(run=run))


def _ask(warehouses: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    """Return the first row of a query, or a row of nulls."""
    rows = warehouses.execute(query)
    return rows.fetchone() or (None,) * len(rows.description)


def _print_heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}")


def _print_rows(warehouses: duckdb.DuckDBPyConnection) -> None:
    _print_heading("Rows in the warehouse")
    print(f"{'table':<24}{'after run 1':>12}{'after run 2':>13}   one row for each")
    for stream, meaning in _STREAMS.items():
        counts = [
            _ask(warehouses, f"SELECT count(*) FROM warehouse_{run}.{SCHEMA}.{stream}")[0]
            for run in (1, 2)
        ]
        print(f"{stream:<24}{counts[0]:>12,}{counts[1]:>13,}   {meaning}")


def _print_changes(warehouses: duckdb.DuckDBPyConnection) -> None:
    _print_heading("What run 2, a day later, added and changed")
    sessions, in_new, late, continued, closed = _ask(warehouses, queries.SESSIONS)
    print("AntBuddy: sessions")
    _print_count(sessions, f"new sessions, with {in_new:,} messages")
    print("  of the sessions loaded before:")
    _print_count(continued, f"got late messages, {late:,} in total")
    _print_count(closed, "were closed (done_at is now set)")
    print("eTelecom: notifications")
    _print_count(_ask(warehouses, queries.NEW_NOTIFICATIONS)[0], "new notifications")
    print("  of the notifications loaded before:")
    for count, old, new in warehouses.execute(queries.STATUSES).fetchall():
        _print_count(count, f"went from {old} to {new} (delivery_status)")
    rated, stars, days = _ask(warehouses, queries.RATINGS)
    if rated:
        mean = f"{stars:.1f} of 5 stars on average"
        _print_count(rated, f"were rated: {mean}, up to {days} days after sending")
    charged, fees, days = _ask(warehouses, queries.CHARGES)
    if charged:
        _print_count(charged, f"were charged: {fees:,} VND, up to {days} days after sending")


def _print_count(count: int, text: str) -> None:
    print(f"{count:>7,}  {text}")


def _print_examples(warehouses: duckdb.DuckDBPyConnection) -> None:
    key, channel, begun, *pairs = _ask(warehouses, queries.SESSION_EXAMPLE)
    if key is not None:
        _print_heading(f"Example: session {key}")
        _print_pairs(f"{channel}, began {_local(begun)}", _SESSION_LABELS, pairs)
    key, created, *pairs = _ask(warehouses, queries.NOTIFICATION_EXAMPLE)
    if key is not None:
        _print_heading(f"Example: notification {key}")
        _print_pairs(f"sent {_local(created)}", _NOTIFICATION_LABELS, pairs)


_SESSION_LABELS = ("message_count", "last message", "  its direction", "  its text", "done_at")
_NOTIFICATION_LABELS = ("updated_at", "delivery_status", "rate", "note")


def _print_pairs(title: str, labels: Sequence[str], pairs: Sequence[Sequence[Any]]) -> None:
    width = _TEXT_WIDTH + 3
    print(f"{title:<36}{'after run 1':<{width}}after run 2")
    for label, (before, after) in zip(labels, pairs, strict=True):
        print(f"  {label:<34}{_cell(before):<{width}}{_cell(after)}")


def _cell(value: object) -> str:
    if value is None or value == "":
        return "-"
    text = _local(value) if isinstance(value, datetime) else str(value)
    return text if len(text) <= _TEXT_WIDTH else f"{text[: _TEXT_WIDTH - 3]}..."


def _local(time: datetime) -> str:
    return f"{time + _VIETNAM:%a %d %b %H:%M}"


def _print_chart(warehouses: duckdb.DuckDBPyConnection) -> None:
    _print_heading(f"Messages per day and channel, last {_CHART_DAYS} days")
    parameters = {"width": _BAR_WIDTH, "offset": _VIETNAM, "days": _CHART_DAYS}
    days = warehouses.execute(queries.CHART, parameters).fetchall()
    totals: dict[str, int] = {}
    for _, channels, _, _ in days:
        for channel, count in channels.items():
            totals[channel] = totals.get(channel, 0) + count
    names = sorted(totals, key=lambda name: -totals[name])
    print(f"{'':<12}{''.join(f'{name:>10}' for name in names)}{'all':>7}")
    for day, channels, total, bar in days:
        counts = "".join(f"{channels.get(name, 0):>10}" for name in names)
        print(f"{day:%a %d %b}  {counts}{total:>7}  {bar}".rstrip())
    print("The last day came with run 2.")


def _print_cost(first: Run, second: Run) -> None:
    _print_heading("Requests that each run sent")
    print(f"{'':<20}{'to AntBuddy':>12}{'to eTelecom':>13}")
    for name, run in (("run 1, all history", first), ("run 2, a day later", second)):
        print(f"{name:<20}{run.requests['antbuddy']:>12}{run.requests['etelecom']:>13}")
    print("AntBuddy cannot list changes, so run 2 read the last 7 days again.")
    print("eTelecom can: run 2 read only what was updated or rated since run 1, whatever its age.")


def _print_bookmarks(first: Run, second: Run) -> None:
    _print_heading("Bookmarks that Meltano keeps (UTC)")
    print(f"{'stream':<24}{'after run 1':<30}after run 2")
    for stream in _STREAMS:
        values = [run.bookmarks[stream]["replication_key_value"] for run in (first, second)]
        print(f"{stream:<24}{values[0]:<30}{values[1]}")
    print("Everything up to a bookmark is in the warehouse. The next run continues there.")
    print("(17:00 UTC is midnight in Vietnam.)")


def _print_files() -> None:
    file = shown(WAREHOUSE)
    _print_heading("Try it yourself")
    print(f"The database is {file} (schema {SCHEMA}); Meltano's logs are in {shown(LOGS)}.")
    print("A query to try: how long do customers wait for the first reply?\n")
    print(f'{shown(VENV)}/bin/python -c "{queries.QUERY.format(file=file)}"')

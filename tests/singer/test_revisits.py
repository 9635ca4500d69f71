"""Weeks of daily runs: what changes or appears late is found in time, whatever cuts a run off."""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from omnimessages_sandbox import ApiVariants, Faults, FixedWorld, Sandbox
from tests.profiles import slow
from tests.support import (
    KEYS,
    STREAMS,
    STREAMS_OF,
    Extraction,
    catalog_of,
    extract,
    fixed,
    message,
    notification,
    only,
    session,
    settings_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_START = datetime(2026, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_DAYS = 75
_OLDEST = 40
_PATIENCE = 30 * _DAY
_ANTBUDDY = "antbuddy_messages"
_ETELECOM = "etelecom_zns_messages"
_LOGGER = "tap-omnimessages"


@dataclass(frozen=True)
class Change:
    """What the warehouse must hold some time after a change.

    Attributes:
        at: When the API shows the change.
        stream: The stream.
        key: The primary key of the record.
        column: The column that shows the change.
        value: Its value from then on.
    """

    at: datetime
    stream: str
    key: str
    column: str
    value: Any


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _versions(at: datetime, before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    moment = _text(at)
    return [{**before, "_visible_until": moment}, {**after, "_visible_from": moment}]


def _session_changes(
    number: int, start: datetime, at: datetime
) -> tuple[dict[str, Any], list[Change]]:
    """Make a session with a late message, a late closing, or one that appears late."""
    first = message(f"m{number}", _text(start))
    kind = number % 3
    if kind == 0:
        late = message(f"late{number}", _text(at), _visible_from=_text(at))
        made = session(number, _text(start), first, late)
        return made, [Change(at, _ANTBUDDY, f"late{number}", "session_id", f"s{number}")]
    if kind == 1:
        closed = {**first, "doneAt": _text(at), "doneBy": "agent", "__v": 1}
        made = session(number, _text(start), *_versions(at, first, closed))
        return made, [Change(at, _ANTBUDDY, f"m{number}", "done_by", "agent")]
    made = session(number, _text(start), first, _visible_from=_text(at))
    return made, [
        Change(at, _ANTBUDDY, f"m{number}", "session_id", f"s{number}"),
        Change(at, "antbuddy_sessions", f"s{number}", "lead_id", str(number)),
    ]


def _notification_changes(
    number: int, start: datetime, at: datetime
) -> tuple[list[dict[str, Any]], list[Change]]:
    """Make a notification that changes silently, appears late, or is rated and shown late."""
    made = notification(number, _text(start))
    kind = number % 3
    if kind == 0:
        changed = {**made, "is_charged": True}
        return _versions(at, made, changed), [
            Change(at, _ETELECOM, str(number), "is_charged", value=True)
        ]
    if kind == 1:
        shown = {**made, "_visible_from": _text(at)}
        return [shown], [Change(at, _ETELECOM, str(number), "status", "Z")]
    rated = {**made, "rate": 4, "submit_time": _text(at - 14 * _HOUR)}
    return _versions(at, made, rated), [Change(at, _ETELECOM, str(number), "rate", 4)]


def _make_world(dice: random.Random) -> tuple[FixedWorld, list[Change]]:
    sessions: list[dict[str, Any]] = []
    notifications: list[dict[str, Any]] = []
    changes: list[Change] = []
    for number in range(3 * _DAYS):
        start = _START + timedelta(hours=dice.randrange(24 * _DAYS))
        for make, rows in ((_session_changes, sessions), (_notification_changes, notifications)):
            at = start + timedelta(hours=dice.randrange(15, 24 * _OLDEST), minutes=7)
            made, own = make(number, start, at)
            rows.extend(made if isinstance(made, list) else [made])
            changes.extend(own)
    return fixed(sessions, notifications), changes


class Warehouse:
    """What a loader holds, and the state it keeps, over many runs."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, dict[str, Any]]] = {stream: {} for stream in STREAMS}
        self.state: dict[str, Any] = {}

    def load(self, run: Extraction, *, kept: int | None = None) -> None:
        """Store a run, or only its first messages, as if both had been killed then."""
        for item in run.messages[:kept]:
            if item["type"] == "RECORD":
                stream, record = item["stream"], item["record"]
                self.tables[stream][record[KEYS[stream]]] = record
            elif item["type"] == "STATE":
                self.state = item["value"]

    def lacks(self, changes: list[Change], now: datetime) -> Iterator[Change]:
        """Yield the changes that should be there and are not."""
        for change in changes:
            record = self.tables[change.stream].get(change.key, {})
            if change.at + _PATIENCE <= now and record.get(change.column) != change.value:
                yield change


@pytest.mark.parametrize("seed", [1, *slow(2, 3, 4, 5)])
def test_what_changes_in_rows_up_to_forty_days_old_is_loaded_within_thirty_days(seed: int) -> None:
    dice = random.Random(seed)
    world, changes = _make_world(dice)
    warehouse = Warehouse()
    due = 0
    with Sandbox(world=world, now=_text(_START)) as sandbox:
        for day in range(1, _DAYS + 1):
            now = _START + day * _DAY + timedelta(minutes=dice.randrange(300))
            sandbox.set_now(_text(now))
            # The settings change now and then, and some runs fail or are killed.
            settings = settings_of(
                sandbox,
                start_date=_text(_START),
                antbuddy_lookback_days=dice.choice((7, 7, 3, 10)),
                antbuddy_window_days=dice.choice((30, 30, 5)),
                etelecom_window_days=dice.choice((7, 7, 2)),
            )
            fault = dice.random()
            if fault < 0.1:
                sandbox.faults = Faults(script=(*["ok"] * dice.randrange(9), "401"))
            run = extract(settings, state=warehouse.state)
            assert (run.error is None) or fault < 0.1
            kept = dice.randrange(len(run.messages) + 1) if fault > 0.85 else None
            warehouse.load(run, kept=kept)
            sandbox.faults = Faults()
            assert not list(warehouse.lacks(changes, now))
        due = sum(change.at + _PATIENCE <= now for change in changes)
    assert due > 150


def test_without_revisits_late_changes_are_missed() -> None:
    world, changes = _make_world(random.Random(1))
    warehouse = Warehouse()
    with Sandbox(world=world, now=_text(_START)) as sandbox:
        for day in range(1, _DAYS, 2):
            sandbox.set_now(_text(_START + day * _DAY))
            settings = settings_of(
                sandbox,
                start_date=_text(_START),
                antbuddy_revisit_days=0,
                etelecom_revisit_days=0,
            )
            warehouse.load(extract(settings, state=warehouse.state))
        assert len(list(warehouse.lacks(changes, _START + _DAYS * _DAY))) > 50


def test_new_data_come_first_and_an_interrupted_revisit_is_due_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, _LOGGER)
    # 2026-02-12 is a multiple of 48 days since 1970, so the revisit reaches back 144 days.
    silent = notification(1, "2026-01-05T08:00:00Z")
    charged = {**silent, "is_charged": True, "delivery_time": "2026-02-10T08:00:00Z"}
    changed = _versions(datetime(2026, 2, 11, 18, tzinfo=UTC), silent, charged)
    new = notification(2, "2026-02-12T08:00:00Z", _visible_from="2026-02-12T08:00:00Z")
    with Sandbox(world=fixed(notifications=[*changed, new]), now="2026-02-11T12:00:00Z") as sandbox:
        first = extract(only(sandbox, "etelecom", start_date=_text(_START)))
        sandbox.advance(days=1)
        settings = only(sandbox, "etelecom", start_date=_text(_START))
        second = extract(settings, state=first.state)
        held = next(
            (index, item["value"])
            for index, item in enumerate(second.messages)
            if item["type"] == "STATE" and item["value"] != first.state
        )
        before = [m["record"]["id"] for m in second.messages[: held[0]] if m["type"] == "RECORD"]
        third = extract(settings, state=held[1])
        fourth = extract(settings, state=second.state)
    assert before == ["2"]
    bookmark = held[1]["bookmarks"][_ETELECOM]
    assert bookmark["replication_key_value"] == "2026-02-12T00:00:00.000000Z"
    for run in (second, third):
        assert run.bookmark(_ETELECOM)["replication_key_value"] == "2026-02-12T12:00:00.000000Z"
        assert run.table(_ETELECOM)["1"]["is_charged"] is True
    assert set(fourth.table(_ETELECOM)) <= {"2"}
    lines = [r.getMessage() for r in caplog.records if "again for late changes" in r.getMessage()]
    assert len(lines) == 2
    assert "1 row, 1 of them with a time after their last visit, up to 36.0 days late" in lines[0]
    summaries = [r.getMessage() for r in caplog.records if "of them revisited" in r.getMessage()]
    assert len(summaries) == 2


@pytest.mark.parametrize("provider", ["antbuddy", "etelecom"])
@pytest.mark.parametrize("workers", [1, 4])
def test_an_old_window_that_is_refused_holds_up_no_new_data(provider: str, workers: int) -> None:
    world, _ = _make_world(random.Random(1))
    # The lookback's windows are shorter than this, and the revisit's are longer.
    variants = ApiVariants(antbuddy_longest_window_days=10, etelecom_longest_window_days=5)
    with Sandbox(world=world, now="2026-02-11T12:00:00Z", variants=variants) as sandbox:
        settings = {"start_date": _text(_START), "max_concurrency": workers}
        short = {"antbuddy_window_days": 9, "etelecom_window_days": 4}
        first = extract(only(sandbox, provider, **settings, **short))
        assert first.error is None
        sandbox.advance(days=1)
        later = only(sandbox, provider, **settings)
        expected = extract({**later, f"{provider}_revisit_days": 0}, state=first.state)
        run = extract(later, state=first.state)
    stream = STREAMS_OF[provider][0]
    assert expected.error is None
    assert "The run was reading old windows again" in str(run.error)
    assert f"lower {provider}_revisit_days (now 365)" in str(run.error)
    assert expected.table(stream)
    assert run.table(stream) == expected.table(stream)
    assert run.bookmark(stream)["replication_key_value"] == "2026-02-12T00:00:00.000000Z"


def test_a_first_load_and_a_full_table_owe_no_revisit(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, _LOGGER)
    world, _ = _make_world(random.Random(1))
    full = catalog_of(**{stream: {"replication-method": "FULL_TABLE"} for stream in STREAMS})
    with Sandbox(world=world, now="2026-02-11T12:00:00Z") as sandbox:
        settings = settings_of(sandbox, start_date=_text(_START))
        first = extract(settings)
        sandbox.advance(days=1)
        later = settings_of(sandbox, start_date=_text(_START))
        assert extract(later, state=first.state, catalog=full).error is None
        lines = [record.getMessage() for record in caplog.records]
        assert not any("again for late changes" in line for line in lines)
        assert extract(later, state=first.state).error is None
    lines = [record.getMessage() for record in caplog.records]
    assert sum("again for late changes" in line for line in lines) == len(STREAMS)

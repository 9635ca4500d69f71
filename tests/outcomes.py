"""A run under a variant of the APIs, compared with a run under the documented format."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from omnimessages_sandbox import ApiVariants, GeneratedWorld, Sandbox, World
from tests.support import (
    NOW,
    START,
    STREAMS_OF,
    Extraction,
    extract,
    fixed,
    message,
    notification,
    only,
    session,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from omnimessages_sandbox.world.lives import Life, NotificationView, SessionView


Tables = dict[str, dict[str, dict[str, Any]]]

# Small pages and windows, so that a run has several of both, with records at their edges.
SETTINGS: dict[str, Any] = {
    "antbuddy_page_size": 25,
    "antbuddy_window_days": 10,
    "etelecom_page_size": 25,
    "etelecom_window_days": 10,
    "max_retry_seconds": 0,
    # One request at a time, because churn counts requests.
    "max_concurrency": 1,
}
_EDGES = ("2026-03-01T00:00:00", "2026-03-11T00:00:00", "2026-03-21T00:00:00")
_LAST_MOMENT = "2026-03-31T23:59:59"


def _special_sessions() -> Iterator[dict[str, Any]]:
    """Yield sessions at the edges of windows, at the same moment, and with many messages."""
    times = [f"{edge}.000Z" for edge in _EDGES] + [f"{_LAST_MOMENT}.999Z"]
    times += ["2026-03-05T05:05:05.005Z"] * 5
    for number, time in enumerate(times):
        yield session(number, time)
    for number, count in ((20, 60), (21, 24), (22, 25), (23, 26), (24, 1), (25, 51)):
        day = 2 + number % 5
        talk = [
            message(
                f"long{number}-{index}", f"2026-03-{day:02d}T{8 + index // 60:02d}:00:{index:02d}Z"
            )
            for index in range(min(count, 60))
        ]
        yield session(number, f"2026-03-{day:02d}T08:00:00.000Z", *talk)


def _special_notifications() -> Iterator[dict[str, Any]]:
    """Yield notifications at the edges of windows and at the same second."""
    times = [f"{edge}Z" for edge in (*_EDGES, _LAST_MOMENT)] + ["2026-03-05T05:05:05Z"] * 5
    for number, time in enumerate(times):
        yield notification(number + 1, time, oa_id=None, shop_id="7")


class _BusyWorld(World):
    """A generated account, and cases that it would hardly ever draw."""

    def __init__(self, seed: int = 7, per_day: float = 6) -> None:
        self._parts: tuple[World, ...] = (
            GeneratedWorld(seed, START, sessions_per_day=per_day, notifications_per_day=per_day),
            fixed(_special_sessions(), _special_notifications()),
        )
        self.start_us = self._parts[0].start_us
        self.session_span_us = self._parts[0].session_span_us
        self.notification_span_us = self._parts[0].notification_span_us

    @override
    def session_lives(
        self, from_us: int | None = None, to_us: int | None = None
    ) -> Iterable[Life[SessionView]]:
        return chain.from_iterable(part.session_lives(from_us, to_us) for part in self._parts)

    @override
    def notification_lives(
        self,
        from_us: int | None = None,
        to_us: int | None = None,
        *,
        rating_bumps: bool = True,
        webhook_bumps: bool = True,
    ) -> Iterable[Life[NotificationView]]:
        return chain.from_iterable(
            part.notification_lives(
                from_us, to_us, rating_bumps=rating_bumps, webhook_bumps=webhook_bumps
            )
            for part in self._parts
        )


def busy_world(per_day: float) -> World:
    """Return a generated account of another size, with the same unusual cases."""
    return _BusyWorld(per_day=per_day)


BUSY_WORLD = _BusyWorld()


@cache
def _documented(provider: str) -> Tables:
    """Return the tables of a run under the documented format, checked against the world."""
    with Sandbox(world=BUSY_WORLD, now=NOW) as sandbox:
        run = extract(only(sandbox, provider, **SETTINGS))
        world = _rows_of(BUSY_WORLD, provider)
    assert run.error is None
    tables = {stream: run.table(stream) for stream in STREAMS_OF[provider]}
    assert {stream: set(table) for stream, table in tables.items()} == world
    assert all(len(keys) > 100 for keys in world.values())
    return tables


def _rows_of(world: World, provider: str) -> dict[str, set[str]]:
    if provider == "etelecom":
        return {"etelecom_zns_messages": {str(row["id"]) for row in world.notifications(NOW)}}
    sessions = list(world.sessions(NOW))
    return {
        "antbuddy_sessions": {str(each["sessionId"]) for each in sessions},
        "antbuddy_messages": {str(item["_id"]) for each in sessions for item in each["messages"]},
    }


def _session_of(key: str, stream: str, record: dict[str, Any]) -> str:
    return key if stream == "antbuddy_sessions" else str(record.get("session_id", key))


@dataclass
class Outcome:
    """A run under a variant, compared with a run under the documented format.

    Attributes:
        run: The run.
        provider: `antbuddy` or `etelecom`.
        variants: The switches that differ from their defaults.
        deleted: The ids of the records that churn deleted.
        changed: The ids of the records that churn changed.
    """

    run: Extraction
    provider: str
    variants: dict[str, Any]
    deleted: set[str]
    changed: set[str]

    @property
    def required(self) -> Tables:
        """The documented records that the API showed, changed or not, during the whole run."""
        return {
            stream: {
                key: record
                for key, record in table.items()
                if _session_of(key, stream, record) not in self.deleted
                and all(_is_shown(name, record) for name in self.variants)
            }
            for stream, table in _documented(self.provider).items()
        }

    @property
    def missing(self) -> dict[str, set[str]]:
        found = {stream: self.run.table(stream) for stream in STREAMS_OF[self.provider]}
        missing = {
            stream: table.keys() - found[stream].keys() for stream, table in self.required.items()
        }
        return {stream: keys for stream, keys in missing.items() if keys}

    def assert_bookmark_is_behind_what_is_missing(self) -> None:
        starts = {
            key: record["created_at"]
            for key, record in _documented(self.provider).get("antbuddy_sessions", {}).items()
        }
        for stream, keys in self.missing.items():
            high_watermark = self.run.bookmark(stream).get("replication_key_value", "")
            for key in keys:
                record = _documented(self.provider)[stream][key]
                time = record.get("updated_at") or starts[record["session_id"]]
                assert high_watermark <= time, (stream, key)

    def assert_same_columns(self, apart_from: set[str]) -> None:
        for stream, table in self.required.items():
            found = self.run.table(stream)
            for key, record in table.items():
                if _session_of(key, stream, record) in self.changed:
                    continue
                differing = {name for name in record if record[name] != found[key][name]}
                assert differing <= apart_from, (stream, key)


def read_under(provider: str, settings: dict[str, Any], **variants: Any) -> Outcome:
    with Sandbox(world=BUSY_WORLD, now=NOW, variants=ApiVariants(**variants)) as sandbox:
        run = extract(only(sandbox, provider, **{**SETTINGS, **settings}))
        churned = sandbox.churned[provider]
    return Outcome(run, provider, variants, churned.deleted, churned.changed)


def _is_shown(name: str, record: dict[str, Any]) -> bool:
    """Whether a record is visible at all under a switch; two switches hide some for good."""
    if name == "etelecom_oa_scope":
        return bool(record["oa_id"] == next(iter(BUSY_WORLD.notifications(NOW)))["oa_id"])
    if name == "etelecom_development":
        return record["is_development"] is False
    return True

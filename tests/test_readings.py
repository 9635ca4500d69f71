"""Under every reading of the two APIs a run is complete, or it stops and says why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest
from typing_extensions import override

from tap_omnimessages.errors import IncompleteWindowError, TapError
from tap_omnimessages.sandbox import READINGS_BY_AMBIGUITY, GeneratedWorld, Readings, Sandbox, World
from tests.support import (
    NOW,
    START,
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

    from tap_omnimessages.sandbox.lives import Life, NotificationView, SessionView

Tables = dict[str, dict[str, dict[str, Any]]]

_STREAMS = {
    "antbuddy": ("antbuddy_sessions", "antbuddy_messages"),
    "etelecom": ("etelecom_zns_messages",),
}
# Several pages to a window, several windows, and edges at which records lie.
_SETTINGS: dict[str, Any] = {
    "antbuddy_page_size": 25,
    "antbuddy_window_days": 10,
    "etelecom_page_size": 25,
    "etelecom_window_days": 10,
    "max_retry_seconds": 0,
    # One request at a time: what comes and goes is counted in requests.
    "max_concurrency": 1,
}
_EDGES = ("2026-03-01T00:00:00", "2026-03-11T00:00:00", "2026-03-21T00:00:00")
_LAST_MOMENT = "2026-03-31T23:59:59"


def _crowd() -> Iterator[dict[str, Any]]:
    """Sessions at the edges of windows, sessions of one moment, and sessions of many messages."""
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


def _ticker() -> Iterator[dict[str, Any]]:
    """Notifications at the edges of windows, and notifications of one second."""
    times = [f"{edge}Z" for edge in (*_EDGES, _LAST_MOMENT)] + ["2026-03-05T05:05:05Z"] * 5
    for number, time in enumerate(times):
        yield notification(number + 1, time, oa_id=None, shop_id="7")


class _BusyWorld(World):
    """A generated account and the cases that it would hardly ever draw."""

    def __init__(self, seed: int = 7, per_day: float = 6) -> None:
        self._parts: tuple[World, ...] = (
            GeneratedWorld(seed, START, sessions_per_day=per_day, notifications_per_day=per_day),
            fixed(_crowd(), _ticker()),
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


_WORLD = _BusyWorld()


@cache
def _plain(provider: str) -> Tables:
    """What the documented reading gives, checked against the world itself."""
    with Sandbox(world=_WORLD, now=NOW) as sandbox:
        run = extract(only(sandbox, provider, **_SETTINGS))
        world = _rows_of(_WORLD, provider)
    assert run.error is None
    tables = {stream: run.table(stream) for stream in _STREAMS[provider]}
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
class _Outcome:
    """A run under a reading, beside what the plain reading gives."""

    run: Extraction
    provider: str
    readings: dict[str, Any]
    deleted: set[str]
    changed: set[str]

    @property
    def required(self) -> Tables:
        """The plain records that the API showed, unchanged or not, during the whole run."""
        return {
            stream: {
                key: record
                for key, record in table.items()
                if _session_of(key, stream, record) not in self.deleted
                and all(_is_shown(name, record) for name in self.readings)
            }
            for stream, table in _plain(self.provider).items()
        }

    @property
    def missing(self) -> dict[str, set[str]]:
        found = {stream: self.run.table(stream) for stream in _STREAMS[self.provider]}
        missing = {
            stream: table.keys() - found[stream].keys() for stream, table in self.required.items()
        }
        return {stream: keys for stream, keys in missing.items() if keys}

    def assert_bookmark_is_behind_what_is_missing(self) -> None:
        starts = {
            key: record["created_at"]
            for key, record in _plain(self.provider).get("antbuddy_sessions", {}).items()
        }
        for stream, keys in self.missing.items():
            horizon = self.run.bookmark(stream).get("replication_key_value", "")
            for key in keys:
                record = _plain(self.provider)[stream][key]
                time = record.get("updated_at") or starts[record["session_id"]]
                assert horizon <= time, (stream, key)

    def assert_same_columns(self, apart_from: set[str]) -> None:
        for stream, table in self.required.items():
            found = self.run.table(stream)
            for key, record in table.items():
                if _session_of(key, stream, record) in self.changed:
                    continue
                differing = {name for name in record if record[name] != found[key][name]}
                assert differing <= apart_from, (stream, key)


def _read(provider: str, settings: dict[str, Any], **readings: Any) -> _Outcome:
    with Sandbox(world=_WORLD, now=NOW, readings=Readings(**readings)) as sandbox:
        run = extract(only(sandbox, provider, **{**_SETTINGS, **settings}))
        churned = sandbox.churned[provider]
    return _Outcome(run, provider, readings, churned.deleted, churned.changed)


_SWITCHES = [
    pytest.param(name, value, id=f"{ambiguity} {name}={value!r}")
    for ambiguity, variants in READINGS_BY_AMBIGUITY.items()
    for name, value in variants
]

# The columns that a reading fills otherwise; all others are as the plain reading gives them.
_TIMES = {"created_at", "updated_at", "request_time", "sent_time", "delivery_time", "submit_time"}
_CONTENT: dict[tuple[str, Any], set[str]] = {
    ("antbuddy_limit_unit", "messages"): {"message_count"},
    ("antbuddy_filter", "message_time_split"): {"message_count"},
    ("antbuddy_created_at", "epoch_s"): {"created_at"},
    ("antbuddy_lead_id", "null"): {"lead_id"},
    ("antbuddy_lead_id", "missing"): {"lead_id"},
    ("antbuddy_agent_text", "msginfo"): {"location"},
    ("antbuddy_agent_text", "message"): {"location", "msginfo", "message"},
    ("antbuddy_outbound_flag", "true_direction"): {"is_outbound_message"},
    ("antbuddy_message_id", "repeating"): {"message_id"},
    ("antbuddy_message_id", "missing"): {"message_id"},
    ("antbuddy_message_count", "larger"): {"message_count"},
    ("antbuddy_null_lists", "null"): {"attachments", "shares"},
    ("antbuddy_null_lists", "missing"): {"attachments", "shares"},
    ("antbuddy_attachments", "list"): {"attachments", "shares"},
    ("antbuddy_attachments", "text"): {"attachments", "shares"},
    ("antbuddy_unknown_fields", True): {"extra_fields"},
    ("etelecom_fraction_digits", 3): _TIMES,
    ("etelecom_fraction_digits", 6): _TIMES,
    ("etelecom_fraction_digits", 9): _TIMES,
    ("etelecom_rating_bumps_updated_at", False): {"updated_at"},
    ("etelecom_webhook_bumps_updated_at", False): {"updated_at"},
    ("etelecom_updated_at", "null_until_changed"): {"updated_at"},
    ("etelecom_updated_at", "missing_until_changed"): {"updated_at"},
    ("etelecom_enums", "wider"): {"status", "delivery_status", "type"},
    ("etelecom_template_data", "mixed"): {"template_data"},
    ("etelecom_template_data", "null"): {"template_data"},
    ("etelecom_template_data", "list"): {"template_data"},
    ("etelecom_null_lists", "null"): {"feedback", "note"},
    ("etelecom_null_lists", "missing"): {"feedback", "note"},
    ("etelecom_newer_fields", False): {
        "request_time",
        "zl_user_id",
        "response_data",
        "sending_mode",
    },
    ("etelecom_unknown_fields", True): {"extra_fields"},
}

# Readings under which a run with these settings can only stop, and words that its error has.
_STOPS: dict[tuple[str, Any], tuple[str, ...]] = {
    ("antbuddy_times", "epoch_ms"): ("created_from is invalid", "antbuddy_time_format"),
    ("antbuddy_times", "epoch_ms_else_empty"): ("Set antbuddy_time_format to epoch_ms",),
    ("antbuddy_page_cap_refuses", True): ("limit must not be greater", "antbuddy_page_size"),
}

# Where a reading only shows with other settings.
_OTHER_SETTINGS: dict[str, dict[str, Any]] = {
    "antbuddy_page_cap_refuses": {"antbuddy_page_size": 101},
    "antbuddy_longest_window_days": {"antbuddy_window_days": 30},
    "etelecom_longest_window_days": {"etelecom_window_days": 30},
    "etelecom_limit_above_100": {"etelecom_page_size": 120, "etelecom_window_days": 31},
}


def _is_shown(name: str, record: dict[str, Any]) -> bool:
    """Tell whether a record can be seen at all under a reading that hides some for good."""
    if name == "etelecom_oa_scope":
        return bool(record["oa_id"] == next(iter(_WORLD.notifications(NOW)))["oa_id"])
    if name == "etelecom_development":
        return record["is_development"] is False
    return True


@pytest.mark.parametrize(("name", "value"), _SWITCHES)
def test_every_reading_is_read_whole_or_stops_and_says_why(name: str, value: Any) -> None:
    provider = name.partition("_")[0]
    outcome = _read(provider, _OTHER_SETTINGS.get(name, {}), **{name: value})
    run = outcome.run
    outcome.assert_bookmark_is_behind_what_is_missing()
    if (name, value) in _STOPS:
        for words in _STOPS[name, value]:
            assert words in str(run.error)
        assert not run.bookmark(_STREAMS[provider][0])
        return
    assert run.error is None
    assert not outcome.missing
    outcome.assert_same_columns(_CONTENT.get((name, value), set()))


@pytest.mark.parametrize(
    ("provider", "settings", "readings", "words"),
    [
        (
            "antbuddy",
            {"antbuddy_time_format": "epoch_ms"},
            {"antbuddy_times": "iso"},
            "time_format",
        ),
        ("antbuddy", {}, {"antbuddy_longest_window_days": 5}, "antbuddy_window_days (now 10)"),
        ("etelecom", {}, {"etelecom_longest_window_days": 5}, "etelecom_window_days (now 10)"),
    ],
)
def test_a_refused_request_names_the_setting_that_cures_it(
    provider: str, settings: dict[str, Any], readings: dict[str, Any], words: str
) -> None:
    run = _read(provider, settings, **readings).run
    assert words in str(run.error)
    assert not run.records(_STREAMS[provider][0])
    assert "replication_key_value" not in run.bookmark(_STREAMS[provider][0])


@pytest.mark.parametrize(
    ("provider", "settings", "readings"),
    [
        ("antbuddy", {"antbuddy_time_format": "epoch_ms"}, {"antbuddy_times": "epoch_ms"}),
        ("antbuddy", {"antbuddy_window_days": 4}, {"antbuddy_longest_window_days": 5}),
        ("antbuddy", {"antbuddy_page_size": 20}, {"antbuddy_page_cap_refuses": True}),
        ("etelecom", {"etelecom_window_days": 4}, {"etelecom_longest_window_days": 5}),
    ],
)
def test_the_setting_that_an_error_names_does_cure_it(
    provider: str, settings: dict[str, Any], readings: dict[str, Any]
) -> None:
    outcome = _read(provider, settings, **readings)
    assert outcome.run.error is None
    assert not outcome.missing
    outcome.assert_same_columns(set())


_ORDERS = ("ascending", "descending", "shuffled", "last_message")
_CHURN = ("delete:1*3", "delete:2,insert:2", "delete:1,insert:1", "insert:3*4", "change:2")
_UNITS = ("sessions", "messages")
_TOTALS = ("sessions", "messages", "page", "account", "missing", "capped:10")

_ANTBUDDY_MIXES: list[dict[str, Any]] = [
    {"page_cap": 20, "total": "page"},
    {"page_cap": 20, "total": "missing", "order": "descending"},
    {"page_cap": 7, "total": "capped:10", "order": "shuffled"},
    {"page_cap": 7, "total": "account", "message_order": "descending"},
    *({"limit_unit": "messages", "total": total} for total in _TOTALS),
    *({"limit_unit": "messages", "page_cap": 20, "total": total} for total in _TOTALS),
    *({"offset": "page_index", "total": total} for total in _TOTALS),
    *({"offset": "page_index", "page_cap": 20, "total": total} for total in _TOTALS),
    *({"offset": "ignored", "total": total} for total in _TOTALS),
    {"bounds": "exclusive", "filter": "message_time_split"},
    {"bounds": "exclusive", "filter": "message_time_split", "limit_unit": "messages"},
    {"bounds": "from_inclusive", "filter": "message_time", "page_cap": 7, "total": "page"},
    {"filter": "message_time_split", "total": "messages", "order": "last_message"},
    {"empty": "no_data", "success": 1, "total": "page", "page_cap": 20},
    {"offset": "ignored", "page_cap": 7, "total": "missing", "filter": "message_time_split"},
    {"empty": "null", "success": 1, "total": "missing", "page_cap": 20, "ids": "numbers"},
]
_ANTBUDDY_CHURN_MIXES: list[dict[str, Any]] = [
    *({"churn": churn, "order": order} for churn in _CHURN for order in _ORDERS),
    *({"churn": churn, "total": "missing", "page_cap": 7} for churn in _CHURN),
    *({"churn": churn, "total": "page", "page_cap": 20} for churn in _CHURN),
    *({"churn": churn, "limit_unit": "messages", "total": "messages"} for churn in _CHURN),
    *({"churn": churn, "offset": "page_index"} for churn in _CHURN),
    {"churn": "delete:1*3", "total": "missing", "page_cap": 7, "order": "shuffled"},
    {"churn": "insert:2*3", "limit_unit": "messages", "offset": "page_index", "total": "missing"},
    {"churn": "delete:1*3", "limit_unit": "messages", "offset": "page_index"},
    {"churn": "insert:2*3", "limit_unit": "messages", "offset": "ignored", "order": "descending"},
]
_NEXTS = ("until_empty", "empty_on_last", "missing", "repeating", "in_after")
_ETELECOM_MIXES: list[dict[str, Any]] = [
    *(
        {"next": following, "page_cap": cap, "limit_echo": echo}
        for following in _NEXTS
        for cap, echo in ((20, "asked"), (7, "applied"), (20, "missing"))
    ),
    {"next": "missing", "page_cap": 20, "limit_echo": "zero", "order": "shuffled"},
    {"next": "in_after", "order": "by_id", "empty": "missing"},
    {"cursor": "offset", "order": "oldest", "page_cap": 7, "next": "null_on_last"},
    {"bounds": "exclusive", "fraction_digits": 6, "date_rounding": "seconds", "page_cap": 20},
    {"updated_at": "missing_until_changed", "rating_bumps_updated_at": False, "ids": "numbers"},
]
_ETELECOM_CHURN = ("delete:1*3", "delete:1,insert:1", "update:1*5", "delete:2,insert:2,update:3*5")
_ETELECOM_CHURN_MIXES: list[dict[str, Any]] = [
    {"churn": churn, "cursor": cursor, "order": order}
    for churn in _ETELECOM_CHURN
    for cursor in ("keyset", "offset")
    for order in ("newest", "oldest", "shuffled")
]


# A session of more messages than a page holds cannot be had, or nothing tells an empty page.
_HOPELESS_MIXES: list[dict[str, Any]] = [
    *({"offset": "ignored", "limit_unit": "messages", "total": total} for total in _TOTALS),
    {"empty": "no_data", "success": "missing", "total": "page", "page_cap": 20},
]
# Whether these can be read depends on where pages happen to end.
_DOUBTFUL_MIXES: list[dict[str, Any]] = [
    {"offset": "page_index", "limit_unit": "messages", "total": total, "order": order}
    for total in _TOTALS
    for order in ("ascending", "shuffled")
]


def _mixes(prefix: str, mixes: list[dict[str, Any]]) -> list[Any]:
    return [
        pytest.param(
            {f"{prefix}_{name}": value for name, value in mix.items()},
            id=" ".join([prefix, *(f"{name}={value}" for name, value in mix.items())]),
        )
        for mix in mixes
    ]


@pytest.mark.parametrize(
    "readings", _mixes("antbuddy", _ANTBUDDY_MIXES) + _mixes("etelecom", _ETELECOM_MIXES)
)
def test_readings_that_come_together_are_read_whole(readings: dict[str, Any]) -> None:
    outcome = _read(next(iter(readings)).partition("_")[0], {}, **readings)
    assert outcome.run.error is None
    assert not outcome.missing


@pytest.mark.parametrize(
    "readings",
    _mixes("antbuddy", _ANTBUDDY_CHURN_MIXES) + _mixes("etelecom", _ETELECOM_CHURN_MIXES),
)
def test_what_stays_while_others_come_and_go_is_never_lost(readings: dict[str, Any]) -> None:
    outcome = _read(next(iter(readings)).partition("_")[0], {}, **readings)
    outcome.assert_bookmark_is_behind_what_is_missing()
    if outcome.run.error is None:
        assert not outcome.missing
        outcome.assert_same_columns({"message_count"})
    else:
        # Where rows never stop coming and going, no reading can confirm another; nor can one hold
        # a session of more messages than fit on the only page.
        assert isinstance(outcome.run.error, IncompleteWindowError)
        assert (
            "*" not in readings.get("antbuddy_churn", "*")
            or readings.get("antbuddy_limit_unit") == "messages"
        )


def _without_counts(table: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {key: {**record, "message_count": None} for key, record in table.items()}


_QUIET_SWITCHES = [
    pytest.param({name: value}, id=str(pair.id))
    for pair in _SWITCHES
    for name, value in [pair.values]
    if isinstance(name, str) and not name.endswith("_churn")
]


@pytest.mark.parametrize(
    "readings",
    [
        *_QUIET_SWITCHES,
        *_mixes("antbuddy", _ANTBUDDY_MIXES + _HOPELESS_MIXES + _DOUBTFUL_MIXES),
        *_mixes("etelecom", _ETELECOM_MIXES),
    ],
)
def test_the_output_does_not_depend_on_concurrency(readings: dict[str, Any]) -> None:
    name = next(iter(readings))
    provider, settings = name.partition("_")[0], _OTHER_SETTINGS.get(name, {})
    alone = _read(provider, settings, **readings).run
    together = _read(provider, {**settings, "max_concurrency": 8}, **readings).run
    assert str(together.error) == str(alone.error)
    # A session that a page cuts comes once for each page, and pages end where they happen to.
    if readings.get("antbuddy_limit_unit") == "messages" or "message_time_split" in str(readings):
        assert together.states == alone.states
        for stream in _STREAMS[provider]:
            assert _without_counts(together.table(stream)) == _without_counts(alone.table(stream))
    else:
        assert together.lasting_messages == alone.lasting_messages


@pytest.mark.parametrize(
    "readings",
    _mixes("antbuddy", _ANTBUDDY_CHURN_MIXES) + _mixes("etelecom", _ETELECOM_CHURN_MIXES),
)
def test_what_changes_while_windows_are_read_ahead_is_found_by_the_next_run(
    readings: dict[str, Any],
) -> None:
    provider = next(iter(readings)).partition("_")[0]
    settings = {**_SETTINGS, "max_concurrency": 8}
    with Sandbox(world=_WORLD, now=NOW, readings=Readings(**readings)) as sandbox:
        first = extract(only(sandbox, provider, **settings))
        churned = sandbox.churned[provider]
        sandbox.readings = Readings()
        second = extract(only(sandbox, provider, **settings), state=first.state)
    assert first.error is None or isinstance(first.error, IncompleteWindowError)
    assert second.error is None
    both = Extraction(first.messages + second.messages)
    outcome = _Outcome(both, provider, readings, churned.deleted, churned.changed)
    assert not outcome.missing


@pytest.mark.parametrize("readings", _mixes("antbuddy", _HOPELESS_MIXES))
def test_a_mix_that_hides_rows_for_good_stops_before_what_is_missing(
    readings: dict[str, Any],
) -> None:
    outcome = _read("antbuddy", {}, **readings)
    assert isinstance(outcome.run.error, TapError)
    outcome.assert_bookmark_is_behind_what_is_missing()


@pytest.mark.parametrize("readings", _mixes("antbuddy", _DOUBTFUL_MIXES))
def test_a_mix_that_may_hide_rows_is_read_whole_or_stops_before_them(
    readings: dict[str, Any],
) -> None:
    outcome = _read("antbuddy", {}, **readings)
    outcome.assert_bookmark_is_behind_what_is_missing()
    if outcome.run.error is None:
        assert not outcome.missing
    else:
        assert isinstance(outcome.run.error, IncompleteWindowError)


@pytest.mark.parametrize("messages", [1, 9, 10, 14, 100, 101, 250])
@pytest.mark.parametrize("days", [(2,), (2, 20), (2, 5)])
def test_an_account_with_one_session_in_a_window_is_read_whole(
    messages: int, days: tuple[int, ...]
) -> None:
    world = fixed(
        session(
            day,
            f"2026-03-{day:02d}T08:00:00.000Z",
            *(
                message(f"m{day}-{index}", f"2026-03-{day:02d}T08:{index % 60:02d}:00.000Z")
                for index in range(messages)
            ),
        )
        for day in days
    )
    with Sandbox(world=world, now=NOW) as sandbox:
        run = extract(only(sandbox, "antbuddy", antbuddy_window_days=10))
        requests = len(sandbox.requests)
    assert run.error is None
    assert len(run.table("antbuddy_sessions")) == len(days)
    assert len(run.table("antbuddy_messages")) == len(days) * messages
    # Three windows to the last day; at most two requests each, and one for what a limit counts.
    assert requests <= 4 * 2 + 2 + len(days)

"""Under every reading of the two APIs a run is complete, or it stops and says why."""

from __future__ import annotations

from typing import Any

import pytest

from omnimessages_sandbox import Sandbox
from tests.outcomes import read_under
from tests.support import NOW, STREAMS_OF, extract, fixed, message, only, session
from tests.variants import OTHER_SETTINGS, SWITCHES

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
    ("antbuddy_times", "epoch_s"): ("Set antbuddy_time_format to epoch_s",),
    ("antbuddy_times", "epoch_ms_else_empty"): ("Set antbuddy_time_format to epoch_ms",),
    ("antbuddy_times", "epoch_s_else_empty"): ("Set antbuddy_time_format to epoch_s",),
    ("antbuddy_page_cap_refuses", True): ("limit must not be greater", "antbuddy_page_size"),
}


@pytest.mark.parametrize(("name", "value"), SWITCHES)
def test_every_reading_is_read_whole_or_stops_and_says_why(name: str, value: Any) -> None:
    provider = name.partition("_")[0]
    outcome = read_under(provider, OTHER_SETTINGS.get(name, {}), **{name: value})
    run = outcome.run
    outcome.assert_bookmark_is_behind_what_is_missing()
    if (name, value) in _STOPS:
        for words in _STOPS[name, value]:
            assert words in str(run.error)
        assert not run.bookmark(STREAMS_OF[provider][-1])
        return
    assert run.error is None
    assert not outcome.missing
    outcome.assert_same_columns(_CONTENT.get((name, value), set()))


@pytest.mark.parametrize(
    ("provider", "settings", "variants", "words"),
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
    provider: str, settings: dict[str, Any], variants: dict[str, Any], words: str
) -> None:
    run = read_under(provider, settings, **variants).run
    assert words in str(run.error)
    assert not run.records(STREAMS_OF[provider][-1])
    assert "replication_key_value" not in run.bookmark(STREAMS_OF[provider][-1])


@pytest.mark.parametrize(
    ("provider", "settings", "variants"),
    [
        ("antbuddy", {"antbuddy_time_format": "epoch_ms"}, {"antbuddy_times": "epoch_ms"}),
        ("antbuddy", {"antbuddy_time_format": "epoch_s"}, {"antbuddy_times": "epoch_s"}),
        ("antbuddy", {"antbuddy_time_format": "epoch_s"}, {"antbuddy_times": "epoch_s_else_empty"}),
        ("antbuddy", {"antbuddy_window_days": 4}, {"antbuddy_longest_window_days": 5}),
        ("antbuddy", {"antbuddy_page_size": 20}, {"antbuddy_page_cap_refuses": True}),
        ("etelecom", {"etelecom_window_days": 4}, {"etelecom_longest_window_days": 5}),
    ],
)
def test_the_setting_that_an_error_names_does_cure_it(
    provider: str, settings: dict[str, Any], variants: dict[str, Any]
) -> None:
    outcome = read_under(provider, settings, **variants)
    assert outcome.run.error is None
    assert not outcome.missing
    outcome.assert_same_columns(set())


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
    # Four windows; at most two requests each, one for what a limit counts, three more for an empty
    # window before the first session, and an audit.
    assert requests <= 4 * 2 + 2 + len(days) + 2 * 3 + 1

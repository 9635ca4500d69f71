"""AntBuddy: omnichannel conversations."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from tap_omnimessages.providers.antbuddy.source import INFO, AntBuddySource
from tap_omnimessages.providers.antbuddy.streams import AntBuddyMessages, AntBuddySessions
from tap_omnimessages.providers.base import Provider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_omnimessages.http.options import HttpOptions


def _open(config: Mapping[str, Any], options: HttpOptions) -> AntBuddySource:
    return AntBuddySource(
        config["antbuddy_base_url"],
        config["antbuddy_api_key"],
        options,
        page_size=config["antbuddy_page_size"],
        time_format=config["antbuddy_time_format"],
        width=timedelta(days=config["antbuddy_window_days"]),
        lookback=timedelta(days=config["antbuddy_lookback_days"]),
    )


ANTBUDDY = Provider(
    info=INFO,
    streams=(AntBuddySessions, AntBuddyMessages),
    open_source=_open,
    settings=(
        th.Property(
            "antbuddy_api_key",
            th.StringType(nullable=True),
            secret=True,
            title="AntBuddy API key",
            description="The secret that AntBuddy gives for its API. Without it, the AntBuddy "
            "streams are skipped.",
        ),
        th.Property(
            "antbuddy_base_url",
            th.StringType(),
            default="https://apiring.antbuddy.com",
            title="AntBuddy base URL",
            description="The address of the API, without `/messages`.",
        ),
        th.Property(
            "antbuddy_time_format",
            th.StringType(allowed_values=["iso8601", "epoch_ms"]),
            default="iso8601",
            title="AntBuddy time format",
            description="How times are sent in requests. The API's documents name both forms; "
            "change it if requests are refused.",
        ),
        th.Property(
            "antbuddy_page_size",
            th.IntegerType(minimum=1, maximum=1000),
            default=100,
            title="AntBuddy page size",
            description="How many sessions are asked for at a time.",
        ),
        th.Property(
            "antbuddy_window_days",
            th.IntegerType(minimum=1, maximum=31),
            default=30,
            title="AntBuddy window (days)",
            description="The longest range of time that one request asks for; the bookmark moves "
            "window by window.",
        ),
        th.Property(
            "antbuddy_lookback_days",
            th.IntegerType(minimum=0, maximum=3650),
            default=7,
            title="AntBuddy lookback (days)",
            description="How far before the bookmark each run reads again, to find late messages "
            "of old sessions and sessions that were closed.",
        ),
    ),
)

"""AntBuddy: its settings, its streams, and how to open its source."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from tap_omnimessages.check.run import examine
from tap_omnimessages.extract.audit import Auditor
from tap_omnimessages.extract.revisits import Lookback
from tap_omnimessages.providers.antbuddy.check.look import AntBuddyLook
from tap_omnimessages.providers.antbuddy.check.questions import QUESTIONS
from tap_omnimessages.providers.antbuddy.request import INFO, TIME_FORMATS
from tap_omnimessages.providers.antbuddy.source import AntBuddySource
from tap_omnimessages.providers.antbuddy.streams import AntBuddyMessages, AntBuddySessions
from tap_omnimessages.providers.base import Provider
from tap_omnimessages.providers.settings import Amount, provider_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_omnimessages.check.findings import Report
    from tap_omnimessages.http.options import HttpOptions


def _open(config: Mapping[str, Any], options: HttpOptions) -> AntBuddySource:
    return AntBuddySource(
        config["antbuddy_base_url"],
        config["antbuddy_api_key"],
        options,
        page_size=config["antbuddy_page_size"],
        time_format=config["antbuddy_time_format"],
        width=timedelta(days=config["antbuddy_window_days"]),
        auditor=Auditor(INFO.name, "sessions", config["pages_per_audit"]),
        lookback=Lookback(
            timedelta(days=config["antbuddy_lookback_days"]),
            revisit=timedelta(days=config["antbuddy_revisit_days"]),
        ),
    )


def _look(config: Mapping[str, Any], options: HttpOptions) -> Report:
    columns = (AntBuddySessions.columns, AntBuddyMessages.columns)
    return examine(AntBuddyLook(config, options, columns), QUESTIONS)


ANTBUDDY = Provider(
    info=INFO,
    streams=(AntBuddySessions, AntBuddyMessages),
    open_source=_open,
    look=_look,
    settings=(
        *provider_settings(
            INFO,
            key="The secret key for AntBuddy's API. Without it, the AntBuddy streams are skipped.",
            base_url="https://apiring.antbuddy.com",
            about_url="without `/messages`.",
            page_size=Amount(100, 1000, "The number of sessions in one request."),
            window_days=Amount(30, 31),
            lookback=Amount(
                7, 3650, "to find late messages of old sessions and sessions that were closed."
            ),
            revisit_days=Amount(
                365, 3650, "to find what changes or appears later than the lookback."
            ),
        ),
        th.Property(
            "antbuddy_time_format",
            th.StringType(allowed_values=list(TIME_FORMATS)),
            default="iso8601",
            title="AntBuddy time format",
            description="How requests write times: as ISO 8601, epoch milliseconds or epoch "
            "seconds. The API's documents contradict each other. Change this if an error asks "
            "for it.",
        ),
    ),
)

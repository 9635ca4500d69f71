"""eTelecom: ZNS notifications."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from tap_omnimessages.providers.base import Provider
from tap_omnimessages.providers.etelecom.source import INFO, EtelecomSource
from tap_omnimessages.providers.etelecom.streams import EtelecomZnsMessages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_omnimessages.http.options import HttpOptions


def _open(config: Mapping[str, Any], options: HttpOptions) -> EtelecomSource:
    return EtelecomSource(
        config["etelecom_base_url"],
        config["etelecom_api_key"],
        options,
        page_size=config["etelecom_page_size"],
        sweep_ratings=config["etelecom_sweep_ratings"],
        width=timedelta(days=config["etelecom_window_days"]),
        lookback=timedelta(hours=config["etelecom_lookback_hours"]),
    )


ETELECOM = Provider(
    info=INFO,
    streams=(EtelecomZnsMessages,),
    open_source=_open,
    settings=(
        th.Property(
            "etelecom_api_key",
            th.StringType(nullable=True),
            secret=True,
            title="eTelecom API key",
            description="A shop's `api_key`, or the `shop_key` that a partner gets for a shop. "
            "Without it, the eTelecom stream is skipped.",
        ),
        th.Property(
            "etelecom_base_url",
            th.StringType(),
            default="https://api.etelecom.vn/v1/shop",
            title="eTelecom base URL",
            description="The address of the API, without `.Zalo/ListMessages`; shops, partners "
            "and white labels have their own.",
        ),
        th.Property(
            "etelecom_page_size",
            th.IntegerType(minimum=1, maximum=1000),
            default=100,
            title="eTelecom page size",
            description="How many notifications are asked for at a time; the API gives at most "
            "100.",
        ),
        th.Property(
            "etelecom_window_days",
            th.IntegerType(minimum=1, maximum=366),
            default=7,
            title="eTelecom window (days)",
            description="The longest range of time that one request asks for; the bookmark moves "
            "window by window.",
        ),
        th.Property(
            "etelecom_lookback_hours",
            th.IntegerType(minimum=0, maximum=87600),
            default=2,
            title="eTelecom lookback (hours)",
            description="How far before the bookmark each run reads again, for clocks that "
            "differ. Changed notifications are found by their update time without it.",
        ),
        th.Property(
            "etelecom_sweep_ratings",
            th.BooleanType(),
            default=True,
            title="eTelecom rating sweep",
            description="Whether each window is read a second time by rating time, for ratings "
            "that do not change the update time.",
        ),
    ),
)

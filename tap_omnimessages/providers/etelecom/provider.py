"""eTelecom: its settings, its stream, and how to open its source."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from tap_omnimessages.extract.audit import Auditor
from tap_omnimessages.providers.base import Provider
from tap_omnimessages.providers.etelecom.source import INFO, EtelecomSource
from tap_omnimessages.providers.etelecom.streams import EtelecomZnsMessages
from tap_omnimessages.providers.settings import Amount, provider_settings

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
        auditor=Auditor(INFO.name, "notifications", config["pages_per_audit"]),
    )


ETELECOM = Provider(
    info=INFO,
    streams=(EtelecomZnsMessages,),
    open_source=_open,
    settings=(
        *provider_settings(
            INFO,
            key="A shop's `api_key`, or the `shop_key` that a partner gets for a shop. Without "
            "it, the eTelecom stream is skipped.",
            base_url="https://api.etelecom.vn/v1/shop",
            about_url="without `.Zalo/ListMessages`. Shops, partners and white labels have their "
            "own.",
            page_size=Amount(
                100, 1000, "The number of notifications in one request. The API sends at most 100."
            ),
            window_days=Amount(7, 366),
            lookback=Amount(
                2,
                87600,
                "for clocks that differ. Changed notifications are found by their update time.",
            ),
            lookback_unit="hours",
        ),
        th.Property(
            "etelecom_sweep_ratings",
            th.BooleanType(),
            default=True,
            title="eTelecom rating sweep",
            description="Whether each window is read a second time by rating time, to find "
            "ratings that do not change the update time.",
        ),
    ),
)

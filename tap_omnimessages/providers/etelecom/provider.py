"""eTelecom: its settings, its stream, and how to open its source."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from tap_omnimessages.check.run import examine
from tap_omnimessages.extract.audit import Auditor
from tap_omnimessages.extract.revisits import Lookback
from tap_omnimessages.providers.base import Provider
from tap_omnimessages.providers.etelecom.check.look import EtelecomLook
from tap_omnimessages.providers.etelecom.check.questions import QUESTIONS
from tap_omnimessages.providers.etelecom.request import INFO
from tap_omnimessages.providers.etelecom.source import EtelecomSource
from tap_omnimessages.providers.etelecom.streams import EtelecomZnsMessages
from tap_omnimessages.providers.settings import Amount, provider_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_omnimessages.check.findings import Report
    from tap_omnimessages.http.options import HttpOptions


def _open(config: Mapping[str, Any], options: HttpOptions) -> EtelecomSource:
    return EtelecomSource(
        config["etelecom_base_url"],
        config["etelecom_api_key"],
        options,
        page_size=config["etelecom_page_size"],
        sweep_ratings=config["etelecom_sweep_ratings"],
        width=timedelta(days=config["etelecom_window_days"]),
        auditor=Auditor(INFO.name, "notifications", config["pages_per_audit"]),
        lookback=Lookback(
            timedelta(hours=config["etelecom_lookback_hours"]),
            sweep=timedelta(days=config["etelecom_rating_lookback_days"]),
            revisit=timedelta(days=config["etelecom_revisit_days"]),
        ),
    )


def _look(config: Mapping[str, Any], options: HttpOptions) -> Report:
    return examine(EtelecomLook(config, options, EtelecomZnsMessages.columns), QUESTIONS)


ETELECOM = Provider(
    info=INFO,
    streams=(EtelecomZnsMessages,),
    open_source=_open,
    look=_look,
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
            revisit_days=Amount(
                365, 3650, "to find changes that leave the update time unchanged or show late."
            ),
        ),
        th.Property(
            "etelecom_sweep_ratings",
            th.BooleanType(),
            default=True,
            title="eTelecom rating sweep",
            description="Whether each window is read a second time by rating time, to find "
            "ratings that do not change the update time.",
        ),
        th.Property(
            "etelecom_rating_lookback_days",
            th.IntegerType(minimum=0, maximum=3650),
            default=3,
            title="eTelecom rating lookback (days)",
            description="How far before the bookmark the sweep by rating time begins, to find "
            "ratings that the API shows late. It is never shorter than the lookback.",
        ),
    ),
)

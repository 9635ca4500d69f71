"""The settings that providers share: key, base URL, page size, window, lookback and revisits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from singer_sdk import typing as th

if TYPE_CHECKING:
    from tap_omnimessages.http.options import ProviderInfo


class Amount(NamedTuple):
    """A whole number that a user can set.

    Attributes:
        default: Its value unless it is set.
        most: The largest value.
        about: What the description adds.
    """

    default: int
    most: int
    about: str = ""


def provider_settings(  # noqa: PLR0913 - one argument for each setting
    info: ProviderInfo,
    *,
    key: str,
    base_url: str,
    about_url: str,
    page_size: Amount,
    window_days: Amount,
    lookback: Amount,
    lookback_unit: str = "days",
    revisit_days: Amount | None = None,
) -> tuple[th.Property[Any], ...]:
    """Declare a provider's common settings.

    Args:
        info: The provider; its `prefix` begins each name.
        key: What the API key is, for its description.
        base_url: The default base URL.
        about_url: What the base URL leaves out, for its description.
        page_size: How many rows one request asks for, from 1.
        window_days: The longest window in days, from 1.
        lookback: How far before the bookmark each run reads again, from 0.
        lookback_unit: `days` or `hours`.
        revisit_days: How far back revisits reach, in days from 0; None for a provider without.

    Returns:
        The settings, in the order in which users see them.
    """
    prefix, name = info.prefix, info.name
    revisits = []
    if revisit_days is not None:
        revisits.append(
            th.Property(
                f"{prefix}_revisit_days",
                th.IntegerType(minimum=0, maximum=revisit_days.most),
                default=revisit_days.default,
                title=f"{name} revisits (days)",
                description="How far back a run reads again from time to time, the rarer the "
                f"older, {revisit_days.about} 0 turns this off.",
            )
        )
    return (
        th.Property(
            info.key_setting,
            th.StringType(nullable=True),
            secret=True,
            title=f"{name} API key",
            description=key,
        ),
        th.Property(
            info.url_setting,
            th.StringType(),
            default=base_url,
            title=f"{name} base URL",
            description=f"The base URL of the API, {about_url}",
        ),
        th.Property(
            f"{prefix}_page_size",
            th.IntegerType(minimum=1, maximum=page_size.most),
            default=page_size.default,
            title=f"{name} page size",
            description=page_size.about,
        ),
        th.Property(
            f"{prefix}_window_days",
            th.IntegerType(minimum=1, maximum=window_days.most),
            default=window_days.default,
            title=f"{name} window (days)",
            description="The longest time range of one request. The bookmark moves window by "
            "window.",
        ),
        th.Property(
            f"{prefix}_lookback_{lookback_unit}",
            th.IntegerType(minimum=0, maximum=lookback.most),
            default=lookback.default,
            title=f"{name} lookback ({lookback_unit})",
            description=f"How far before the bookmark each run reads again, {lookback.about}",
        ),
        *revisits,
    )

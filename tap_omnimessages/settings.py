"""The settings of the tap itself, and the checks that a JSON schema cannot make."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from singer_sdk import typing as th

from tap_omnimessages.http.urls import is_loopback
from tap_omnimessages.providers.accounts import FORMER_ACCOUNTS, find_former_accounts_errors
from tap_omnimessages.records.contract import MODES
from tap_omnimessages.singer.batch_config import find_batch_errors
from tap_omnimessages.timestamps import format_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_omnimessages.providers.base import Provider

# A shorter key may be a word of the address, such as the sandbox's.
_SECRET_LENGTH = 8

COMMON_SETTINGS = (
    th.Property(
        "start_date",
        th.DateTimeType(),
        required=True,
        title="Start date",
        description="Where your history begins, such as 2026-01-01T00:00:00Z. Without an offset "
        "it is UTC. If you set an earlier date later, the next run fills the gap.",
    ),
    th.Property(
        "end_date",
        th.DateTimeType(nullable=True),
        title="End date",
        description="Where a run ends, if that is earlier than now. Use it to read a range.",
    ),
    th.Property(
        FORMER_ACCOUNTS,
        th.StringType(nullable=True),
        title="Former accounts",
        description="Accounts whose bookmarks a run takes over, separated by commas. The error "
        "that refuses a state names them. Set them for one run, after an API key or an address "
        "was renewed.",
    ),
    th.Property(
        "safety_lag_seconds",
        th.IntegerType(minimum=0, maximum=86400),
        default=0,
        title="Safety lag (seconds)",
        description="How much of the newest time a run leaves to the next one. Use it where an API "
        "shows records some time after they were created.",
    ),
    th.Property(
        "schema_contract",
        th.StringType(allowed_values=list(MODES)),
        default="evolve",
        title="Schema contract",
        description="How to handle unknown fields and values of the wrong type: evolve keeps them "
        "in extra_fields, freeze ends the run with an error, discard drops them with a warning.",
    ),
    th.Property(
        "pages_per_audit",
        th.IntegerType(minimum=0, maximum=1000000),
        default=10,
        title="Pages per audit",
        description="For each so many pages, one more request checks that a random part of what "
        "was read is complete. 0 turns these audits off.",
    ),
    th.Property(
        "remove_nul_characters",
        th.BooleanType(),
        default=True,
        title="Remove NUL characters",
        description="Whether NUL characters are removed from texts, also inside objects and their "
        "keys. PostgreSQL and others cannot store them.",
    ),
    th.Property(
        "max_concurrency",
        th.IntegerType(minimum=1, maximum=32),
        default=4,
        title="Concurrency",
        description="The most requests to one API at the same time.",
    ),
    th.Property(
        "request_timeout_seconds",
        th.IntegerType(minimum=1, maximum=3600),
        default=60,
        title="Request timeout (seconds)",
        description="The longest time that one response may take, to its last byte.",
    ),
    th.Property(
        "max_retry_seconds",
        th.IntegerType(minimum=0, maximum=86400),
        default=600,
        title="Retry budget (seconds)",
        description="How long one request is retried before the run ends with an error. An API "
        "that has not responded once in the run is given up after 60 seconds at most.",
    ),
    th.Property(
        "user_agent",
        th.StringType(nullable=True),
        title="User agent",
        description="The User-Agent header; by default the tap's name and version.",
    ),
)


def find_errors(config: Mapping[str, Any], providers: Iterable[Provider]) -> list[str]:
    """Check settings that match their JSON schema.

    Args:
        config: The settings, defaults filled in.
        providers: The providers of the tap.

    Returns:
        One sentence for each fault: what is wrong, where, and what to do; no secrets.
    """
    providers = list(providers)
    errors = [
        *_find_time_errors(config),
        *find_batch_errors(config),
        *find_former_accounts_errors(config),
    ]
    for provider in providers:
        errors += _find_provider_errors(config, provider)
    if not any(provider.has_key(config) for provider in providers):
        names = " or ".join(provider.info.key_setting for provider in providers)
        errors.append(f"No API key is set: set {names}, or both.")
    agent = config.get("user_agent") or ""
    if not agent.isascii() or not agent.isprintable():
        errors.append("The setting user_agent must contain printable ASCII characters only.")
    return errors


def _find_time_errors(config: Mapping[str, Any]) -> Iterator[str]:
    times: dict[str, datetime] = {}
    for name in ("start_date", "end_date"):
        if config.get(name) in (None, ""):
            continue
        try:
            moment = parse_time(config[name])
        except ValueError:
            moment = None
        if moment is None:
            yield (
                f"The setting {name} is not a date: write it as 2026-01-31 or "
                f"2026-01-31T00:00:00+07:00."
            )
        else:
            times[name] = moment
    start, end = times.get("start_date"), times.get("end_date")
    if config.get("start_date") == "":
        yield "The setting start_date is empty: set the date where your history begins."
    if start and start > datetime.now(UTC):
        yield f"The setting start_date ({format_time(start)}) lies in the future."
    if start and end and end <= start:
        yield (
            f"The setting end_date ({format_time(end)}) is not later than start_date "
            f"({format_time(start)}): set a later one."
        )


def _find_provider_errors(config: Mapping[str, Any], provider: Provider) -> Iterator[str]:
    key_setting, url_setting = provider.info.key_setting, provider.info.url_setting
    key = config.get(key_setting) or ""
    if not key.isascii() or not _is_visible(key):
        yield (
            f"The setting {key_setting} contains a space, a line break or a character that no API "
            f"key has: copy the key again."
        )
    url = config[url_setting]
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        host = None
    if host is None or parts.scheme not in {"http", "https"} or not _is_visible(url):
        yield f"The setting {url_setting} is not an address such as https://api.example.com/v1."
    elif parts.username or parts.password or parts.query or parts.fragment or _has_key(key, url):
        yield (
            f"The setting {url_setting} must not contain a user name, a query or the API key: "
            f"set the key in {key_setting}."
        )
    elif provider.info.needs_path and not parts.path.strip("/."):
        yield (
            f"The setting {url_setting} has no path: end it with one such as /v1/shop or "
            f"/v1/partner."
        )
    elif parts.scheme == "http" and not is_loopback(url):
        yield (
            f"The setting {url_setting} begins with http://, which would send the API key "
            f"unencrypted: use https://."
        )


def _is_visible(text: str) -> bool:
    """Return whether a text has neither spaces nor control characters."""
    return text.isprintable() and " " not in text


def _has_key(key: str, url: str) -> bool:
    """Return whether an address contains a key, which errors and logs would then show."""
    return len(key) >= _SECRET_LENGTH and key in unquote(url)

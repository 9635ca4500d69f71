"""Whose bookmarks a state holds: no account continues from the bookmark of another.

A bookmark of another account would skip everything before it, with exit code 0. Parallel runs that
share a folder, a state-id that is used twice, and a key that is exchanged for another shop's lead
there.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL

from tap_omnimessages.http.account import is_account_id
from tap_omnimessages.singer.state import ACCOUNT, HIGH_WATERMARK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from singer_sdk import Stream

    from tap_omnimessages.providers.base import Provider

logger = logging.getLogger("tap-omnimessages")

FORMER_ACCOUNTS = "former_accounts"

Bookmarks = dict[str, dict[str, Any]]


def read_former_accounts(config: Mapping[str, Any]) -> list[str]:
    """Return the entries of the setting `former_accounts`, unchecked."""
    parts = (config.get(FORMER_ACCOUNTS) or "").split(",")
    return [part.strip() for part in parts if part.strip()]


def find_former_accounts_errors(config: Mapping[str, Any]) -> Iterator[str]:
    """Check the setting `former_accounts`; the error does not quote it, for it may hold a key."""
    if not all(map(is_account_id, read_former_accounts(config))):
        yield (
            f"The setting {FORMER_ACCOUNTS} is not a list of accounts such as "
            f"antbuddy-0123456789ab: copy them from the error that refused the state."
        )


def match_accounts(
    bookmarks: Bookmarks,
    streams: Mapping[str, Stream],
    providers: Iterable[Provider],
    config: Mapping[str, Any],
) -> list[str]:
    """Compare the accounts of bookmarks with those that a run reads.

    A bookmark of one of `former_accounts` is rewritten to the account that the run reads. Only
    streams that continue from their bookmarks matter.

    Args:
        bookmarks: The checked bookmarks of a state, by stream; changed in place.
        streams: The streams of the tap, by name.
        providers: The providers of the tap.
        config: The checked settings.

    Returns:
        One sentence for each provider and other account.
    """
    errors = []
    former = read_former_accounts(config)
    for provider in providers:
        marks = {
            name: bookmarks[name]
            for name, stream in streams.items()
            if type(stream) in provider.streams and bookmarks.get(name, {}).get(ACCOUNT)
        }
        if not marks or not provider.has_key(config):
            continue
        own = provider.account(config)
        others: dict[str, list[str]] = {}
        for name, mark in marks.items():
            account = mark[ACCOUNT]
            if account == own:
                continue
            if account in former:
                mark[ACCOUNT] = own
                logger.info("%s continues from the bookmark of %s.", name, account)
            elif _continues(streams[name], mark):
                others.setdefault(account, []).append(name)
        errors += [_format_error(provider, names, account) for account, names in others.items()]
    return errors


def _continues(stream: Stream, mark: Mapping[str, Any]) -> bool:
    return (
        stream.selected
        and stream.replication_method == REPLICATION_INCREMENTAL
        and mark.get(HIGH_WATERMARK) is not None
    )


def _format_error(provider: Provider, streams: list[str], account: str) -> str:
    key, url = provider.info.key_setting, provider.info.url_setting
    return (
        f"The state's bookmark of {' and '.join(streams)} belongs to another account than {key} "
        f"and {url}: use a state of its own for each account; if the key or the address of the "
        f"same account was renewed, set {FORMER_ACCOUNTS} to {account} for one run."
    )

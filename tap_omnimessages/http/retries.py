"""Retry budgets: how long to wait before a retry, and when to give up."""

from __future__ import annotations

import logging
import random
from typing import TYPE_CHECKING

from tap_omnimessages.errors import ApiError, RefusedError
from tap_omnimessages.redaction import redact

if TYPE_CHECKING:
    from tap_omnimessages.http.failures import RequestFailure
    from tap_omnimessages.http.options import ProviderInfo

logger = logging.getLogger("tap-omnimessages")

_FIRST_BACKOFF_SECONDS = 0.5
_LONGEST_BACKOFF_SECONDS = 60.0
# An API that has never responded is more likely misconfigured than broken: fail early.
_FIRST_RESPONSE_SECONDS = 60.0
# A server on this machine responds within seconds, or was not started.
_FIRST_LOCAL_RESPONSE_SECONDS = 5.0
_FIRST_RESPONSE_TRIES = 2
_QUIET_WAIT_SECONDS = 2.0
_SECRET_LENGTH = 6


def backoff_delay(attempt: int) -> float:
    """Return the longest delay in seconds before a retry; it doubles with each attempt from 0."""
    return min(_FIRST_BACKOFF_SECONDS * 2.0**attempt, _LONGEST_BACKOFF_SECONDS)


class Retries:
    """Decides how long to wait before a retry, and when to give up, for one API.

    Attributes:
        has_answered: Whether any request has had a usable response.
    """

    def __init__(self, info: ProviderInfo, key: str, budget_seconds: float) -> None:
        self.has_answered = False
        self._info = info
        # Parts of an API key are secret, too: eTelecom's consist of an id, a colon and a secret.
        self._secrets = [key, *(part for part in key.split(":") if len(part) >= _SECRET_LENGTH)]
        self._budget_seconds = budget_seconds

    def next_delay(
        self, failure: RequestFailure, target: str, attempt: int, elapsed_seconds: float
    ) -> float:
        """Return how long to wait before a failed request is retried.

        Args:
            failure: What went wrong.
            target: The request's method and path.
            attempt: How many tries came before this one.
            elapsed_seconds: How long the tries and the pauses between them have taken.

        Returns:
            Seconds: what the API asks for, else a random part of `backoff_delay`.

        Raises:
            RefusedError: The API refused this request for good (400, 404, …).
            ApiError: The API key was refused, or the retry budget would be exceeded.
        """
        api_message = redact(failure.api_message, self._secrets)
        reason = f"{failure.text} ({api_message})" if api_message else failure.text
        where = f"{self._info.name}, {target}"
        if failure.status in {401, 403} and not failure.retriable:
            setting = self._info.key_setting
            msg = f"{where}: the API key was refused ({reason}). Check the setting {setting}."
            raise ApiError(msg)
        hint = f" {failure.hint.format(url_setting=self._info.url_setting)}".rstrip()
        if not failure.retriable:
            msg = f"{where}: {reason}.{hint}"
            if failure.refused:
                raise RefusedError(msg, is_about_address=bool(hint))
            raise ApiError(msg)
        delay = failure.retry_after_seconds
        if delay is None:
            delay = random.uniform(0, backoff_delay(attempt))  # noqa: S311 - spreads clients
        budget, source = self._budget_seconds, "max_retry_seconds"
        is_silent = (
            failure.no_response and not self.has_answered and attempt >= _FIRST_RESPONSE_TRIES
        )
        first = (
            _FIRST_LOCAL_RESPONSE_SECONDS if failure.local_port_closed else _FIRST_RESPONSE_SECONDS
        )
        if is_silent and budget > first:
            budget, source = first, "the time for a first response"
        if elapsed_seconds + delay > budget:
            tries = "tries" if attempt else "try"
            asked = failure.retry_after_seconds
            wait = f", and it asks to wait {asked:.0f} s" if asked is not None else ""
            msg = (
                f"{where}: {reason}; given up after {attempt + 1} {tries} in "
                f"{elapsed_seconds:.0f} s{wait} ({source} is {budget:g} s).{hint}"
            )
            raise ApiError(msg)
        is_long = elapsed_seconds + delay >= _QUIET_WAIT_SECONDS
        level = logging.WARNING if is_long else logging.DEBUG
        logger.log(level, "%s: %s; retrying in %.1f s.", where, reason, delay)
        return delay

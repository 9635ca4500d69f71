"""Retry budgets: how long to wait before a retry, and when to give up."""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_omnimessages.errors import ApiError, NoRowsError, RefusedError
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
# Once the same key and address have worked, a refusal may be a slip of a gateway.
_REFUSALS_TO_BELIEVE = 3
_NO_ROWS_TO_BELIEVE = 2
# A response that is broken in the same place again and again was not cut off.
_UNCHANGED_TO_BELIEVE = 3
_QUIET_WAIT_SECONDS = 2.0
_SECRET_LENGTH = 6


def backoff_delay(attempt: int) -> float:
    """Return the longest delay in seconds before a retry; it doubles with each attempt from 0."""
    return min(_FIRST_BACKOFF_SECONDS * 2.0**attempt, _LONGEST_BACKOFF_SECONDS)


@dataclass
class Attempts:
    """What one request has cost so far.

    Attributes:
        tries: How often it was sent.
        refusals: How many of the tries ended with a failure that no retry should cure.
        seconds: How long the tries and the pauses between them have taken.
        believes_refusals: Whether the first refusal counts, because the caller expects some.
        accepts_no_rows: Whether a response that may mean "no rows" is raised as such.
        unchanged: How often in a row the response was broken in the same place.
        fault: That place, in words; empty where the last response was not broken.
    """

    tries: int = 0
    refusals: int = 0
    seconds: float = 0.0
    believes_refusals: bool = False
    accepts_no_rows: bool = False
    unchanged: int = 0
    fault: str = ""

    def count_unchanged(self, failure: RequestFailure) -> None:
        """Count a response that is broken in the same place as the one before."""
        fault = failure.text if failure.is_broken else ""
        self.unchanged = self.unchanged + 1 if fault == self.fault else 1
        self.fault = fault


class Retries:
    """Decides how long to wait before a retry, and when to give up, for one API.

    Attributes:
        has_answered: Whether any request has had a usable response.
        no_rows: Signatures of responses that are known to mean that there are no rows.
    """

    def __init__(self, info: ProviderInfo, key: str, budget_seconds: float) -> None:
        self.has_answered = False
        self.no_rows: set[tuple[str, str]] = set()
        self._info = info
        # Parts of an API key are secret, too: eTelecom's consist of an id, a colon and a secret.
        self._secrets = [key, *(part for part in key.split(":") if len(part) >= _SECRET_LENGTH)]
        self._budget_seconds = budget_seconds

    def next_delay(self, failure: RequestFailure, target: str, attempts: Attempts) -> float:
        """Return how long to wait before a failed request is retried.

        Args:
            failure: What went wrong.
            target: The request's method and path.
            attempts: The tries so far, the failed one included.

        Returns:
            Seconds: what the API asks for, else a random part of `backoff_delay`.

        Raises:
            RefusedError: The API refused this request for good (400, 404, …).
            NoRowsError: The API may have said that there are no rows.
            ApiError: The API key was refused, or the retry budget would be exceeded.
        """
        delay = failure.retry_after_seconds
        if delay is None:
            delay = random.uniform(0, backoff_delay(attempts.tries - 1))  # noqa: S311 - spreads clients
        budget, source = self._budget(failure, attempts)
        is_beyond = attempts.seconds + delay > budget
        is_final = not failure.retriable
        if self._is_believed(failure, attempts) or (is_final and is_beyond):
            raise self._refusal(failure, target, attempts)
        reason = self._reason(failure)
        where = f"{self._info.name}, {target}"
        if is_beyond:
            tries = "try" if attempts.tries == 1 else "tries"
            asked = failure.retry_after_seconds
            wait = f", and it asks to wait {asked:.0f} s" if asked is not None else ""
            msg = (
                f"{where}: {reason}; given up after {attempts.tries} {tries} in "
                f"{attempts.seconds:.0f} s{wait} ({source} is {budget:g} s).{self._hint(failure)}"
            )
            raise ApiError(msg)
        is_long = attempts.seconds + delay >= _QUIET_WAIT_SECONDS
        level = logging.WARNING if is_long or is_final else logging.DEBUG
        logger.log(level, "%s: %s; retrying in %.1f s.", where, reason, delay)
        return delay

    def _is_believed(self, failure: RequestFailure, attempts: Attempts) -> bool:
        """Return whether a failure is final: it came often enough, or nothing speaks against it."""
        if failure.may_mean_no_rows and attempts.accepts_no_rows:
            is_known = failure.signature in self.no_rows
            return is_known or not self.has_answered or attempts.refusals >= _NO_ROWS_TO_BELIEVE
        if failure.is_broken:
            return attempts.unchanged >= _UNCHANGED_TO_BELIEVE
        if failure.retriable:
            return False
        return (
            (attempts.believes_refusals and failure.refused and not failure.is_about_key)
            or failure.status is None
            or not self.has_answered
            or attempts.refusals >= _REFUSALS_TO_BELIEVE
        )

    def _refusal(self, failure: RequestFailure, target: str, attempts: Attempts) -> ApiError:
        reason, where = self._reason(failure), f"{self._info.name}, {target}"
        if failure.is_about_key:
            setting = self._info.key_setting
            msg = f"{where}: the API key was refused ({reason}). Check the setting {setting}."
            return ApiError(msg)
        msg = f"{where}: {reason}.{self._hint(failure)}"
        if failure.may_mean_no_rows and attempts.accepts_no_rows:
            return NoRowsError(msg, failure.signature, may_pass=failure.retriable)
        if failure.refused:
            return RefusedError(msg, is_about_address=bool(failure.hint))
        return ApiError(msg)

    def _reason(self, failure: RequestFailure) -> str:
        api_message = redact(failure.api_message, self._secrets)
        return f"{failure.text} ({api_message})" if api_message else failure.text

    def _hint(self, failure: RequestFailure) -> str:
        return f" {failure.hint.format(url_setting=self._info.url_setting)}".rstrip()

    def _budget(self, failure: RequestFailure, attempts: Attempts) -> tuple[float, str]:
        """Return the seconds that a request may take with its retries, and what sets them."""
        is_silent = (
            failure.no_response and not self.has_answered and attempts.tries > _FIRST_RESPONSE_TRIES
        )
        first = (
            _FIRST_LOCAL_RESPONSE_SECONDS if failure.local_port_closed else _FIRST_RESPONSE_SECONDS
        )
        if is_silent and self._budget_seconds > first:
            return first, "the time for a first response"
        return self._budget_seconds, "max_retry_seconds"

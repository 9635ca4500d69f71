"""The base of a look at one API: what every provider's questions share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tap_omnimessages.check.findings import Change, Report
from tap_omnimessages.check.prober import Prober
from tap_omnimessages.timestamps import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_omnimessages.extract.windows import Window
    from tap_omnimessages.http.client import HttpClient
    from tap_omnimessages.http.options import ProviderInfo
    from tap_omnimessages.http.response_log import ResponseLog

T = TypeVar("T")

MOST_REQUESTS = 45


class Look(ABC, Generic[T]):
    """A look at one account, which questions share.

    Attributes:
        report: What has been found.
        config: The settings of the tap.
        prober: Sends the requests.
        page_size: The `limit` that is accepted.
        largest_page: How many rows the API shows on one page at most, as far as that is known.
        page_seconds: How long pages of that size took.
    """

    def __init__(
        self,
        info: ProviderInfo,
        config: Mapping[str, Any],
        client: HttpClient,
        log: ResponseLog,
        parse: Callable[[bytes], T],
    ) -> None:
        self.info = info
        self.config = config
        self.report = Report(info.name)
        self.prober: Prober[T] = Prober(client, log, parse, MOST_REQUESTS)
        self.page_size: int = config[f"{info.prefix}_page_size"]
        self.largest_page: int = self.page_size
        self.page_seconds: list[float] = []
        self._now = datetime.now(UTC)

    @abstractmethod
    def begin(self) -> bool:
        """Send the first requests; return whether there are rows to ask about.

        Raises:
            TapError: The API cannot be read.
        """

    @abstractmethod
    def count(self, window: Window) -> int | None:
        """Estimate how many rows a window holds; None where a page does not show it.

        Raises:
            ApiError: There is no usable response.
        """

    @abstractmethod
    def newest(self) -> datetime | None:
        """Return the newest time of any row of the last hours; None where there is none, UTC.

        Raises:
            ApiError: There is no usable response.
        """

    def close(self) -> None:
        """Count the requests, and end."""
        self.report.requests = self.prober.requests
        self.prober.client.close()

    @property
    def present(self) -> datetime:
        """The API's present, or `end_date` if that is earlier, UTC."""
        now = self._now - (self.prober.client.clock.difference or timedelta())
        end = parse_time(self.config.get("end_date"))
        return min(now, end) if end else now

    @property
    def start(self) -> datetime:
        """The start of the history that the user wants, UTC."""
        return parse_time(self.config["start_date"]) or self.present

    @property
    def width(self) -> timedelta:
        """The longest window of a run."""
        return timedelta(days=self.config[f"{self.info.prefix}_window_days"])

    @property
    def rows_per_page(self) -> int:
        """How many rows a page of a run holds at most."""
        most: int = min(self.page_size, self.largest_page)
        return max(1, most)

    def meaning(self, topic: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return the meaning that an earlier question has found; None where it is not known."""
        answer = self.report.answers.get(topic)
        return None if answer is None else answer.meaning

    def suggest(self, setting: str, value: Any, reason: str) -> None:  # noqa: ANN401 - any setting
        """Suggest to change a setting."""
        self.report.changes[setting] = Change(value, reason)

    def require(self, setting: str, value: Any, reason: str) -> None:  # noqa: ANN401 - any setting
        """Suggest to change a setting without which no load can start."""
        self.suggest(setting, value, reason)
        self.report.reasons.append(
            f"{self.info.name} cannot be read with {setting} {self.config[setting]}: {reason}. Set "
            f"{setting} to {value}."
        )

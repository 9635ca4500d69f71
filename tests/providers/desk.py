"""A whole third provider, as small as one can be: copy it to begin one of your own.

Desk is an invented help desk. It answers `GET /tickets?updated_since=…&page=…` with
`{"tickets": […], "total": …}`; a page holds 50 tickets, and `updated_since` has no upper end.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from typing_extensions import override

from tap_omnimessages.extract.revisits import Lookback
from tap_omnimessages.http.client import HeaderAuth, HttpClient
from tap_omnimessages.http.envelope import decode_body
from tap_omnimessages.http.options import HttpOptions, ProviderInfo
from tap_omnimessages.providers.base import Provider
from tap_omnimessages.providers.settings import Amount, provider_settings
from tap_omnimessages.providers.simple_paging import Position, SimplePage, SimpleSource
from tap_omnimessages.records.columns import Column, JsonObject
from tap_omnimessages.records.kinds import Kind
from tap_omnimessages.singer.stream import IncrementalStream
from tap_omnimessages.timestamps import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tap_omnimessages.extract.source import Page
    from tap_omnimessages.extract.windows import Window

INFO = ProviderInfo("Desk")


class _Body(msgspec.Struct):
    tickets: list[msgspec.Raw]
    total: int | None = None


_decoder = msgspec.json.Decoder(_Body)


class DeskSource(SimpleSource):
    """Desk's tickets, by the time of their last update."""

    paging = "page"
    time_field = "updatedAt"
    rows_name = "tickets"

    def __init__(self, config: Mapping[str, Any], options: HttpOptions) -> None:
        key = config["desk_api_key"]
        client = HttpClient(INFO, HeaderAuth("X-Desk-Key", key), key, options)
        lookback = Lookback(timedelta(days=config["desk_lookback_days"]))
        super().__init__(
            INFO.name,
            client,
            options,
            width=timedelta(days=config["desk_window_days"]),
            lookback=lookback,
        )
        self._url = f"{config['desk_base_url'].rstrip('/')}/tickets"
        self._page_size = config["desk_page_size"]

    @override
    def request(self, window: Window, position: Position) -> tuple[str, dict[str, Any]]:
        since = format_time(window.start - timedelta(seconds=1))
        return self._url, {
            "updated_since": since,
            "page": position,
            "per_page": self._page_size,
        }

    @override
    def parse(self, body: bytes) -> SimplePage:
        content = decode_body(body, _decoder, "a list tickets")
        return SimplePage([bytes(row) for row in content.tickets], total=content.total)


class DeskTickets(IncrementalStream):
    """Tickets of customers."""

    name = "desk_tickets"
    primary_keys = ("id",)
    replication_key = "updated_at"
    columns: ClassVar[Sequence[Column]] = (
        Column("id", Kind.ID, "The ticket."),
        Column("subject", Kind.STRING, "What the ticket is about."),
        Column("isOpen", Kind.BOOLEAN, "Whether the ticket is open."),
        Column("updatedAt", Kind.TIMESTAMP, "When the ticket last changed (UTC)."),
    )

    @override
    def make_records(self, page: Page) -> Iterator[JsonObject]:
        return map(self.rows.read, page)


DESK = Provider(
    info=INFO,
    streams=(DeskTickets,),
    open_source=DeskSource,
    settings=provider_settings(
        INFO,
        key="The key for Desk's API.",
        base_url="https://api.desk.invalid",
        about_url="without `/tickets`.",
        page_size=Amount(50, 50, "The number of tickets in one request."),
        # `updated_since` has no upper end, so one window holds all that is new.
        window_days=Amount(3650, 36500),
        lookback=Amount(1, 365, "for clocks that differ."),
    ),
)

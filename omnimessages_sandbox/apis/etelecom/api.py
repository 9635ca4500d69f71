"""eTelecom's `POST ….Zalo/ListMessages`: the notifications of a window, paged by cursor.

The format is that of the API page `etelecom-list-messages`; the variant decides what that page
leaves open.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec

from omnimessages_sandbox.apis.etelecom.churn import notification_overlay
from omnimessages_sandbox.apis.etelecom.cursor import Cursor, Place
from omnimessages_sandbox.apis.etelecom.format import NotificationFormat
from omnimessages_sandbox.apis.etelecom.request import (
    Request,
    as_text,
    parse_body,
    parse_request,
    refusal,
)
from omnimessages_sandbox.apis.oddities import Envelope, OddApi, PageRequest
from omnimessages_sandbox.apis.responses import (
    ApiResponse,
    ExpiringCache,
    holds_until,
    views_at,
)
from omnimessages_sandbox.switches.variants import DEFAULTS, ApiVariants
from omnimessages_sandbox.times import SECOND
from omnimessages_sandbox.world.lives import Life, NotificationView, dumps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from omnimessages_sandbox.world.base import World


def _announce_no_page(body: dict[str, Any]) -> None:
    body["paging"] |= {"next": "", "prev": ""}


_ENVELOPE = Envelope(
    ("messages",),
    refusal(code="out_of_range", msg="result window is too large"),
    end=_announce_no_page,
)
_FALLBACK_FIELDS = {"request_time": "created_at", "updated_at": "created_at"}


@dataclass(slots=True)
class Listing:
    """The notifications of a request before paging, in their order.

    Attributes:
        views: The notifications.
        places: The sort value and the id of each notification, ascending.
    """

    views: list[NotificationView]
    places: list[Place]


class EtelecomApi:
    """eTelecom's API over a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._listings: ExpiringCache[Listing] = ExpiringCache()
        self._variants = DEFAULTS
        self._format = NotificationFormat(DEFAULTS)
        self._odd = OddApi("", _ENVELOPE)
        self._first_oa: str | None = None
        self.overlay = notification_overlay()

    def answer(self, body: bytes, variants: ApiVariants, now_us: int) -> ApiResponse:
        """Return the response to a request.

        Args:
            body: The request's JSON.
            variants: The variant of the API.
            now_us: The time in microseconds since 1970, UTC.

        Returns:
            The page.

        Raises:
            RefusedError: The API refuses the request.
        """
        if variants is not self._variants:
            self._variants, self._format = variants, NotificationFormat(variants)
            self._odd = OddApi(variants.etelecom_oddity, _ENVELOPE)
            self._listings.clear()
        request = parse_request(parse_body(body), variants)
        now_us -= variants.etelecom_lag_seconds * SECOND
        page = PageRequest(
            window=(request.window, request.time_field),
            place=request.after or request.before,
            limit=request.requested_limit,
            is_first=not (request.after or request.before),
        )
        shown = replace(request, window=self._odd.window(request.window, now_us))
        return self._odd.answer(page, lambda: self._page(shown, now_us))

    def _page(self, request: Request, now_us: int) -> ApiResponse:
        variants = self._variants
        key = (request.window, request.time_field, request.equals, request.order_name)
        listing = self._listings.get(
            (key, self.overlay.revision), now_us, lambda: self._list(request, now_us)
        )
        start, stop = self._range(request, listing)
        views = listing.views[start:stop]
        messages: Any = [msgspec.Raw(self._format.encode(view)) for view in views]
        envelope: dict[str, Any] = {}
        if views or variants.etelecom_empty == "list":
            envelope["messages"] = messages
        elif variants.etelecom_empty == "null":
            envelope["messages"] = None
        envelope["paging"] = self._paging(request, listing, start, stop)
        if variants.etelecom_churn:
            self.overlay.after_request(
                variants.etelecom_churn,
                key,
                listing.views,
                stop,
                lambda: self._lives(request, now_us),
                now_us,
            )
        return ApiResponse(200, dumps(envelope), len(views))

    def _range(self, request: Request, listing: Listing) -> tuple[int, int]:
        """Return the index of the page's first row, and the index after its last row."""
        count = len(listing.places)
        if request.before:
            stop = self._position(request, listing, request.before, behind=False)
            return max(0, stop - request.limit), stop
        start = 0
        if request.after:
            start = min(self._position(request, listing, request.after, behind=True), count)
            start = self._odd.start(start, count, request.limit)
        return start, min(start + request.limit, count)

    def _position(self, request: Request, listing: Listing, text: str, *, behind: bool) -> int:
        try:
            cursor = Cursor.parse(text)
        except ValueError:
            raise refusal(code="invalid_argument", msg="cursor is invalid") from None
        if cursor.order != request.order_name:
            raise refusal(code="invalid_argument", msg="cursor does not match sort")
        if not cursor.place[1]:
            return max(cursor.place[0], 0)
        bisect = bisect_right if behind else bisect_left
        return bisect(listing.places, cursor.place)

    def _cursor(self, request: Request, listing: Listing, row: int, *, behind: bool) -> str:
        """Return a row's cursor, for the page behind the row or for the page before it."""
        if self._variants.etelecom_cursor == "offset" or not listing.places[row][1]:
            return Cursor(request.order_name, (row + behind, "")).text()
        return Cursor(request.order_name, listing.places[row]).text()

    def _paging(self, request: Request, listing: Listing, start: int, stop: int) -> dict[str, Any]:
        variants = self._variants
        following: str | None = ""
        preceding = ""
        if stop > start:
            last = stop - 1
            if variants.etelecom_next == "repeating":
                last = min(request.limit, len(listing.places)) - 1
            following = self._cursor(request, listing, last, behind=True)
            preceding = self._cursor(request, listing, start, behind=False)
        if variants.etelecom_next in ("empty_on_last", "null_on_last") and stop >= len(
            listing.places
        ):
            following = "" if variants.etelecom_next == "empty_on_last" else None
        limits = {"applied": request.limit, "asked": request.requested_limit, "zero": 0}
        paging: dict[str, Any] = {
            "after": request.after,
            "before": request.before,
            "limit": limits.get(variants.etelecom_limit_echo),
            "next": following,
            "prev": preceding,
            "sort": request.sort,
        }
        if variants.etelecom_limit_echo == "missing":
            del paging["limit"]
        if variants.etelecom_next == "missing":
            del paging["next"]
        elif variants.etelecom_next == "in_after":
            paging |= {"after": following, "next": ""}
        if variants.etelecom_unknown_fields:
            paging["has_more"] = stop < len(listing.places)
        return paging

    def _lives(self, request: Request, now_us: int) -> Iterable[Life[NotificationView]]:
        variants, window = self._variants, request.window
        first = window.from_us
        if first is not None:
            first -= self._world.notification_span_us
        last = now_us if window.to_us is None else min(now_us, window.to_us + SECOND)
        return self._world.notification_lives(
            first,
            last,
            rating_bumps=variants.etelecom_rating_bumps_updated_at,
            webhook_bumps=variants.etelecom_webhook_bumps_updated_at,
        )

    def _list(self, request: Request, now_us: int) -> tuple[Listing, int | None]:
        views, until_us = views_at(self.overlay.apply(self._lives(request, now_us)), now_us)
        open_window = request.window.from_us is None and request.window.to_us is None
        views = [
            view
            for view in views
            if open_window or self._inside(request, time_of(view, request.time_field))
        ]
        equals = request.equals
        if self._variants.etelecom_oa_scope == "first" and "oa_id" not in dict(equals):
            equals = (*equals, *self._first_account(now_us))
        if equals:
            views = [view for view in views if _has(view, equals)]
        keyed = self._odd.rows(
            sorted((self._place(request, view), index) for index, view in enumerate(views)),
            lambda entry: entry[0][1],
        )
        listing = Listing([views[index] for _, index in keyed], [place for place, _ in keyed])
        return listing, holds_until(until_us, now_us, request.window.to_us)

    def _inside(self, request: Request, us: int | None) -> bool:
        if us is None:
            return request.time_field != "submit_time"
        return request.window.holds(us)

    def _place(self, request: Request, view: NotificationView) -> Place:
        """Return the sort value and the id of a row; later rows have larger ones."""
        row_id = view.id
        if request.order == "by_id":
            number = int(row_id) if row_id.isdigit() else zlib.crc32(row_id.encode())
            return (number, row_id)
        if request.order == "shuffled":
            return (zlib.crc32(f"{request.window.from_us}/{row_id}".encode()), row_id)
        us = time_of(view, request.sort_field) or 0
        return (us if request.order == "oldest" else -us, row_id)

    def _first_account(self, now_us: int) -> tuple[tuple[str, str], ...]:
        if self._first_oa is None:
            lives = self._world.notification_lives(None, now_us)
            views = (life.at(now_us) for life in lives)
            found = next((view.record().get("oa_id") for view in views if view is not None), "")
            self._first_oa = as_text(found)
        return (("oa_id", self._first_oa),)


def time_of(view: NotificationView, field: str) -> int | None:
    """Return a notification's time; its creation stands in for a missing request or update time."""
    us = view.times[field]
    fallback = _FALLBACK_FIELDS.get(field)
    return view.times[fallback] if us is None and fallback else us


def _has(view: NotificationView, equals: tuple[tuple[str, str], ...]) -> bool:
    record = view.record()
    return isinstance(record, dict) and all(
        as_text(record.get(field)) == value for field, value in equals
    )

"""AntBuddy's `GET /messages`: the sessions of a window, paged by limit and offset.

The format is that of the API page `antbuddy-get-omni-messages`; the variant decides what that page
leaves open.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import msgspec

from omnimessages_sandbox.apis.antbuddy.churn import session_overlay
from omnimessages_sandbox.apis.antbuddy.format import SessionFormat
from omnimessages_sandbox.apis.oddities import Envelope, OddApi, PageRequest
from omnimessages_sandbox.apis.responses import (
    ApiResponse,
    ExpiringCache,
    RefusedError,
    Window,
    holds_until,
    views_at,
)
from omnimessages_sandbox.switches.variants import DEFAULTS, ApiVariants
from omnimessages_sandbox.times import SECOND, is_epoch_seconds, parse_time
from omnimessages_sandbox.world.lives import Life, SessionView, dumps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from omnimessages_sandbox.world.base import World

DEFAULT_LIMIT = 20
_CAP_WHEN_REFUSING = 100

Row = tuple[SessionView, list[int] | None]


def refusal(status: int, message: str) -> RefusedError:
    """Return a refusal in AntBuddy's envelope; the API page documents no messages."""
    return RefusedError(status, {"success": False, "message": message})


_ENVELOPE = Envelope(
    ("data", "sessions"), refusal(400, "result window is too large"), end=lambda _: None
)


@dataclass(slots=True)
class Listing:
    """The sessions of a request before paging, in their order.

    Attributes:
        rows: Each session with the indexes of its messages in the window; None for all messages.
        ends: The number of messages up to and including each session.
    """

    rows: list[Row]
    ends: list[int]

    @classmethod
    def of(cls, rows: list[Row]) -> Listing:
        """Create a listing; a session without messages counts as one message."""
        sizes = (len(view.messages if shown is None else shown) for view, shown in rows)
        return cls(rows, list(accumulate(max(size, 1) for size in sizes)))

    def by_messages(self, start: int, stop: int) -> list[Row]:
        """Return the sessions of the messages between two positions, with only those messages."""
        rows: list[Row] = []
        first = bisect_right(self.ends, start)
        for index in range(first, len(self.rows)):
            begin = self.ends[index - 1] if index else 0
            if begin >= stop:
                break
            view, shown = self.rows[index]
            indexes = list(range(len(view.messages))) if shown is None else shown
            rows.append((view, indexes[max(start - begin, 0) : stop - begin]))
        return rows


class AntBuddyApi:
    """AntBuddy's API over a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._listings: ExpiringCache[Listing] = ExpiringCache()
        self._accounts: ExpiringCache[int] = ExpiringCache()
        self._variants = DEFAULTS
        self._format = SessionFormat(DEFAULTS)
        self._odd = OddApi("", _ENVELOPE)
        self.overlay = session_overlay()

    def answer(self, query: Mapping[str, str], variants: ApiVariants, now_us: int) -> ApiResponse:
        """Return the response to a request.

        Args:
            query: The query's parameters.
            variants: The variant of the API.
            now_us: The time in microseconds since 1970, UTC.

        Returns:
            The page.

        Raises:
            RefusedError: The API refuses the request.
        """
        if variants is not self._variants:
            self._variants, self._format = variants, SessionFormat(variants)
            self._odd = OddApi(variants.antbuddy_oddity, _ENVELOPE)
            self._listings.clear()
        offset = query.get("offset", "").strip()
        request = PageRequest(
            window=(query.get("created_from"), query.get("created_to")),
            place=offset,
            limit=_whole_number(query, "limit", DEFAULT_LIMIT),
            is_first=not offset.strip("0"),
        )
        now_us -= variants.antbuddy_lag_seconds * SECOND
        return self._odd.answer(request, lambda: self._page(query, now_us))

    def _page(self, query: Mapping[str, str], now_us: int) -> ApiResponse:
        variants = self._variants
        window = self._odd.window(self._window(query), now_us)
        limit = self._limit(query)
        offset = _whole_number(query, "offset", 0)
        if variants.antbuddy_offset == "ignored":
            offset = 0
        elif variants.antbuddy_offset == "page_index":
            offset *= limit
        wanted = query.get("sessionId") or None
        key = (window, wanted)
        listing = self._listings.get(
            (key, self.overlay.revision), now_us, lambda: self._list(window, wanted, now_us)
        )
        offset = self._odd.start(offset, len(listing.rows), limit)
        if variants.antbuddy_limit_unit == "messages":
            rows = listing.by_messages(offset, offset + limit)
        else:
            rows = listing.rows[offset : offset + limit]
        body = self._envelope(rows, self._total(listing, rows, now_us))
        if variants.antbuddy_churn:
            self._churn(key, listing, offset + limit, now_us)
        return ApiResponse(200, body, len(rows))

    def _envelope(self, rows: list[Row], total: int | None) -> bytes:
        variants = self._variants
        encode = self._format.encode
        sessions: Any = [msgspec.Raw(encode(view, shown)) for view, shown in rows]
        envelope: dict[str, Any] = {}
        if variants.antbuddy_success != "missing":
            envelope["success"] = variants.antbuddy_success
        if not rows and variants.antbuddy_empty == "no_data":
            return dumps(envelope)
        if not rows and variants.antbuddy_empty == "null":
            sessions = None
        envelope["data"] = {"sessions": sessions}
        if total is not None:
            envelope["data"]["total"] = total
        return dumps(envelope)

    def _total(self, listing: Listing, rows: list[Row], now_us: int) -> int | None:
        kind = self._variants.antbuddy_total
        if kind == "missing":
            return None
        if kind == "account":
            return self._accounts.get(
                self.overlay.revision, now_us, lambda: self._count_account(now_us)
            )
        if kind == "messages":
            return sum(len(v.messages if shown is None else shown) for v, shown in listing.rows)
        if kind == "page":
            return len(rows)
        count = len(listing.rows)
        return min(count, int(kind.partition(":")[2])) if kind.startswith("capped") else count

    def _count_account(self, now_us: int) -> tuple[int, int | None]:
        views, until_us = views_at(
            self.overlay.apply(self._world.session_lives(None, now_us)), now_us
        )
        return len(views), holds_until(until_us, now_us, None)

    def _list(self, window: Window, wanted: str | None, now_us: int) -> tuple[Listing, int | None]:
        views, until_us = views_at(self.overlay.apply(self._lives(window, now_us)), now_us)
        if wanted is not None:
            views = [view for view in views if view.id == wanted]
        rows = [row for view in views if (row := self._row(view, window)) is not None]
        self._sort(rows, window)
        rows = self._odd.rows(rows, lambda row: row[0].id)
        return Listing.of(rows), holds_until(until_us, now_us, window.to_us)

    def _lives(self, window: Window, now_us: int) -> Iterable[Life[SessionView]]:
        first = window.from_us
        if first is not None and self._variants.antbuddy_filter != "session_start":
            first -= self._world.session_span_us
        return self._world.session_lives(first, min(now_us, window.to_us or now_us))

    def _row(self, view: SessionView, window: Window) -> Row | None:
        kind = self._variants.antbuddy_filter
        if kind == "session_start":
            inside = view.created_us is None or window.holds(view.created_us)
            return (view, None) if inside else None
        indexes = [
            index for index, us in enumerate(view.message_us) if us is None or window.holds(us)
        ]
        if not indexes:
            return None
        return (view, indexes if kind == "message_time_split" else None)

    def _sort(self, rows: list[Row], window: Window) -> None:
        order = self._variants.antbuddy_order
        rows.sort(key=lambda row: (row[0].created_us or 0, row[0].id))
        if order == "descending":
            rows.reverse()
        elif order == "last_message":
            rows.sort(key=lambda row: row[0].last_us, reverse=True)
        elif order == "shuffled":
            # A hash gives each row its own place, so insertions and deletions move no other row.
            rows.sort(key=lambda row: zlib.crc32(f"{window.from_us}/{row[0].id}".encode()))

    def _churn(
        self, key: tuple[Window, str | None], listing: Listing, served: int, now_us: int
    ) -> None:
        self.overlay.after_request(
            self._variants.antbuddy_churn,
            key,
            [view for view, _ in listing.rows],
            served,
            lambda: self._lives(key[0], now_us),
            now_us,
        )

    def _window(self, query: Mapping[str, str]) -> Window:
        variants = self._variants
        window = Window(
            self._time(query, "created_from"),
            self._time(query, "created_to"),
            variants.antbuddy_bounds,
        )
        longest = variants.antbuddy_longest_window_days
        if window.longer_than(longest):
            raise refusal(400, f"created_from and created_to are more than {longest} days apart")
        return window

    def _time(self, query: Mapping[str, str], name: str) -> int:
        text = query.get(name, "").strip()
        if not text:
            raise refusal(400, f"{name} is required")
        form = "iso"
        if text.lstrip("-").isdigit():
            form = "epoch_s" if is_epoch_seconds(int(text)) else "epoch_ms"
        wanted, _, otherwise = self._variants.antbuddy_times.partition("_else_")
        if wanted not in ("any", form):
            if otherwise:
                raise RefusedError(200, {"success": True, "data": {"sessions": [], "total": 0}})
            raise refusal(400, f"{name} is invalid")
        try:
            return parse_time(text)
        except (ValueError, OverflowError):
            raise refusal(400, f"{name} is invalid") from None

    def _limit(self, query: Mapping[str, str]) -> int:
        variants = self._variants
        limit = _whole_number(query, "limit", DEFAULT_LIMIT)
        if limit == 0:
            raise refusal(400, "limit is invalid")
        cap = variants.antbuddy_page_cap
        if variants.antbuddy_page_cap_refuses:
            cap = cap or _CAP_WHEN_REFUSING
            if limit > cap:
                raise refusal(400, f"limit must not be greater than {cap}")
        return limit if cap is None else min(limit, cap)


def _whole_number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit()):
        raise refusal(400, f"{name} is invalid")
    return int(text)

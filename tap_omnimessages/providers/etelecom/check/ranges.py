"""How eTelecom understands a window: its bounds, its length, and which time it means.

Codes such as E7 are explained in docs/api-notes.md.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tap_omnimessages.check.estimates import longest_accepted
from tap_omnimessages.check.findings import Answer, unknown
from tap_omnimessages.check.forms import fraction_digits
from tap_omnimessages.errors import NoRowsError, RefusedError
from tap_omnimessages.extract.windows import Window
from tap_omnimessages.providers.etelecom.request import format_bound, list_request, paging

if TYPE_CHECKING:
    from tap_omnimessages.providers.etelecom.check.look import EtelecomLook
    from tap_omnimessages.providers.etelecom.check.page import SeenNotification

_MICROSECOND = timedelta(microseconds=1)
_SECOND = timedelta(seconds=1)
_HOUR = timedelta(hours=1)
_ROOM = timedelta(seconds=5)
# Times are kept in microseconds (E7).
_FEWEST_DIGITS = 6
_NEVER = Window(datetime(2001, 1, 1, tzinfo=UTC), datetime(2001, 1, 1, 0, 1, tzinfo=UTC))


def rounding(look: EtelecomLook) -> Answer:
    """Answer whether bounds are cut to seconds or days (E7)."""
    row = _row_with_update(look)
    moment = row.time("updated_at") if row else None
    if row is None or moment is None:
        return unknown("no row has an update time")
    # Times may be printed in seconds and kept in microseconds: begin at the end of the second.
    begin = moment.replace(microsecond=0) + _SECOND - _MICROSECOND
    if not _shows(look, row, Window(begin, begin + _ROOM)):
        return Answer("none", "not cut", "a row just outside did not come")
    if _shows(look, row, Window(begin + _HOUR, begin + 2 * _HOUR)):
        return Answer("days", "cut to whole days, or ignored", "a row an hour outside came")
    return Answer("seconds", "cut to seconds or more", "a row less than a second outside came")


def bounds(look: EtelecomLook) -> Answer:
    """Answer whether the bounds belong to the window (E7)."""
    if look.meaning("rounding") != "none":
        return unknown("the bounds are cut")
    row = _row_with_update(look)
    moment = row.time("updated_at") if row else None
    if row is None or moment is None:
        return unknown("no row has an update time")
    ends = (
        _shows(look, row, Window(moment, moment + _ROOM)),
        _shows(look, row, Window(moment - _ROOM, moment)),
    )
    digits = fraction_digits(row.fields.get("updated_at") for row in look.rows) or 0
    # A time that is printed in seconds lies after the bound that it is compared with.
    if digits < _FEWEST_DIGITS and ends == (True, False):
        return unknown("times may be kept more exactly than they are printed")
    meaning, words = {
        (True, True): ("inclusive", "both belong to the window"),
        (False, False): ("exclusive", "neither belongs to the window"),
        (True, False): ("from_inclusive", "only date_from belongs to the window"),
        (False, True): ("to_inclusive", "only date_to belongs to the window"),
    }[ends]
    return Answer(meaning, words, "windows began and ended at a row's update")


def _row_with_update(look: EtelecomLook) -> SeenNotification | None:
    return next((row for row in look.sample.rows if row.time("updated_at") is not None), None)


def _shows(look: EtelecomLook, row: SeenNotification, window: Window) -> bool:
    return row.key in look.ask(window, look.page_size, is_exact=True).keys


def longest_window(look: EtelecomLook) -> Answer:
    """Answer how long a window may be (E9)."""
    end = look.home.end

    def accepts(days: int) -> bool:
        if timedelta(days=days) <= look.home.duration:
            return True
        window = Window(end - timedelta(days=days), end)
        try:
            return bool(look.ask(window, 1, is_exact=True).rows)
        except RefusedError:
            return False

    longest, refused = longest_accepted(accepts)
    if longest is None:
        return unknown("no window was accepted")
    if refused is not None and longest <= look.config["etelecom_window_days"]:
        # A request overlaps its neighbours, so it is some seconds longer than its window.
        look.suggest("etelecom_window_days", max(1, longest - 1), "longer windows are refused")
    meaning = {"accepted": longest, "refused": refused}
    if refused is None:
        return Answer(meaning, f"{longest} days or more")
    return Answer(meaning, f"{longest} days", f"{refused} days are refused, or show nothing")


def one_date(look: EtelecomLook) -> Answer:
    """Answer whether one date alone is allowed (E8)."""
    filters = {"date_from": format_bound(look.home.start), "time_type": "updated_time"}
    if look.prober.refuses(list_request(look.url, filters, paging(1))):
        return Answer("refused", "one date alone is refused")
    return Answer("allowed", "one date alone is allowed")


def default_time_type(look: EtelecomLook) -> Answer:
    """Answer which time a window means if the request does not say (E10)."""
    if look.small is None:
        return unknown("no window was found that shows all its rows on one page")
    window = look.small.window
    found = {
        name: set(look.ask(window, look.page_size, time_type=name).keys)
        for name in ("updated_time", "request_time", "")
    }
    shown = found.pop("")
    meanings = [name for name, keys in found.items() if keys == shown]
    if len(meanings) != 1:
        return unknown("both times show the same rows, or neither does")
    field = {"updated_time": "the last update", "request_time": "the request to send"}
    return Answer(meanings[0], field[meanings[0]], f"it showed the rows of {meanings[0]}")


def empty_page(look: EtelecomLook) -> Answer:
    """Answer how a window without notifications looks (E22)."""
    filters = {
        "date_from": format_bound(_NEVER.start),
        "date_to": format_bound(_NEVER.end),
        "time_type": "updated_time",
    }
    request = list_request(look.url, filters, paging(1))
    try:
        reply = look.prober.ask(request, accepts_no_rows=True)
    except NoRowsError as error:
        return Answer("status", "a response without a list", str(error))
    if reply.page.notifications:
        return Answer("ignored", "it shows rows: the bounds are ignored")
    if "messages" not in reply.body:
        return Answer("missing", "messages is missing")
    if reply.body["messages"] is None:
        return Answer("null", "messages is null")
    return Answer("list", "an empty list")

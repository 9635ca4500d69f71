"""What cursors and `limit` mean, how large a page is, and in which order rows come.

Codes such as E1 are explained in docs/api-notes.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_omnimessages.check.common import compare
from tap_omnimessages.check.estimates import format_count
from tap_omnimessages.check.findings import Answer, unknown
from tap_omnimessages.errors import RefusedError
from tap_omnimessages.providers.etelecom.cursors import CursorPaginator
from tap_omnimessages.providers.etelecom.pagination import narrow
from tap_omnimessages.providers.etelecom.server_traits import ServerTraits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_omnimessages.providers.etelecom.check.look import EtelecomLook
    from tap_omnimessages.providers.etelecom.check.page import SeenNotification, SeenPage

_TWO = 2
_FIVE = 5
_MOST_PAGES = 6
_LARGE = 1000
_FEWEST_TO_ORDER = 5
_REPEATS = 3

_ENDS = {
    "until_empty": "set until a page is empty",
    "empty_on_last": "empty on the last page",
    "null_on_last": "null on the last page",
    "missing_on_last": "missing on the last page",
    "repeating": "always the same, so it leads nowhere",
    "in_after": "empty: the cursor comes in after",
    "missing": "missing",
}


def next_cursor(look: EtelecomLook) -> Answer:
    """Answer what `paging.next` is, page by page through a small window (E1, E4)."""
    small = look.small
    if small is None or len(small) <= _TWO:
        return unknown("no window was found that shows all its rows on one page")
    paginator = CursorPaginator(_TWO, ServerTraits())
    pages: list[SeenPage] = []
    for _ in range(_MOST_PAGES):
        page = look.ask(small.window, _TWO, paginator.cursor or "")
        pages.append(page)
        paginator.add(page.reply.page)
        cursor = paginator.next_cursor() if page.rows else ""
        if not cursor:
            break
        if paginator.has_used(cursor):
            return Answer("repeating", _ENDS["repeating"], "two pages had the same")
        paginator.advance(cursor)
    filled = [page for page in pages if page.rows]
    if all("next" not in page.paging for page in pages):
        return Answer("missing", _ENDS["missing"], "no page has one")
    if [key for page in filled for key in page.keys] != small.keys:
        return unknown("the pages of a small window did not show its rows")
    last = filled[-1].paging
    if all(not page.paging.get("next") for page in filled):
        meaning = "in_after"
    elif last.get("next"):
        meaning = "until_empty"
    else:
        kinds = {None: "null_on_last" if "next" in last else "missing_on_last"}
        meaning = kinds.get(last.get("next"), "empty_on_last")
    count = format_count(len(small), "notifications")
    return Answer(meaning, _ENDS[meaning], f"{count} came in {len(filled)} pages of limit 2")


def cursor_kind(look: EtelecomLook) -> Answer:
    """Answer whether a cursor names a row or counts rows (E12)."""
    first = look.ask(look.home, _FIVE)
    paginator = CursorPaginator(_FIVE, ServerTraits())
    paginator.add(first.reply.page)
    cursor = paginator.next_cursor()
    if not cursor:
        return unknown("there is no cursor, or too few rows")
    second = look.ask(look.home, _FIVE, cursor)
    narrower = narrow(look.home, *(page.reply.page.times("updated_at") for page in (first, second)))
    if narrower is None:
        return unknown("the rows are not in the order of their updates")
    shown = look.ask(narrower, _FIVE, cursor).keys
    if not second.keys or set(first.keys) & set(second.keys):
        return unknown("the second page repeats the first")
    if shown[:_TWO] == second.keys[:_TWO]:
        return Answer("keyset", "names a row", "it leads to the same row in a shorter window")
    behind = look.sample.keys
    skipped = behind.index(shown[0]) if shown and shown[0] in behind else -1
    if skipped > _FIVE:
        return Answer("offset", "counts rows", "it skips rows in a shorter window")
    return unknown("rows changed between two requests")


def largest_page(look: EtelecomLook) -> Answer:
    """Answer how large a page may be (E2)."""
    refused = None
    try:
        page = look.ask(look.home, _LARGE)
    except RefusedError:
        refused = _LARGE
        page = look.sample
    look.large = page
    count = len(page)
    if refused is None and _refuses_more(look):
        refused = _LARGE + 1
    meaning: dict[str, Any] = {"rows": count, "cap": None, "refused": refused}
    also = f"; limit {refused:,} is refused" if refused else ""
    if count < page.limit and _holds_more(look, page):
        look.largest_page = count
        words = f"{format_count(count, 'notifications')}, whatever the limit{also}"
        return Answer({**meaning, "cap": count}, words, f"limit {page.limit:,} shows no more")
    all_shown = f": all that {look.home.duration.days} days hold" if count < page.limit else ""
    words = f"{format_count(count, 'notifications')}{all_shown}{also}"
    return Answer(meaning, words, "no maximum was seen")


def _refuses_more(look: EtelecomLook) -> bool:
    window = look.home if look.small is None else look.small.window
    try:
        look.ask(window, _LARGE + 1)
    except RefusedError:
        return True
    return False


def _holds_more(look: EtelecomLook, page: SeenPage) -> bool:
    """Return whether the window holds rows that a page, smaller than its limit, does not show."""
    known, times = set(page.keys), sorted(page.updates)
    middle = look.home.start + look.home.duration / 2
    if times and times[0] < times[-1]:
        middle = times[len(times) // 2]
    parts = look.home.cut(middle) if look.home.start < middle < look.home.end else ()
    return any(not known.issuperset(look.ask(part, look.page_size).keys) for part in parts)


def limit_echo(look: EtelecomLook) -> Answer:
    """Answer what `paging.limit` of a response is (E2)."""
    page = look.large
    if page is None:
        return unknown("no page was requested with a limit above its maximum")
    echo = page.paging.get("limit", "missing")
    cap = (look.meaning("page") or {}).get("cap")
    if echo in ("missing", 0):
        name, words = ("missing", "missing") if echo == "missing" else ("zero", "0")
        return Answer(name, words)
    if cap is not None and echo in (cap, page.limit):
        name = "applied" if echo == cap else "asked"
        told = {"applied": "the page size that is used", "asked": "the limit that was sent"}
        return Answer(name, told[name], f"for {page.limit:,} it was {echo:,}")
    return unknown("no page was cut, so both sizes are the same")


def order(look: EtelecomLook) -> Answer:
    """Answer in which order rows come (E5)."""
    rows = look.sample.rows
    by: dict[str, tuple[str, Callable[[SeenNotification], Any]]] = {
        "oldest": ("by their update, oldest first", lambda row: row.updated),
        "by_id": ("by id", lambda row: int(row.fields["id"])),
    }
    if len(rows) < _FEWEST_TO_ORDER or look.sample.updates != [row.updated for row in rows]:
        return unknown("there are too few rows, or rows without times")
    if _is_sorted([row.updated for row in rows][::-1]):
        return Answer("newest", "by their update, newest first")
    for name, (words, key) in by.items():
        try:
            if _is_sorted([key(row) for row in rows]):
                return Answer(name, words)
        except (KeyError, TypeError, ValueError):
            continue
    return Answer("none", "neither by their update nor by id")


def _is_sorted(values: Sequence[Any]) -> bool:
    return list(values) == sorted(values)


def sorting(look: EtelecomLook) -> Answer:
    """Answer whether rows can be sorted (E6)."""
    page = look.small or look.sample
    wanted = "-updated_at" if _is_sorted(page.updates) else "updated_at"
    try:
        shown = look.ask(page.window, look.page_size, sort=wanted)
    except RefusedError:
        return Answer("refused", "a sort is refused", f"for sort {wanted}")
    times = shown.updates if wanted == "updated_at" else shown.updates[::-1]
    if len(shown) < _TWO:
        return unknown("there are too few rows")
    if _is_sorted(times):
        return Answer("allowed", "a sort is followed", f"for sort {wanted}")
    return Answer("ignored", "a sort is ignored", f"for sort {wanted}")


def changes(look: EtelecomLook) -> Answer:
    """Answer whether rows come, go or change while they are read (E12, E28)."""
    pages = [(look.sample, look.ask(look.home, look.page_size))]
    if look.small is not None:
        pages += [
            (look.small, look.ask(look.small.window, look.page_size)) for _ in range(_REPEATS)
        ]
    return compare(
        [
            [dict(zip(page.keys, page.reply.page.notifications, strict=True)) for page in pair]
            for pair in pages
        ]
    )

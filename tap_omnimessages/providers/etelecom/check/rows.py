"""What eTelecom's rows look like, how late ratings come, and which fields are new.

Codes such as E11 are explained in docs/api-notes.md.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_omnimessages.check.estimates import format_count, format_duration, percentile
from tap_omnimessages.check.findings import Answer, unknown
from tap_omnimessages.check.forms import (
    field_forms,
    form_of,
    forms,
    fraction_digits,
    unknown_names,
)
from tap_omnimessages.extract.windows import Window
from tap_omnimessages.records.kinds import Kind

if TYPE_CHECKING:
    from tap_omnimessages.providers.etelecom.check.look import EtelecomLook

_SECOND = timedelta(seconds=1)
_HOUR = timedelta(hours=1)
_FEWEST = 3
# What the documents list; compared without regard to case.
_ENUMS = {
    "status": {"z", "p", "n"},
    "delivery_status": {"unknown", "received", "seen"},
    "type": {"unknown", "template", "journey", "uid"},
}
_WORD = re.compile(r"[A-Za-z_]{1,20}")
_MOST_WORDS = 8
_PAGING = {"after", "before", "limit", "next", "prev", "sort"}


def ratings(look: EtelecomLook) -> Answer:
    """Answer whether a rating moves the update time, and how late ratings come (E11)."""
    rated = [
        (row.time("submit_time"), row.time("updated_at"), row.time("sent_time"))
        for row in [*look.rated.rows, *look.rows]
    ]
    pairs = [(submit, update) for submit, update, _ in rated if submit and update]
    late = [submit - sent for submit, _, sent in rated if submit and sent and submit >= sent]
    if len(pairs) < _FEWEST:
        return unknown("fewer than 3 ratings were seen")
    moves = all(update >= submit - _SECOND for submit, update in pairs)
    meaning = {
        "moves_updated_at": moves,
        "ratings": len(pairs),
        "p95_hours": round(percentile(late, 0.95) / _HOUR, 1) if late else None,
        "max_hours": round(max(late) / _HOUR, 1) if late else None,
    }
    if not moves and not look.config["etelecom_sweep_ratings"]:
        look.suggest("etelecom_sweep_ratings", value=True, reason="ratings do not move updated_at")
    words = "move updated_at" if moves else "do not move updated_at: the rating sweep finds them"
    come = ""
    if late:
        come = (
            f"; 95 % come within {format_duration(percentile(late, 0.95))}, the latest after "
            f"{format_duration(max(late))}"
        )
    return Answer(meaning, words + come, f"in {format_count(len(pairs), 'ratings')}")


def deliveries(look: EtelecomLook) -> Answer:
    """Answer whether a delivery moves the update time (E11)."""
    pairs = [
        (delivered, update)
        for row in look.rows
        if (delivered := row.time("delivery_time")) and (update := row.time("updated_at"))
    ]
    if len(pairs) < _FEWEST:
        return unknown("fewer than 3 deliveries were seen")
    moves = all(update >= delivered - _SECOND for delivered, update in pairs)
    words = "moves updated_at" if moves else "does not move updated_at, so it may be seen late"
    return Answer(moves, words, f"in {format_count(len(pairs), 'deliveries')}")


def update_time(look: EtelecomLook) -> Answer:
    """Answer whether rows have an update time before their first change (E14)."""
    forms_seen = set(forms((row.fields for row in look.rows), "updated_at", is_time=True))
    for form, words in (("missing", "missing until"), ("null", "null until")):
        if form in forms_seen:
            return Answer(f"{form}_until_changed", f"{words} the first change")
    return unknown("all rows have one, and may have changed before")


def accounts(look: EtelecomLook) -> Answer:
    """Answer which Official Accounts a request covers (E23)."""
    found = {str(row.fields["oa_id"]) for row in look.rows if row.fields.get("oa_id")}
    if len(found) > 1:
        return Answer("all", f"{len(found)} of the shop")
    return unknown("one account was seen; there may be others")


def development(look: EtelecomLook) -> Answer:
    """Answer whether test notifications come (E27)."""
    if any(row.fields.get("is_development") is True for row in look.rows):
        return Answer("included", "come, too")
    only = look.ask(look.home, 1, filters={"is_development": True})
    moment = only.updates[0] if only.updates else None
    if moment is None or only.rows[0].fields.get("is_development") is not True:
        return unknown("no test notification was seen")
    page = look.ask(Window(moment, moment + _SECOND), look.page_size)
    if only.keys[0] in page.keys:
        return Answer("included", "come, too")
    return Answer("excluded", "come only if a request asks for them")


def field_values(look: EtelecomLook) -> Answer:
    """Answer in which forms the values of all known fields come (E7, E14, E15, E17, E18, E19)."""
    columns = [column for column in look.columns if not column.derived]
    times = [column.field for column in columns if column.kind is Kind.TIMESTAMP]
    rows = [row.fields for row in look.rows]
    meaning: dict[str, Any] = field_forms(rows, times, [column.field for column in columns])
    inner = [row["template_data"] for row in rows if isinstance(row.get("template_data"), dict)]
    meaning["template_data.*"] = sorted(
        {form_of(value) for each in inner for value in each.values()}
    )
    values = (row.get(name) for row in rows for name in times)
    meaning["fraction_digits"] = fraction_digits(values) or 0
    words = (
        f"created_at {' or '.join(meaning['created_at'])}, updated_at "
        f"{' or '.join(meaning['updated_at'])}, {meaning['fraction_digits']} digits of fraction; "
        f"id {' or '.join(meaning['id'])}; template_data {' or '.join(meaning['template_data'])}"
    )
    return Answer(meaning, words, f"in {format_count(len(rows), 'notifications')}")


def unknown_fields(look: EtelecomLook) -> Answer:
    """Answer which fields the tap does not know (E19)."""
    known = [column.field for column in look.columns if not column.derived]
    found = unknown_names((row.fields for row in look.rows), known)
    pages = [f"paging.{name}" for name in unknown_names([look.sample.paging], _PAGING)]
    if not found and not pages:
        return Answer([], "none")
    seen = "their values go to extra_fields" if found else ""
    return Answer([*found, *pages], ", ".join([*found, *pages]), seen)


def missing_fields(look: EtelecomLook) -> Answer:
    """Answer which known fields no row has (E19)."""
    known = [column.field for column in look.columns if not column.derived]
    found = [name for name in known if all(name not in row.fields for row in look.rows)]
    return Answer(found, ", ".join(found) or "none")


def enums(look: EtelecomLook) -> Answer:
    """Answer which values of documented lists the documents do not have (E16)."""
    found: dict[str, list[str]] = {}
    for name, known in _ENUMS.items():
        values = {str(row.fields[name]) for row in look.rows if row.fields.get(name)}
        new = {value for value in values if value.lower() not in known}
        # Many values, or other characters, are no list but data.
        are_words = len(values) <= _MOST_WORDS and all(map(_WORD.fullmatch, new))
        if new:
            found[name] = sorted(new) if are_words else ["…"]
    told = "; ".join(f"{name}: {', '.join(values)}" for name, values in found.items())
    return Answer(found, told or "none")

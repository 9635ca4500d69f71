"""When an AntBuddy window is doubted, as one ordered table.

docs/guarantees.md prints it. Codes such as A2 are explained in docs/api-notes.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_omnimessages.extract.completeness import Rule

if TYPE_CHECKING:
    from tap_omnimessages.providers.antbuddy.evidence import Evidence

# In order: the first rule that holds is the doubt. A scan without doubt is complete.
RULES: tuple[Rule[Evidence], ...] = (
    Rule(
        "A page lacks the row that it was asked to begin with.",
        lambda seen: seen.gap is not None,
        lambda seen: seen.gap,
    ),
    Rule(
        "The page behind a page with one session shows no known row.",
        lambda seen: seen.unlinked is not None,
        lambda seen: seen.unlinked,
    ),
    Rule(
        "The last page was refused or came twice.",
        lambda seen: seen.open_end is not None,
        lambda seen: seen.open_end,
    ),
    Rule(
        "Behind the last page, a request for the rest of the window shows a full page of new rows.",
        lambda seen: seen.hidden_beyond is not None,
        lambda seen: seen.hidden_beyond,
    ),
    Rule(
        "A part of a window has the `total` of the whole window.",
        lambda seen: seen.reaches_total and seen.has_total_of_whole,
        lambda seen: f"a part of the window has the total of the whole, {seen.total}",
    ),
    Rule(
        "The number of rows is round, fills its pages, or is the largest of another window.",
        lambda seen: seen.may_be_capped,
        lambda seen: f"{seen.sessions} sessions may be all that the API ever shows of a window",
    ),
    Rule(
        "A trusted `total` differs from the number of sessions seen.",
        lambda seen: seen.trusts_total and not seen.reaches_total,
        lambda seen: f"the API claims {seen.total} and shows {seen.sessions} sessions",
    ),
    Rule(
        "There are several pages, and `total` cannot be trusted.",
        lambda seen: not seen.trusts_total and seen.has_several_pages,
        lambda _: "the API does not tell how many sessions the window holds",
    ),
    Rule(
        "Nothing shows what `offset` counts.",
        lambda seen: seen.offset_is_unknown,
        lambda _: "no second page shows what offset counts",
    ),
)

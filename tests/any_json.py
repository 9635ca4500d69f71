"""Hypothesis strategies for rows of the two APIs with any JSON in any field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tap_omnimessages.providers.antbuddy.streams import AntBuddyMessages, AntBuddySessions
from tap_omnimessages.providers.etelecom.streams import EtelecomZnsMessages

if TYPE_CHECKING:
    from tap_omnimessages.records.columns import Column
    from tap_omnimessages.singer.stream import IncrementalStream


STREAM_TYPES: tuple[type[IncrementalStream], ...] = (
    AntBuddySessions,
    AntBuddyMessages,
    EtelecomZnsMessages,
)


# Without the three characters at which Python ends a line and targets do not.
_LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x85\u2028\u2029")
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(_LETTERS, max_size=12)
    | st.sampled_from(
        [
            "",
            "0",
            "1",
            "true",
            "False",
            "12",
            "-0",
            "1e3",
            "2026-03-01",
            "2026-03-01T00:00:00Z",
            "2026-03-01T00:00:00.123456789+07:00",
            "0001-01-01T00:00:00Z",
            "2026-W09",
            "9999-12-31T23:59:59-14:00",
            "1766462616946",
            1766462616,
            1766462616946,
            2**53 + 1,
            2**63,
            -(2**63),
            2**64,
            10**37,
            1.5,
            1e300,
            -0.0,
        ]
    )
)
VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(_LETTERS, max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def given_columns(stream: type[IncrementalStream]) -> list[Column]:
    return [column for column in stream.columns if not column.derived]


@st.composite
def stream_objects(draw: st.DrawFn) -> tuple[type[IncrementalStream], dict[str, Any]]:
    """Draw a stream and one of its rows, with any values and some unknown fields."""
    stream = draw(st.sampled_from(STREAM_TYPES))
    known = [column.field for column in given_columns(stream)]
    fields = st.sampled_from(known) | st.text(min_size=1, max_size=8)
    return stream, draw(st.dictionaries(fields, VALUES, max_size=8))

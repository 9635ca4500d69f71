"""What a check finds: answers, settings to change, and reasons why no load can start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

LookT_contra = TypeVar("LookT_contra", contravariant=True)

CANNOT_TELL = "cannot tell"


class Answer(NamedTuple):
    """An answer to a question about an API; it holds no key, number, text or id of the account.

    Attributes:
        meaning: What holds, as a JSON value for machines; None where nothing shows it.
        words: The same for people.
        seen: How it was seen; empty where the words say it.
    """

    meaning: Any
    words: str
    seen: str = ""


def unknown(seen: str) -> Answer:
    """Return the answer for what no request has shown; `seen` says why."""
    return Answer(None, CANNOT_TELL, seen)


@dataclass(frozen=True)
class Question(Generic[LookT_contra]):
    """A question about an API.

    Attributes:
        topic: Its name for machines.
        label: Its name for people, at most 18 characters.
        ask: Finds the answer; sends the requests that it needs.
        needs_rows: Whether it can only be asked where the API shows some row.
    """

    topic: str
    label: str
    ask: Callable[[LookT_contra], Answer]
    needs_rows: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """A setting to change.

    Attributes:
        value: The new value.
        reason: Why, as a short phrase.
    """

    value: Any
    reason: str


@dataclass
class Report:
    """What the check of one provider has found.

    Attributes:
        name: The provider's name.
        answers: The answers, by topic.
        labels: The names of the topics for people.
        reasons: Why no load can start, one sentence each.
        changes: The settings to change, by name.
        requests: How many requests it took.
    """

    name: str
    answers: dict[str, Answer] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    changes: dict[str, Change] = field(default_factory=dict)
    requests: int = 0

    @property
    def can_load(self) -> bool:
        """Whether a load can start with the settings as they are."""
        return not self.reasons

    def add(self, question: Question[Any], answer: Answer) -> None:
        """Add an answer."""
        self.answers[question.topic] = answer
        self.labels[question.topic] = question.label

"""Records that appear, disappear or change while a window is being paged."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from omnimessages_sandbox.world.dice import dice

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from omnimessages_sandbox.world.lives import Life


class View(Protocol):
    """A record at one moment."""

    @property
    def id(self) -> str:
        """The record's id."""


V = TypeVar("V", bound=View)


@dataclass(slots=True)
class Churned:
    """The ids of the records that churn has touched so far.

    Attributes:
        deleted: Records of the world that are no longer shown.
        inserted: Records that are shown but not in the world.
        changed: Records that are shown with other values than in the world.
    """

    deleted: set[str] = field(default_factory=set)
    inserted: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)


@dataclass(slots=True, frozen=True)
class Rule:
    """One part of a churn switch.

    Attributes:
        kind: `delete`, `insert` or `change`.
        every: The number of requests of a window between two changes.
        times: The largest number of changes; None for no limit.
    """

    kind: str
    every: int
    times: int | None


def parse_rules(text: str) -> list[Rule]:
    """Parse a churn switch such as `"delete:3,insert:5*2"`."""
    rules = []
    for part in filter(None, text.split(",")):
        kind, _, pace = part.partition(":")
        every, _, times = pace.partition("*")
        known = "change" if kind == "update" else kind
        rules.append(Rule(known, int(every), int(times) if times else None))
    return rules


class ChangedLife(Generic[V]):
    """A record that changes once more, at a given time.

    Attributes:
        id: The record's id.
        moments: The times at which its view changes, ascending, in microseconds since 1970.
    """

    def __init__(self, before: Life[V], us: int, change: Callable[[V], V]) -> None:
        """Create the record.

        Args:
            before: The record without the change.
            us: The time of the change, in microseconds since 1970.
            change: Returns a view with the change.
        """
        self.id = before.id
        moments = list(before.moments)
        insort(moments, us)
        self.moments: Sequence[int] = moments
        self._before, self._us, self._change = before, us, change

    def at(self, now_us: int) -> V | None:
        """Return the view at a time, or None while the record does not exist."""
        view = self._before.at(now_us)
        return view if view is None or now_us < self._us else self._change(view)


class Overlay(Generic[V]):
    """The records of a world after churn.

    Attributes:
        churned: The records that churn has touched so far.
        revision: The number of changes so far; cached lists of an earlier revision are outdated.
    """

    def __init__(
        self,
        insert: Callable[[V, random.Random], Life[V]],
        change: Callable[[int, random.Random], Callable[[V], V]],
    ) -> None:
        """Create an overlay without any churn yet.

        Args:
            insert: Returns a new record that sorts beside an existing one.
            change: Returns a change that happens at a time, in microseconds since 1970.
        """
        self._insert, self._change = insert, change
        self._inserted: list[Life[V]] = []
        self._replaced: dict[str, Life[V]] = {}
        self._requests: Counter[Hashable] = Counter()
        self._done: Counter[Rule] = Counter()
        self.churned = Churned()
        self.revision = 0

    def apply(self, lives: Iterable[Life[V]]) -> Iterator[Life[V]]:
        """Yield a world's records after the churn so far."""
        if not self.revision:
            yield from lives
            return
        for life in lives:
            if life.id not in self.churned.deleted:
                yield self._replaced.get(life.id, life)
        yield from (life for life in self._inserted if life.id not in self.churned.deleted)

    def after_request(
        self,
        rules: str,
        window: Hashable,
        views: Sequence[V],
        served: int,
        lives: Callable[[], Iterable[Life[V]]],
        now_us: int,
    ) -> None:
        """Make the changes that a churn switch wants after a request.

        Args:
            rules: The switch's value.
            window: The request without its page.
            views: The window's records in their order.
            served: The number of records on this page and the pages before it.
            lives: Returns the world's records of the window.
            now_us: The time in microseconds since 1970.
        """
        self._requests[window] += 1
        count = self._requests[window]
        for rule in parse_rules(rules):
            spent = rule.times is not None and self._done[rule] >= rule.times
            pool = views[: max(served, 1)] if rule.kind != "change" else views
            pool = [view for view in pool if view.id not in self.churned.deleted]
            if count % rule.every or spent or not pool:
                continue
            rng = dice(window, count, rule.kind)
            self._make_change(rule.kind, rng.choice(pool), rng, lives, now_us)
            self._done[rule] += 1
            self.revision += 1

    def _make_change(
        self,
        kind: str,
        view: V,
        rng: random.Random,
        lives: Callable[[], Iterable[Life[V]]],
        now_us: int,
    ) -> None:
        if kind == "delete":
            self.churned.deleted.add(view.id)
        elif kind == "insert":
            life = self._insert(view, rng)
            self._inserted.append(life)
            self.churned.inserted.add(life.id)
        else:
            life = next(life for life in self.apply(lives()) if life.id == view.id)
            changed = ChangedLife(life, now_us, self._change(now_us, rng))
            self.churned.changed.add(view.id)
            self._inserted = [changed if each is life else each for each in self._inserted]
            self._replaced[view.id] = changed

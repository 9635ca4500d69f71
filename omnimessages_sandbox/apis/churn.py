"""Records that appear, disappear and change while a window is being paged."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from omnimessages_sandbox.world.dice import dice

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from omnimessages_sandbox.world.lives import Life

V = TypeVar("V")


@dataclass(slots=True)
class Churned:
    """What has been done to an API's records so far, by id.

    Attributes:
        deleted: No longer shown.
        inserted: Shown although the world does not have them.
        changed: Shown otherwise than the world has them.
    """

    deleted: set[str] = field(default_factory=set)
    inserted: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)


@dataclass(slots=True, frozen=True)
class Rule:
    """What happens, after every how many requests of a window, how often at most."""

    kind: str
    every: int
    times: int | None


def parse_rules(text: str) -> list[Rule]:
    """Read a churn switch such as `"delete:3,insert:5*2"`."""
    rules = []
    for part in filter(None, text.split(",")):
        kind, _, pace = part.partition(":")
        every, _, times = pace.partition("*")
        named = "change" if kind == "update" else kind
        rules.append(Rule(named, int(every), int(times) if times else None))
    return rules


class Overlay(Generic[V]):
    """A world's records with the churn laid over them.

    Attributes:
        churned: What has been done so far.
        revision: Grows with every change, so that remembered lists are not used any more.
    """

    def __init__(
        self,
        insert: Callable[[V, random.Random], Life[V]],
        change: Callable[[Life[V], int, random.Random], Life[V]],
        identify: Callable[[V], str],
    ) -> None:
        """Take what differs between the two APIs.

        Args:
            insert: Makes a new record beside an existing one.
            change: Makes of a record one that changes at a time (microseconds since 1970).
            identify: Gives a view's id.
        """
        self._insert, self._change, self._identify = insert, change, identify
        self._inserted: list[Life[V]] = []
        self._replaced: dict[str, Life[V]] = {}
        self._requests: Counter[Hashable] = Counter()
        self._done: Counter[Rule] = Counter()
        self.churned = Churned()
        self.revision = 0

    def over(self, lives: Iterable[Life[V]]) -> Iterator[Life[V]]:
        """Give a world's records as they are after the churn so far."""
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
        """Let happen what the switch says happens after a request.

        Args:
            rules: The switch's text.
            window: What the request asked for, without the page.
            views: The window's records in their order.
            served: How many of them have been given out on this and earlier pages.
            lives: Gives the records again, with their lives.
            now_us: The time in microseconds since 1970.
        """
        self._requests[window] += 1
        count = self._requests[window]
        for rule in parse_rules(rules):
            spent = rule.times is not None and self._done[rule] >= rule.times
            pool = views[: max(served, 1)] if rule.kind != "change" else views
            pool = [view for view in pool if self._identify(view) not in self.churned.deleted]
            if count % rule.every or spent or not pool:
                continue
            rng = dice(window, count, rule.kind)
            self._apply(rule.kind, rng.choice(pool), rng, lives, now_us)
            self._done[rule] += 1
            self.revision += 1

    def _apply(
        self,
        kind: str,
        view: V,
        rng: random.Random,
        lives: Callable[[], Iterable[Life[V]]],
        now_us: int,
    ) -> None:
        chosen = self._identify(view)
        if kind == "delete":
            self.churned.deleted.add(chosen)
        elif kind == "insert":
            life = self._insert(view, rng)
            self._inserted.append(life)
            self.churned.inserted.add(life.id)
        else:
            life = next(life for life in self.over(lives()) if life.id == chosen)
            changed = self._change(life, now_us, rng)
            self.churned.changed.add(chosen)
            self._inserted = [changed if each is life else each for each in self._inserted]
            self._replaced[chosen] = changed

"""A condition followed over time: what it answers, when to look again, and why it answered so.

Look once at the start, whenever an event changed a figure that the condition `depends_on`, and at `next_look_at`.
Between these looks the answer stays what it was; a look at any other time does no harm. A look that comes late sees a
change late, and what counts from there begins late.
"""

from collections.abc import Iterator, Sequence
from math import inf
from typing import NamedTuple, Protocol

from routing.condition import All, Any, Condition, Facts, Held, Latched, Leaf, Not, Reading
from routing.condition import depends_on as figures_of
from routing.duration import in_words
from routing.figures import Figure


class _Outlook(NamedTuple):
    """An answer, the earliest moment at which it could be another if nothing happens, and the earliest at which what
    is remembered below it could be."""

    holds: bool
    changes_at: float
    look_at: float


class _Node(Protocol):
    """A part of the tree with what it remembers. `words` are those of the last look."""

    @property
    def below(self) -> tuple["_Node", ...]: ...

    def look(self, facts: Facts, now: float) -> _Outlook: ...

    def words(self, now: float) -> str: ...


class Watch:
    """One condition on one floor.

    `own` is the queue it stands at, which explanations need not name. `memory` is what an earlier watch of an equal
    condition knew: a switch that begins again goes on with it.
    """

    def __init__(self, condition: Condition, own: str = "", memory: Sequence[float | None] = ()) -> None:
        self.condition = condition
        self.depends_on: frozenset[tuple[str, Figure]] = figures_of(condition)
        self.next_look_at = -inf
        self.holds = False
        self._root = _follow(condition, own)
        self._now = -inf
        remembering = list(self._remembering())
        if memory and len(memory) != len(remembering):
            raise ValueError("the memory is that of another condition: begin without it")
        for node, since in zip(remembering, memory, strict=False):
            node.since = since

    def look(self, facts: Facts, now: float) -> bool:
        """The answer at `now`, which never goes back."""
        outlook = self._root.look(facts, now)
        self.holds, self.next_look_at = outlook.holds, min(outlook.changes_at, outlook.look_at)
        self._now = now
        return self.holds

    def explain(self) -> str:
        """One line of English with the figures of the last look."""
        return self._root.words(self._now) if self._now > -inf else "not looked at yet"

    @property
    def memory(self) -> tuple[float | None, ...]:
        """Since when each part that remembers has held; None: it does not."""
        return tuple(node.since for node in self._remembering())

    def _remembering(self) -> Iterator["_Held | _Latched"]:
        todo: list[_Node] = [self._root]
        while todo:
            node = todo.pop()
            if isinstance(node, _Held | _Latched):
                yield node
            todo.extend(reversed(node.below))


def _follow(condition: Condition, own: str) -> _Node:
    if isinstance(condition, All | Any):
        return _Joint([_follow(part, own) for part in condition.parts], isinstance(condition, Any))
    if isinstance(condition, Not):
        return _Not(_follow(condition.part, own))
    if isinstance(condition, Held):
        return _Held(_follow(condition.part, own), condition.for_s)
    if isinstance(condition, Latched):
        return _Latched(_follow(condition.when, own), _follow(condition.until, own))
    return _Leaf(condition, own)


class _Leaf:
    def __init__(self, leaf: Leaf, own: str) -> None:
        self.below: tuple[_Node, ...] = ()
        self._leaf, self._own = leaf, own
        self._reading = Reading(False, inf)

    def look(self, facts: Facts, now: float) -> _Outlook:
        self._reading = self._leaf.read(facts, now)
        return _Outlook(self._reading.holds, self._reading.changes_at, inf)

    def words(self, now: float) -> str:
        return self._leaf.words(self._reading, now, self._own)


class _Joint:
    """Several parts, joined by `all` or `any`. Every part is looked at each time: those that remember must see it.

    Where one part decides against the others (a false one in `all`), all that decide so must change before the answer
    can; where none does, one is enough.
    """

    def __init__(self, parts: Sequence[_Node], decides: bool) -> None:
        self.below = tuple(parts)
        self._decides = decides
        self._outlooks: list[_Outlook] = []

    def look(self, facts: Facts, now: float) -> _Outlook:
        outlooks = self._outlooks = [part.look(facts, now) for part in self.below]
        deciding = [one.changes_at for one in outlooks if one.holds is self._decides]
        look_at = min(one.look_at for one in outlooks)
        if deciding:
            return _Outlook(self._decides, max(deciding), look_at)
        return _Outlook(not self._decides, min(one.changes_at for one in outlooks), look_at)

    def words(self, now: float) -> str:
        """Where some parts decide, only those are named."""
        seen = list(zip(self.below, self._outlooks, strict=True))
        decide = [part for part, one in seen if one.holds is self._decides] or [part for part, _ in seen]
        return "; ".join(part.words(now) for part in decide)


class _Not:
    def __init__(self, part: _Node) -> None:
        self.below = (part,)

    def look(self, facts: Facts, now: float) -> _Outlook:
        outlook = self.below[0].look(facts, now)
        return outlook._replace(holds=not outlook.holds)

    def words(self, now: float) -> str:
        """The part's own words say how it is: nothing is to be turned round."""
        return self.below[0].words(now)


class _Held:
    """`since`: from when on the part has held; None: it does not."""

    def __init__(self, part: _Node, for_s: float) -> None:
        self.below = (part,)
        self.since: float | None = None
        self._for_s = for_s

    def look(self, facts: Facts, now: float) -> _Outlook:
        part = self.below[0].look(facts, now)
        look_at = min(part.look_at, part.changes_at)
        if not part.holds:
            self.since = None
            return _Outlook(False, part.changes_at + self._for_s, look_at)
        if self.since is None:
            self.since = now
        due = self.since + self._for_s
        return _Outlook(True, part.changes_at, look_at) if now >= due else _Outlook(False, due, look_at)

    def words(self, now: float) -> str:
        said = self.below[0].words(now)
        if self.since is None:
            return said
        lasted = in_words(now - self.since)
        done = now >= self.since + self._for_s
        said = f"({said})" if "; " in said else said
        return f"{said} for {lasted}" if done else f"{said} for {lasted} of {in_words(self._for_s)}"


class _Latched:
    """`since`: from when on it has been true; None: it is not."""

    def __init__(self, when: _Node, until: _Node) -> None:
        self.below = (when, until)
        self.since: float | None = None

    def look(self, facts: Facts, now: float) -> _Outlook:
        when, until = (part.look(facts, now) for part in self.below)
        if until.holds:
            self.since = None
        elif when.holds and self.since is None:
            self.since = now
        look_at = min(when.look_at, until.look_at)
        if self.since is not None:
            return _Outlook(True, until.changes_at, look_at)
        # What is not as it must be has to change first.
        hindering = [part.changes_at for part, wanted in ((when, True), (until, False)) if part.holds is not wanted]
        return _Outlook(False, max(hindering), look_at)

    def words(self, now: float) -> str:
        if self.since is None:
            return self.below[0].words(now)
        return f"on for {in_words(now - self.since)}: {self.below[0].words(now)}; until {self.below[1].words(now)}"

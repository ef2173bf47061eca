"""Conditions on live figures, as a tree of values: comparisons, times and calendars, joined by all, any and not.

Two joints remember: `Held` is true once its condition has held without a break for so long, and `Latched` stays true
from the moment its condition holds until another one does. A `Watch` evaluates a tree as time goes by.

A share of no calls takes the value at which nothing is wrong: a service level of 1, an abandon rate of 0. So a step
that waits for a better service level is not kept open by a queue that nobody calls.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import NamedTuple, Protocol

from routing.bounds import Bounds
from routing.duration import in_words
from routing.figures import WINDOWED, Figure, Figures, Ratio
from routing.local_time import TimeOfDay, Weekday


class Calendar(Protocol):
    """Opening hours and the windows within them."""

    def is_open(self, now: float) -> bool: ...

    def window(self, now: float) -> str | None:
        """The name of the window that holds; None if none does."""
        ...

    def next_change(self, now: float) -> float | None:
        """When either answer may next be another, after `now`; None or infinite: never."""
        ...


class Facts(Protocol):
    """What conditions are told of the floor. Nothing but an event or the passing of time changes an answer."""

    def figures(self, queue_id: str) -> Figures: ...

    def waiting(self, queue_id: str) -> int:
        """Callers in the queue, ringing ones included."""
        ...

    def first_waits_since(self, queue_id: str) -> float | None:
        """Since when the caller waits who has waited longest in the queue; None if none waits."""
        ...

    def ready(self, queue_ids: tuple[str, ...]) -> int:
        """Agents who could be rung now for a call of one of these queues, each counted once."""
        ...

    def staffed(self, queue_ids: tuple[str, ...]) -> int:
        """Agents who are logged in and able to take a call of one of these queues, each counted once."""
        ...

    def estimate_s(self, queue_id: str, now: float) -> float:
        """The estimated wait of a caller who would join the queue's end now; infinite if nobody is there to answer."""
        ...

    def calendar(self, name: str) -> Calendar: ...


class Reading(NamedTuple):
    """A leaf at one moment. `changes_at` is the earliest at which the answer could be another if nothing happens."""

    holds: bool
    changes_at: float
    value: float = 0.0
    of_calls: bool = True
    """False for a share of no calls."""


@dataclass(frozen=True, slots=True)
class Compare:
    """A figure of one queue, or of several together, is within bounds.

    Several are added; of waits and estimates the longest counts, shares are those of all their calls together.
    """

    figure: Figure
    queues: tuple[str, ...]
    bounds: Bounds
    over_s: float = 0.0
    """The window, for those in WINDOWED."""

    def read(self, facts: Facts, now: float) -> Reading:
        return _READ[self.figure](self, facts, now)

    def words(self, reading: Reading, now: float, own: str) -> str:
        """`own` is the queue that need not be named."""
        where = "" if self.queues == (own,) else "+".join(self.queues) + " "
        figure, value = f"{where}{self.figure}", _shown(self.figure, reading.value)
        over = f" over {in_words(self.over_s)}" if self.figure in WINDOWED else ""
        if not reading.of_calls:
            over = f" (no calls in {in_words(self.over_s)})"
        return f"{figure} {value}{'' if reading.holds else ' not'} {self.bounds}{over}"


@dataclass(frozen=True, slots=True)
class AtTime:
    """A time of day or a day of the week."""

    when: TimeOfDay | Weekday

    def read(self, _facts: Facts, now: float) -> Reading:
        return Reading(self.when.holds(now), self.when.next_change(now))

    def words(self, _reading: Reading, now: float, _own: str) -> str:
        return self.when.words(now)


@dataclass(frozen=True, slots=True)
class InCalendar:
    """The calendar is open, or its window of this name holds."""

    calendar: str
    window: str = ""

    def read(self, facts: Facts, now: float) -> Reading:
        calendar = facts.calendar(self.calendar)
        holds = calendar.window(now) == self.window if self.window else calendar.is_open(now)
        changes_at = calendar.next_change(now)
        return Reading(holds, inf if changes_at is None else changes_at)

    def words(self, reading: Reading, _now: float, _own: str) -> str:
        if self.window:
            return f"calendar {self.calendar} {'in' if reading.holds else 'not in'} {self.window}"
        return f"calendar {self.calendar} {'open' if reading.holds else 'closed'}"


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Any:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Condition"


@dataclass(frozen=True, slots=True)
class Held:
    """True while the condition holds and has done so without a break for `for_s`."""

    part: "Condition"
    for_s: float


@dataclass(frozen=True, slots=True)
class Latched:
    """Becomes true when `when` holds, stays so until `until` holds; while `until` holds it is false."""

    when: "Condition"
    until: "Condition"


Leaf = Compare | AtTime | InCalendar
Condition = Leaf | All | Any | Not | Held | Latched


def parts_of(condition: Condition) -> tuple[Condition, ...]:
    """The conditions that this one is made of; none for a leaf."""
    if isinstance(condition, All | Any):
        return condition.parts
    if isinstance(condition, Not | Held):
        return (condition.part,)
    return (condition.when, condition.until) if isinstance(condition, Latched) else ()


def leaves(condition: Condition) -> Iterator[Leaf]:
    if isinstance(condition, Compare | AtTime | InCalendar):
        yield condition
    for part in parts_of(condition):
        yield from leaves(part)


def depends_on(condition: Condition) -> frozenset[tuple[str, Figure]]:
    """The figures whose change by an event can change the answer, with their queues."""
    compared = [leaf for leaf in leaves(condition) if isinstance(leaf, Compare)]
    return frozenset((queue_id, leaf.figure) for leaf in compared for queue_id in leaf.queues)


# ---- how each figure is read ----


def _waiting(leaf: Compare, facts: Facts, _now: float) -> Reading:
    return _by_events(leaf, sum(facts.waiting(queue_id) for queue_id in leaf.queues))


def _ready(leaf: Compare, facts: Facts, _now: float) -> Reading:
    return _by_events(leaf, facts.ready(leaf.queues))


def _staffed(leaf: Compare, facts: Facts, _now: float) -> Reading:
    return _by_events(leaf, facts.staffed(leaf.queues))


def _estimate(leaf: Compare, facts: Facts, now: float) -> Reading:
    return _by_events(leaf, max(facts.estimate_s(queue_id, now) for queue_id in leaf.queues))


def _by_events(leaf: Compare, value: float) -> Reading:
    """Only an event changes it."""
    return Reading(value in leaf.bounds, inf, value)


def _longest_wait(leaf: Compare, facts: Facts, now: float) -> Reading:
    since = min((at for q in leaf.queues if (at := facts.first_waits_since(q)) is not None), default=None)
    if since is None:
        return _by_events(leaf, 0.0)
    begins, ends = leaf.bounds.while_growing_from(since)
    changes_at = begins if now < begins else ends if now < ends else inf
    return Reading(begins <= now < ends, changes_at, now - since)


def _service_level(leaf: Compare, facts: Facts, now: float) -> Reading:
    every = sum((facts.figures(q).service_level(leaf.over_s, now) for q in leaf.queues), Ratio())
    return _over_time(leaf, facts, now, 1.0 if every.value is None else every.value, every.whole > 0)


def _abandon_rate(leaf: Compare, facts: Facts, now: float) -> Reading:
    every = sum((facts.figures(q).abandon_rate(leaf.over_s, now) for q in leaf.queues), Ratio())
    return _over_time(leaf, facts, now, every.value or 0.0, every.whole > 0)


def _calls_per_hour(leaf: Compare, facts: Facts, now: float) -> Reading:
    return _over_time(leaf, facts, now, sum(facts.figures(q).calls_per_hour(leaf.over_s, now) for q in leaf.queues))


def _over_time(leaf: Compare, facts: Facts, now: float, value: float, of_calls: bool = True) -> Reading:
    changes_at = min(facts.figures(q).next_change(leaf.figure, leaf.over_s, now) for q in leaf.queues)
    return Reading(value in leaf.bounds, changes_at, value, of_calls)


_READ: Mapping[Figure, Callable[[Compare, Facts, float], Reading]] = {
    Figure.WAITING: _waiting,
    Figure.LONGEST_WAIT_S: _longest_wait,
    Figure.SERVICE_LEVEL: _service_level,
    Figure.ABANDON_RATE: _abandon_rate,
    Figure.CALLS_PER_HOUR: _calls_per_hour,
    Figure.ESTIMATE_S: _estimate,
    Figure.READY: _ready,
    Figure.STAFFED: _staffed,
}


def _shown(figure: Figure, value: float) -> str:
    if figure in (Figure.SERVICE_LEVEL, Figure.ABANDON_RATE):
        return f"{value:.2f}"
    return "without end" if value == inf else f"{value:.0f}"

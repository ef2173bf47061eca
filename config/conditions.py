"""Conditions on live figures, as they are written in YAML, and the values made of them.

A condition is a group of lines of which every one must hold:

    when:
      waiting: ">= 10"            # callers who wait, ringing ones included
      longest_wait_s: "> 60s"
      for: 5m                     # both, without a break, for so long
      until: {waiting: "< 5", for: 5m}

- Figures: waiting, ready, staffed, longest_wait_s, estimate_s, service_level, abandon_rate, calls_per_hour. The last
  three are those of the last minutes, `over: 15m` unless another time is given.
- Moments: time, weekday, calendar (it is open) and calendar with window (the window holds).
- `any: [...]` needs one of its conditions, `all: [...]` each, `not: {...}` is the opposite.
- `queue` names another queue than the one the condition stands at, `queues` several together; both, as `over`, count
  also for what is nested below.
- `for` is how long everything in the group must have held without a break. `until` gives the way out another
  condition than the way in: once true, the condition stays so until that holds.

There is one way to write a way out, and it is `until`, for it reads as it is said: when ten wait for five minutes,
until fewer than five wait for five minutes. It takes any condition, also on another figure.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any as Written
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from config.comparisons import Count, Days, Rate, Seconds, Share, Times
from config.durations import Duration
from config.schema import Identifier, Part
from routing.bounds import Bounds
from routing.condition import All, Any, AtTime, Compare, Condition, Held, InCalendar, Latched, Not
from routing.figures import WINDOWED, Figure
from routing.local_time import TimeOfDay, Weekday

OVER_S = 900.0
# Figures that are whole numbers: more than 9 waiting are 10 or more.
COUNTS = frozenset({Figure.WAITING, Figure.READY, Figure.STAFFED})


class ConditionPart(Part):
    """Everything that is written here must hold."""

    waiting: Count | None = None
    """Callers in the queue, ringing ones included, such as ">= 10"."""
    longest_wait_s: Seconds | None = None
    """How long the first in line has waited, such as "> 60s"."""
    service_level: Share | None = None
    """Of the last minutes (`over`), such as "< 80 %"."""
    abandon_rate: Share | None = None
    """Of the calls that came in the last minutes (`over`), such as "> 10 %"."""
    calls_per_hour: Rate | None = None
    """Calls that came in the last minutes (`over`), for an hour."""
    estimate_s: Seconds | None = None
    """The estimated wait of the next caller, such as "> 5m"."""
    ready: Count | None = None
    """Agents who could be rung now."""
    staffed: Count | None = None
    """Agents who are logged in and can take the queue's calls."""
    time: Times | None = None
    """The time of day, such as "08:00-20:00"."""
    weekday: Days | None = None
    """Days such as mon-fri or [sat, sun]."""
    calendar: Identifier | None = None
    """The calendar is open; with `window`: its window of that name holds."""
    window: Identifier | None = None
    all: list["ConditionPart"] | None = Field(None, min_length=1)
    """Each of these holds."""
    any: list["ConditionPart"] | None = Field(None, min_length=1)
    """One of these holds, or more."""
    not_: "ConditionPart | None" = Field(None, alias="not")
    """This does not hold."""
    queue: Identifier | None = None
    """The queue whose figures are meant; empty: the one that the condition stands at."""
    queues: list[Identifier] | None = Field(None, min_length=1)
    """Several queues together: figures are added, of waits and estimates the longest counts."""
    over: Duration | None = None
    """The minutes that service_level, abandon_rate and calls_per_hour look back on; empty: 15m."""
    for_s: Duration | None = Field(None, alias="for")
    """How long all this must have held without a break, such as 5m."""
    until: "ConditionPart | None" = None
    """Once true, the condition stays true until this holds."""

    @field_validator("*", mode="before")
    @classmethod
    def _written(cls, value: Written) -> Written:
        if value is None:
            raise PydanticCustomError("empty", "nothing is written after the colon")
        return value

    def compared(self) -> Iterator[tuple[Figure, Bounds]]:
        """The figures that are written here, with their bounds as they are written."""
        for figure in Figure:
            bounds = getattr(self, figure.value)
            if bounds is not None:
                yield figure, bounds


@dataclass(frozen=True, slots=True)
class Scope:
    """What a condition's figures are read of, unless it says otherwise."""

    queues: tuple[str, ...] = ()
    over_s: float = OVER_S

    def within(self, part: ConditionPart) -> "Scope":
        """The scope of what stands in `part`. Queues have an order, so that the same ones are the same value."""
        queues: Collection[str] = part.queues or ([part.queue] if part.queue else self.queues)
        return replace(self, queues=tuple(sorted(set(queues))), over_s=part.over or self.over_s)


def condition(part: ConditionPart, zone: ZoneInfo, own: str = "") -> Condition:
    """The value of a part that has no problems. `own` is the queue that it stands at, if it does at one; times are
    those of clocks in `zone`."""
    return _value(part, zone, Scope((own,) if own else ()))


def _value(part: ConditionPart, zone: ZoneInfo, outer: Scope) -> Condition:
    scope = outer.within(part)
    parts = [*_leaves(part, zone, scope)]
    parts += [_value(each, zone, scope) for each in part.all or ()]
    if part.any is not None:
        one = tuple(_value(each, zone, scope) for each in part.any)
        parts.append(Any(one) if len(one) > 1 else one[0])
    if part.not_ is not None:
        parts.append(Not(_value(part.not_, zone, scope)))
    value = All(tuple(parts)) if len(parts) > 1 else parts[0]
    if part.for_s is not None:
        value = Held(value, part.for_s)
    return value if part.until is None else Latched(value, _value(part.until, zone, scope))


def _leaves(part: ConditionPart, zone: ZoneInfo, scope: Scope) -> Iterator[Condition]:
    for figure, bounds in part.compared():
        meant = bounds.whole() if figure in COUNTS else bounds
        yield Compare(figure, scope.queues, meant, scope.over_s if figure in WINDOWED else 0.0)
    if part.time is not None:
        yield AtTime(TimeOfDay(*part.time, zone))
    if part.weekday is not None:
        yield AtTime(Weekday(part.weekday, zone))
    if part.calendar is not None:
        yield InCalendar(part.calendar, part.window or "")

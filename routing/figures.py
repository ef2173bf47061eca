"""A queue's live figures over the last minutes: service level, abandon rate, ASA, calls per hour.

They follow from what happens in the queue and from the time, and are exact at every moment:

- A window of `over_s` at `now` holds what happened after `now - over_s`. What happened at t leaves it at t + over_s.
- **Service level** with its threshold T. A call counts once: at its answer or its end by the caller, if that comes
  within T, or else at the first moment after T, though it waits on. So the figure falls while callers wait, not only
  once they are answered. A call that flowed out within T does not count.
  With A_T answered and B_T abandoned within T, and N all that counted:
  default A_T / N; abandons ignored A_T / (N - B_T); abandons good (A_T + B_T) / N.
- **Abandon rate**: (B - Bs) / (O - Bs) of the calls that entered within the window: O entered, B of them abandoned, Bs
  of them within `short_abandon_s`. All are counted by when the call entered, so that the rate stays between 0 and 1.
- **ASA**: the wait of the calls answered within the window, on average. A wait runs until the agent's answer.
- **Calls per hour**: the calls that entered within the window, for an hour. Low until the first window has passed.

Every event costs the same for each window that is asked for, however many calls there are, amortised. Only a call that
began to wait before others that are in the queue already costs a step for each of those younger than T.
"""

from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf, nextafter

# Of so long everything is kept: a window that is asked for later begins full.
KEPT_S = 3600.0


class Figure(StrEnum):
    """What can be read of a queue, by the names that the site's files use."""

    WAITING = "waiting"
    LONGEST_WAIT_S = "longest_wait_s"
    SERVICE_LEVEL = "service_level"
    ABANDON_RATE = "abandon_rate"
    CALLS_PER_HOUR = "calls_per_hour"
    ESTIMATE_S = "estimate_s"
    READY = "ready"
    STAFFED = "staffed"


# Those that are read over the last minutes.
WINDOWED = frozenset({Figure.SERVICE_LEVEL, Figure.ABANDON_RATE, Figure.CALLS_PER_HOUR})

# What an event of a queue changes at once, or in its course over time.
_LINE = frozenset({Figure.WAITING, Figure.LONGEST_WAIT_S, Figure.SERVICE_LEVEL, Figure.ESTIMATE_S})
CHANGED_BY: Mapping[str, frozenset[Figure]] = {
    "entered": _LINE | {Figure.ABANDON_RATE, Figure.CALLS_PER_HOUR},
    "answered": _LINE,
    "abandoned": _LINE | {Figure.ABANDON_RATE},
    "flowed_out": _LINE,
    "handled": frozenset({Figure.ESTIMATE_S}),
    "agents": frozenset({Figure.READY, Figure.STAFFED, Figure.ESTIMATE_S}),
}


class Formula(StrEnum):
    """How the service level treats callers who gave up within the threshold."""

    ABANDONS_COUNT = "abandons_count"
    ABANDONS_IGNORED = "abandons_ignored"
    ABANDONS_GOOD = "abandons_good"


class Counted(StrEnum):
    """How a call counted for the service level."""

    ANSWERED_IN_TIME = "answered_in_time"
    ABANDONED_IN_TIME = "abandoned_in_time"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Ratio:
    """`part` of `whole` calls. Those of several queues are added."""

    part: int = 0
    whole: int = 0

    @property
    def value(self) -> float | None:
        """None if there was no call."""
        return self.part / self.whole if self.whole > 0 else None

    def __add__(self, other: "Ratio") -> "Ratio":
        return Ratio(self.part + other.part, self.whole + other.whole)


@dataclass(slots=True)
class _Visit:
    """A call in the queue. `lost` says that it was abandoned, `short` that this came within `short_abandon_s`."""

    entered_at: float
    waits_since: float
    lost: bool = False
    short: bool = False


class _Window:
    """What happened in the last `over_s`, counted. Events come in the order of their times."""

    __slots__ = ("_answers", "_counted", "_visits", "counts", "entered", "lost", "over_s", "short", "wait_s")

    def __init__(self, over_s: float) -> None:
        self.over_s = over_s
        self._visits: deque[_Visit] = deque()
        self._counted: deque[tuple[float, Counted]] = deque()
        self._answers: deque[tuple[float, float]] = deque()
        self.counts = dict.fromkeys(Counted, 0)
        self.entered = self.lost = self.short = 0
        self.wait_s = 0.0

    def fill_from(self, other: "_Window") -> None:
        """Begin with all that the other window holds."""
        for visit in other._visits:
            self.enter(visit)
            self._lose(visit, 1)
        for at, kind in other._counted:
            self.count(at, kind)
        for at, wait_s in other._answers:
            self.answer(at, wait_s)

    def enter(self, visit: _Visit) -> None:
        self._visits.append(visit)
        self.entered += 1

    def lose(self, visit: _Visit, now: float) -> None:
        """The call was abandoned. It matters as long as its entry is in the window."""
        if visit.entered_at + self.over_s > now:
            self._lose(visit, 1)

    def _lose(self, visit: _Visit, by: int) -> None:
        self.lost += by * visit.lost
        self.short += by * visit.short

    def count(self, at: float, kind: Counted) -> None:
        self._counted.append((at, kind))
        self.counts[kind] += 1

    def answer(self, at: float, wait_s: float) -> None:
        self._answers.append((at, wait_s))
        self.wait_s += wait_s

    @property
    def answered(self) -> int:
        return len(self._answers)

    def expire(self, now: float) -> None:
        over_s = self.over_s
        while self._visits and self._visits[0].entered_at + over_s <= now:
            visit = self._visits.popleft()
            self.entered -= 1
            self._lose(visit, -1)
        while self._counted and self._counted[0][0] + over_s <= now:
            self.counts[self._counted.popleft()[1]] -= 1
        while self._answers and self._answers[0][0] + over_s <= now:
            self.wait_s -= self._answers.popleft()[1]
        if not self._answers:
            self.wait_s = 0.0  # what rounding left over goes with the last answer

    def next_expiry(self, figure: Figure) -> float:
        """When something that `figure` counts leaves the window; infinite if nothing will."""
        if figure is Figure.SERVICE_LEVEL:
            return self._counted[0][0] + self.over_s if self._counted else inf
        return self._visits[0].entered_at + self.over_s if self._visits else inf


class Figures:
    """The figures of one queue. `now` never goes back; an open call has an id of its own.

    Raises KeyError for a call that is not in the queue, ValueError for one that enters twice.
    """

    def __init__(
        self, threshold_s: float = 20.0, short_abandon_s: float = 5.0, formula: Formula = Formula.ABANDONS_COUNT
    ) -> None:
        self.threshold_s = threshold_s
        self.short_abandon_s = short_abandon_s
        self.formula = formula
        self._now = -inf
        self._open: dict[str, _Visit] = {}
        # Those that have not counted for the service level yet, in the order in which they reach the threshold.
        self._uncounted: OrderedDict[str, _Visit] = OrderedDict()
        self._windows: dict[float, _Window] = {KEPT_S: _Window(KEPT_S)}

    # ---- what happens ----

    def entered(self, call_id: str, now: float, waits_since: float | None = None) -> None:
        """A call enters; `waits_since` is when the wait that counts began, if it was before (None: now)."""
        if call_id in self._open:
            raise ValueError(f"{call_id} is in the queue already: say how it left before it enters again")
        self._advance(now)
        visit = self._open[call_id] = _Visit(now, now if waits_since is None else waits_since)
        for window in self._windows.values():
            window.enter(visit)
        self._put_in_order(call_id, visit)
        self._advance(now)

    def answered(self, call_id: str, now: float) -> None:
        visit = self._leave(call_id, Counted.ANSWERED_IN_TIME, now)
        for window in self._windows.values():
            window.answer(now, now - visit.waits_since)

    def abandoned(self, call_id: str, now: float) -> None:
        """The caller hung up while waiting or ringing."""
        visit = self._leave(call_id, Counted.ABANDONED_IN_TIME, now)
        visit.lost = True
        visit.short = now <= visit.waits_since + self.short_abandon_s
        for window in self._windows.values():
            window.lose(visit, now)

    def flowed_out(self, call_id: str, now: float) -> None:
        """The call left for another treatment."""
        self._leave(call_id, None, now)

    def set_bounds(self, threshold_s: float, short_abandon_s: float, formula: Formula, now: float) -> None:
        """The site's file has changed. What has counted stays; calls past the new threshold count now."""
        self._advance(now)
        self.threshold_s, self.short_abandon_s, self.formula = threshold_s, short_abandon_s, formula
        self._advance(now)

    # ---- what can be read ----

    def service_level(self, over_s: float, now: float, formula: Formula | None = None) -> Ratio:
        """Calls that were served well, of those that count; by the queue's formula unless another is given."""
        counts = self._window(over_s, now).counts
        served, given_up = counts[Counted.ANSWERED_IN_TIME], counts[Counted.ABANDONED_IN_TIME]
        every = served + given_up + counts[Counted.LATE]
        formula = formula or self.formula
        if formula is Formula.ABANDONS_IGNORED:
            return Ratio(served, every - given_up)
        if formula is Formula.ABANDONS_GOOD:
            return Ratio(served + given_up, every)
        return Ratio(served, every)

    def abandon_rate(self, over_s: float, now: float) -> Ratio:
        window = self._window(over_s, now)
        return Ratio(window.lost - window.short, window.entered - window.short)

    def asa_s(self, over_s: float, now: float) -> float | None:
        """None if no call was answered."""
        window = self._window(over_s, now)
        return window.wait_s / window.answered if window.answered else None

    def calls_per_hour(self, over_s: float, now: float) -> float:
        return self._window(over_s, now).entered * 3600.0 / over_s

    def next_change(self, figure: Figure, over_s: float, now: float) -> float:
        """When `figure`, one of WINDOWED, next changes if nothing happens; infinite if it stays. Always after `now`."""
        at = self._window(over_s, now).next_expiry(figure)
        if figure is Figure.SERVICE_LEVEL and self._uncounted:
            at = min(at, self._late_at(next(iter(self._uncounted.values()))))
        return at

    # ---- within ----

    def _advance(self, now: float) -> None:
        before, self._now = self._now, now
        while self._uncounted:
            call_id, visit = next(iter(self._uncounted.items()))
            at = self._late_at(visit)
            if at > now:
                break
            del self._uncounted[call_id]
            # One that came with a long wait, or finds the threshold lowered, counts when that is known.
            self._count(at if at > before else now, Counted.LATE)
        for window in self._windows.values():
            window.expire(now)

    def _late_at(self, visit: _Visit) -> float:
        """The first moment at which the call has waited for longer than the threshold."""
        return nextafter(visit.waits_since + self.threshold_s, inf)

    def _leave(self, call_id: str, counts_as: Counted | None, now: float) -> _Visit:
        if call_id not in self._open:
            raise KeyError(f"{call_id} is not in the queue: it never entered, or has left before")
        self._advance(now)
        visit = self._open.pop(call_id)
        if self._uncounted.pop(call_id, None) is not None and counts_as is not None:
            self._count(now, counts_as)
        return visit

    def _count(self, at: float, kind: Counted) -> None:
        for window in self._windows.values():
            window.count(at, kind)

    def _put_in_order(self, call_id: str, visit: _Visit) -> None:
        later = []
        for other_id, other in reversed(self._uncounted.items()):
            if other.waits_since <= visit.waits_since:
                break
            later.append(other_id)
        self._uncounted[call_id] = visit
        for other_id in reversed(later):
            self._uncounted.move_to_end(other_id)

    def _window(self, over_s: float, now: float) -> _Window:
        """A window not asked for before is made from the longest that there is."""
        window = self._windows.get(over_s)
        if window is None:
            window = _Window(over_s)
            window.fill_from(self._windows[max(self._windows)])
            self._windows[over_s] = window
        self._advance(now)
        return window

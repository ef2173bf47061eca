"""A queue of equal agents, some of them lent by a surge ladder, under a load that rises and falls: a tiny model of a
floor, to judge a ladder's numbers by.

Calls come at random (Poisson) and are answered in order by whoever has been idle the longest; talk and patience are
exponential. Everything follows from the seed, and calls, talks and patience are the same with and without the ladder.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import NamedTuple

from routing.ladder import Donor, Ladder, LadderStep, Lending, SurgePlan
from routing.surge_words import AgentReturned, ConditionChanged, GiveBack, Lend, StepClosed, StepOpened, SurgeEvent
from routing.surges import Surges
from tests.routing.ladder_floor import floor_of

AGENTS, AHT_S, PATIENCE_S = 45, 120.0, 180.0
ORDINARY_PER_H, PEAK_PER_H = 1000.0, 1500.0
# Seconds from the beginning of the peak.
BEGINS, PEAK_S, ENDS = -1800.0, 2400.0, 4800.0
SEATS = (1, 3, 3, 3)
THRESHOLD_S = 20.0


class Now(NamedTuple):
    """What a condition may look at."""

    at: float
    waiting: int
    ready: int


Condition = Callable[[Now], bool]


@dataclass(slots=True)
class Held:
    """True once the condition has held without a break for `for_s`."""

    part: Condition
    for_s: float
    since: float | None = None

    def __call__(self, now: Now) -> bool:
        if not self.part(now):
            self.since = None
        elif self.since is None:
            self.since = now.at
        return self.since is not None and now.at >= self.since + self.for_s


@dataclass(slots=True)
class Latched:
    """True from the moment that `when` holds until `until` does."""

    when: Condition
    until: Condition
    on: bool = False

    def __call__(self, now: Now) -> bool:
        when, until = self.when(now), self.until(now)
        self.on = not until and (self.on or when)
        return self.on


class Call(NamedTuple):
    number: int
    arrives_at: float
    talk_s: float
    patience_s: float


def calls(seed: int) -> Iterator[Call]:
    random, at, number = Random(seed), BEGINS, 0
    while at < ENDS:
        # The exponential has no memory: at an edge of the load it is drawn anew.
        edge = next(edge for edge in (0.0, PEAK_S, ENDS) if at < edge)
        came = at + random.expovariate((PEAK_PER_H if edge == PEAK_S else ORDINARY_PER_H) / 3600.0)
        if came >= edge:
            at = edge
            continue
        at, number = came, number + 1
        yield Call(number, at, random.expovariate(1 / AHT_S), random.expovariate(1 / PATIENCE_S))


@dataclass(slots=True)
class Day:
    """`steps` are the level after each change with its time; `home_at` is when first nobody was lent or on the way back
    after the peak."""

    waits: list[tuple[float, float, bool]] = field(default_factory=list)
    steps: list[tuple[float, int]] = field(default_factory=list)
    home_at: float | None = None

    @property
    def service_level(self) -> float:
        """Of the calls that came in the peak's last ten minutes."""
        mine = [(wait, answered) for at, wait, answered in self.waits if PEAK_S - 600.0 <= at < PEAK_S]
        return sum(answered and wait <= THRESHOLD_S for wait, answered in mine) / len(mine)


class Peak:
    """One day. `ladder`: the way in and the way out, `opens` and `closes`; None: nobody is lent. An agent's phone rings
    for `ring_s` before the answer; who is rung for still waits."""

    def __init__(
        self, seed: int, ladder: tuple[Condition, Condition] | None, ring_s: float = 0.0, settle_s: float = 240.0,
        settle_closed_s: float = 90.0,
    ) -> None:  # fmt: skip
        self.day = Day()
        self._ring_s, self._ringing = ring_s, 0
        self._conditions = dict(zip(("opens", "closes"), ladder or (), strict=False))
        self._truth = dict.fromkeys(self._conditions, False)
        self._surges = _surges(settle_s, settle_closed_s)
        self._events: list[tuple[float, int, str, str]] = []
        self._calls = {call.number: call for call in calls(seed)}
        self._waiting: OrderedDict[int, Call] = OrderedDict()
        self._idle = deque(f"1{number:03}" for number in range(AGENTS))
        self._leaving: set[str] = set()
        for call in self._calls.values():
            heappush(self._events, (call.arrives_at, call.number, "came", ""))

    def run(self) -> Day:
        for name, holds in self._truth.items():
            self._tell(BEGINS, ConditionChanged(name, holds))
        while self._events:
            at, number, what, agent_id = heappop(self._events)
            if what == "came":
                call = self._calls[number]
                self._waiting[number] = call
                heappush(self._events, (at + call.patience_s, number, "gave up", ""))
            elif what == "gave up":
                if self._waiting.pop(number, None) is not None:
                    self.day.waits.append((self._calls[number].arrives_at, self._calls[number].patience_s, False))
            elif what == "answered":
                self._ringing -= 1
            elif agent_id in self._leaving:
                self._goes_home(at, agent_id)
            else:
                self._idle.append(agent_id)
            self._answer(at)
            self._look(at)
            if at >= PEAK_S and self.day.home_at is None and not self._surges.memory().loans:
                self.day.home_at = at
        return self.day

    def _answer(self, at: float) -> None:
        while self._waiting and self._idle:
            number, call = self._waiting.popitem(last=False)
            answered_at = at + self._ring_s
            self._ringing += 1
            self.day.waits.append((call.arrives_at, answered_at - call.arrives_at, True))
            heappush(self._events, (answered_at, number, "answered", ""))
            heappush(self._events, (answered_at + call.talk_s, number, "ended", self._idle.popleft()))

    def _look(self, at: float) -> None:
        now = Now(at, len(self._waiting) + self._ringing, len(self._idle))
        for name, condition in self._conditions.items():
            holds = condition(now)
            if holds is not self._truth[name]:
                self._truth[name] = holds
                self._tell(at, ConditionChanged(name, holds))
        if (due := self._surges.next_deadline()) is not None and due <= at:
            self._tell(at, None)

    def _tell(self, at: float, event: SurgeEvent | None) -> None:
        decisions = self._surges.advance(at) if event is None else self._surges.handle(event, at)
        for one in decisions:
            if isinstance(one, StepOpened | StepClosed):
                self.day.steps.append((at, one.level))
            elif isinstance(one, Lend):
                self._idle.append(one.agent_id)
            elif isinstance(one, GiveBack):
                self._leaving.add(one.agent_id)
        while free := next((agent_id for agent_id in self._idle if agent_id in self._leaving), None):
            self._idle.remove(free)
            self._goes_home(at, free)
        self._answer(at)

    def _goes_home(self, at: float, agent_id: str) -> None:
        self._leaving.discard(agent_id)
        self._tell(at, AgentReturned(agent_id))


def _surges(settle_s: float, settle_closed_s: float) -> Surges:
    groups = {f"g{n}": [f"{n}{m}" for m in range(seats)] for n, seats in enumerate(SEATS, start=2)}
    steps = tuple(
        LadderStep(group_id, seats_min=len(people), seats_max=len(people), lend=Lending(group_id))
        for group_id, people in groups.items()
    )
    plan = SurgePlan(
        "peak", ("all",), "inbound", (Ladder("day", "opens", "closes", steps),), settle_s=settle_s,
        settle_closed_s=settle_closed_s,
    )  # fmt: skip
    return Surges([plan], [Donor(group_id) for group_id in groups], floor_of(groups))


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)

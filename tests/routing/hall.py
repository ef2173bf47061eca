"""A hall of agents and callers by chance, from a seed: what an estimate is judged by.

Calls come as a Poisson process, talks are exponential, callers give up after an exponential patience or never. An agent
who becomes free takes the call with the highest weight x wait of the queues that they serve; a call that comes takes
the first free agent who serves it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import inf
from random import Random

from routing.estimate import Announced, Estimate, EstimateSettings, WaitRange, agents_share


@dataclass(frozen=True, slots=True)
class Stream:
    """The calls of one queue. `patience_s` is infinite where nobody gives up."""

    calls_per_hour: float
    aht_s: float
    weight: float = 1.0
    patience_s: float = inf
    aht_start_s: float = 0.0
    """What the estimate is told to begin with; 0: the truth."""


@dataclass(frozen=True, slots=True)
class Waited:
    """A caller who found no free agent and was answered: what was estimated and announced, and the wait."""

    predicted_s: float
    actual_s: float
    announced: WaitRange | None
    trusted: bool


@dataclass(slots=True)
class Hall:
    """`agents` are counted by the queues they serve; the estimates are told of `believed` times as many."""

    streams: Mapping[str, Stream]
    agents: Sequence[tuple[tuple[str, ...], int]]
    seed: int
    believed: float = 1.0
    estimates: dict[str, Estimate] = field(default_factory=dict)
    waited: dict[str, list[Waited]] = field(default_factory=dict)
    now: float = 0.0
    _events: list[tuple[float, int, str, str, str]] = field(default_factory=list)
    _lines: dict[str, dict[str, tuple[float, float, WaitRange | None, bool]]] = field(default_factory=dict)
    _free: list[int] = field(default_factory=list)
    _random: Random = field(default_factory=Random)
    _number: int = 0

    def __post_init__(self) -> None:
        self._random = Random(self.seed)
        self._free = [number for _, number in self.agents]
        for queue_id, stream in self.streams.items():
            self.estimates[queue_id] = Estimate(EstimateSettings(aht_start_s=stream.aht_start_s or stream.aht_s))
            self._lines[queue_id], self.waited[queue_id] = {}, []
            self._plan(self._random.expovariate(stream.calls_per_hour / 3600), "comes", queue_id)

    def run(self, hours: float) -> None:
        """On for so many hours."""
        end = self.now + hours * 3600
        while self._events[0][0] <= end:
            self.now, _, what, queue_id, subject = heappop(self._events)
            getattr(self, f"_{what}")(queue_id, subject)
        self.now = end

    def _plan(self, after_s: float, what: str, queue_id: str, subject: str = "") -> None:
        self._number += 1
        heappush(self._events, (self.now + after_s, self._number, what, queue_id, subject))

    def _comes(self, queue_id: str, _: str) -> None:
        stream = self.streams[queue_id]
        self._plan(self._random.expovariate(stream.calls_per_hour / 3600), "comes", queue_id)
        ready = sum(free for (served, _), free in zip(self.agents, self._free, strict=True) if queue_id in served)
        predicted_s = self._predict(queue_id, ready)
        if ready:
            assert predicted_s == 0.0
            kind = next(n for n, (served, _) in enumerate(self.agents) if queue_id in served and self._free[n])
            self.estimates[queue_id].waited(0.0, gave_up=False)
            self._talk(queue_id, kind)
            return
        call_id, estimate = str(self._number), self.estimates[queue_id]
        told = Announced().update(predicted_s, estimate.score.spread(), trusted=estimate.trusted)
        self._lines[queue_id][call_id] = (self.now, predicted_s, told, estimate.trusted)
        if stream.patience_s < inf:
            self._plan(self._random.expovariate(1 / stream.patience_s), "gives_up", queue_id, call_id)

    def _predict(self, queue_id: str, ready: int) -> float:
        demand = {
            other: self.estimates[other].aht_s * (len(line) + (other == queue_id)) * self.streams[other].weight
            for other, line in self._lines.items()
        }
        share = agents_share(queue_id, self.agents, demand) * self.believed
        return self.estimates[queue_id].wait_s(len(self._lines[queue_id]), ready, share)

    def _gives_up(self, queue_id: str, call_id: str) -> None:
        found = self._lines[queue_id].pop(call_id, None)
        if found is not None:
            self.estimates[queue_id].waited(self.now - found[0], gave_up=True)

    def _talk(self, queue_id: str, kind: int) -> None:
        self._free[kind] -= 1
        talk_s = self._random.expovariate(1 / self.streams[queue_id].aht_s)
        self._plan(talk_s, "ends", queue_id, f"{kind} {talk_s!r}")

    def _ends(self, queue_id: str, subject: str) -> None:
        kind, talk_s = subject.split()
        self.estimates[queue_id].handled(float(talk_s))
        self._free[int(kind)] += 1
        served = [other for other in self.agents[int(kind)][0] if self._lines[other]]
        if served:
            chosen = max(served, key=self._score)
            self._answer(chosen, self._lines[chosen].pop(next(iter(self._lines[chosen]))))
            self._talk(chosen, int(kind))

    def _score(self, queue_id: str) -> float:
        """Of the first in line."""
        since = next(iter(self._lines[queue_id].values()))[0]
        return self.streams[queue_id].weight * (self.now - since)

    def _answer(self, queue_id: str, told: tuple[float, float, WaitRange | None, bool]) -> None:
        since, predicted_s, announced, trusted = told
        actual_s, estimate = self.now - since, self.estimates[queue_id]
        estimate.waited(actual_s, gave_up=False)
        estimate.score.add(predicted_s, actual_s)
        self.waited[queue_id].append(Waited(predicted_s, actual_s, announced, trusted))

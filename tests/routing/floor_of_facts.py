"""A floor that conditions can be asked about: the real figures of some queues, and counts that a test sets."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf

from routing.condition import Calendar
from routing.figures import CHANGED_BY, Figure, Figures


@dataclass(frozen=True, slots=True)
class Spans:
    """A calendar that is open within spans of time; each is a window, named by its number."""

    spans: tuple[tuple[float, float], ...]

    def is_open(self, now: float) -> bool:
        return self.window(now) is not None

    def window(self, now: float) -> str | None:
        return next((str(n) for n, (begin, end) in enumerate(self.spans) if begin <= now < end), None)

    def next_change(self, now: float) -> float | None:
        return min((edge for span in self.spans for edge in span if edge > now), default=None)


@dataclass(slots=True)
class FloorOfFacts:
    """Callers come and go by `happens`, which tells what changed; the numbers of agents are set."""

    queues: dict[str, Figures]
    calendars: dict[str, Calendar] = field(default_factory=dict)
    ready_agents: dict[str, int] = field(default_factory=dict)
    staffed_agents: dict[str, int] = field(default_factory=dict)
    estimates: dict[str, float] = field(default_factory=dict)
    waits: dict[str, dict[str, float]] = field(default_factory=dict)

    def happens(self, what: str, queue_id: str, call_id: str, now: float) -> set[tuple[str, Figure]]:
        calls = self.waits.setdefault(queue_id, {})
        if what == "entered":
            calls[call_id] = now
        else:
            del calls[call_id]
        getattr(self.queues[queue_id], what)(call_id, now)
        return {(queue_id, figure) for figure in CHANGED_BY[what]}

    def staff(self, queue_id: str, ready: int, estimate_s: float = inf) -> set[tuple[str, Figure]]:
        self.ready_agents[queue_id] = self.staffed_agents[queue_id] = ready
        self.estimates[queue_id] = estimate_s
        return {(queue_id, figure) for figure in CHANGED_BY["agents"]}

    # ---- what conditions ask ----

    def figures(self, queue_id: str) -> Figures:
        return self.queues[queue_id]

    def waiting(self, queue_id: str) -> int:
        return len(self.waits.get(queue_id, {}))

    def first_waits_since(self, queue_id: str) -> float | None:
        return min(self.waits.get(queue_id, {}).values(), default=None)

    def ready(self, queue_ids: tuple[str, ...]) -> int:
        return sum(self.ready_agents.get(queue_id, 0) for queue_id in queue_ids)

    def staffed(self, queue_ids: tuple[str, ...]) -> int:
        return sum(self.staffed_agents.get(queue_id, 0) for queue_id in queue_ids)

    def estimate_s(self, queue_id: str, now: float) -> float:
        return self.estimates.get(queue_id, inf)

    def calendar(self, name: str) -> Calendar:
        return self.calendars[name]


def floor_of(queues: Iterable[str], threshold_s: float = 20.0) -> FloorOfFacts:
    return FloorOfFacts({queue_id: Figures(threshold_s=threshold_s) for queue_id in queues})

"""The bound on starvation, as a property: whatever weights and priorities the queues have and however calls come, who
has waited for `overtaken_s_max` is overtaken no more."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from acd.core.events import (
    AgentAnswered,
    CallArrived,
    CallerHungUp,
    CallWaiting,
    Event,
    ReadyRequested,
    RingEnded,
)
from acd.core.reports import ReservationCreated
from acd.core.words import RingEnd
from routing.queue import Queue
from routing.step import Step
from tests.core.script import Script
from tests.core.sites import hotline

BACK_AFTER_S = 5.0


@dataclass(frozen=True)
class Caller:
    """Comes `gap_s` after the one before, into the queue of this number, and talks for so long; the agents whose turn
    it is for the first `refusals` times refuse."""

    gap_s: float
    queue: int
    talk_s: float
    refusals: int = 0


@dataclass
class Overdue:
    """A call that has become overdue: who stood before it then, and who was rung for since."""

    before: set[str]
    served: set[str] = field(default_factory=set)


class Day:
    """Agents who answer at once or refuse, and are never away for long. Time passes no deadline by, and every ring is
    looked at as it is made."""

    def __init__(self, queues: Sequence[Queue], callers: Sequence[Caller], agents: int, bound_s: float) -> None:
        self.bound_s = bound_s
        self.overdue: dict[str, Overdue] = {}
        self.overtaken = 0
        staff = [str(1001 + n) for n in range(agents)]
        site = hotline(*queues, agents={agent_id: {} for agent_id in staff}, overtaken_s_max=bound_s)
        self._played = Script(site)
        self._played.open(*staff, phones=staff)
        self._looked_at = len(self._played.reports)
        self._ahead: list[tuple[float, int, tuple[Event, ...]]] = []
        self._numbers = count()
        self._callers = {f"c{n:02}": caller for n, caller in enumerate(callers)}
        self._refused = dict.fromkeys(self._callers, 0)
        at = self._played.at
        for call_id, caller in self._callers.items():
            at += caller.gap_s
            queue_id = queues[caller.queue % len(queues)].queue_id
            self._at(at, CallArrived(call_id, queue_id), CallWaiting(call_id))

    def play(self) -> None:
        played = self._played
        while self._ahead:
            at = self._ahead[0][0]
            due = played.engine.next_deadline()
            if due is not None and due <= at:
                played.pass_to(due)
            else:
                _, _, told = heappop(self._ahead)
                for event in told:
                    played.tell(event, at=at)
                    self._look()
            self._look()
        assert not played.engine.floor.calls

    def _at(self, at: float, *told: Event) -> None:
        heappush(self._ahead, (at, next(self._numbers), told))

    def _joined(self, call_id: str) -> tuple[float, str]:
        visit = self._played.engine.floor.calls[call_id].visit
        assert visit is not None
        return visit.joined_at, call_id

    def _is_overdue(self, call_id: str) -> bool:
        return self._played.at >= self._joined(call_id)[0] + self.bound_s

    def _look(self) -> None:
        """At the rings made since the last look, beside those who wait still."""
        played, floor = self._played, self._played.engine.floor
        made = [report for report in played.reports[self._looked_at :] if isinstance(report, ReservationCreated)]
        self._looked_at = len(played.reports)
        waiting = [call.call_id for call in floor.calls.values() if call.seated]
        for ring in made:
            for other in waiting:
                first = self._joined(ring.call_id) < self._joined(other)
                if self._is_overdue(other):
                    assert first, f"{ring.call_id} is rung for before {other}, who is overdue"
                    assert self._is_overdue(ring.call_id)
                self.overtaken += not first
            self._respond(ring)
        rung = {ring.call_id for ring in made}
        self.overdue = {call_id: one for call_id, one in self.overdue.items() if call_id in waiting}
        for call_id, one in self.overdue.items():
            one.served |= rung
            assert one.served <= one.before, f"{one.served - one.before} came after {call_id}, who was overdue"
        # Who rings may come back, and then stands where they stood.
        visiting = [call.call_id for call in floor.calls.values() if call.visit is not None]
        for call_id in waiting:
            if call_id not in self.overdue and self._is_overdue(call_id):
                before = {other for other in visiting if self._joined(other) < self._joined(call_id)}
                self.overdue[call_id] = Overdue(before)

    def _respond(self, ring: ReservationCreated) -> None:
        caller, now = self._callers[ring.call_id], self._played.at
        named = (ring.call_id, ring.reservation_id, ring.agent_id)
        if self._refused[ring.call_id] < caller.refusals:
            self._refused[ring.call_id] += 1
            self._at(now + 1.0, RingEnded(*named, RingEnd.REJECTED), CallWaiting(ring.call_id, ring.reservation_id))
            self._at(now + BACK_AFTER_S, ReadyRequested(ring.agent_id))
        else:
            self._at(now + 0.5, AgentAnswered(*named))
            self._at(now + 0.5 + caller.talk_s, CallerHungUp(ring.call_id))


CALLERS = st.lists(
    st.builds(
        Caller, st.sampled_from([0.0, 1.0, 2.5, 8.0]), st.integers(0, 4), st.sampled_from([5.0, 12.0, 30.0]),
        st.sampled_from([0, 0, 0, 1, 2]),
    ),
    min_size=15, max_size=50,
)  # fmt: skip
QUEUES = st.lists(
    st.tuples(st.floats(0.1, 10.0), st.integers(0, 200), st.integers(0, 200), st.sampled_from([5.0, 40.0])),
    min_size=1, max_size=5,
)  # fmt: skip


@settings(deadline=None)
@given(QUEUES, CALLERS, st.booleans(), st.integers(1, 3), st.sampled_from([20.0, 60.0, 100.0]))
def test_an_overdue_call_is_overtaken_by_nobody_who_came_later(
    described: list[tuple[float, int, int, float]], callers: list[Caller], overflow: bool, agents: int, bound_s: float
) -> None:
    """Weights from 0.1 to 10, priorities up to 200, 200 more by a step, and seniority taken along by overflow."""
    queues = []
    for n, (weight, priority, later, after_s) in enumerate(described):
        steps = (Step(after_s, priority=later), Step(after_s + 20.0, overflow_to="q0" if overflow and n else ""))
        queues.append(Queue(f"q{n}", weight=weight, priority=priority, wrap_up_s=0.0, steps=steps))
    Day(queues, callers, agents, bound_s).play()


def test_until_then_priority_counts() -> None:
    """What the bound is for: in the first minute five VIPs who came later go before the plain call, and then none."""
    plain, vip = Queue("plain", wrap_up_s=0.0), Queue("vip", priority=200, wrap_up_s=0.0)
    vips = [Caller(1.0, 1, 10.0), *(Caller(10.0, 1, 10.0) for _ in range(20))]
    day = Day((plain, vip), [Caller(0.0, 1, 10.0), Caller(1.0, 0, 10.0), *vips], agents=1, bound_s=60.0)
    day.play()
    assert day.overtaken == 5

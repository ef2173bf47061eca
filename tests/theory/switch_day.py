"""The same day as `ideal_queue`'s, through the real engine and runtime on the simulated PBX."""

from collections.abc import Sequence
from functools import partial
from math import inf

from acd.core.events import Event, LoginRequested, ReadyRequested
from acd.core.reports import CallEnded, Report
from acd.core.site import AgentProfile, Site
from acd.core.words import VisitOutcome
from acd.pbx.simulated.caller import SimulatedCaller
from acd.pbx.simulated.leg import Leg
from acd.pbx.simulated.phone import SimulatedPhone, answers_after
from acd.simulation.switch import SimulatedSwitch
from ivr.tree import EnterQueue, Tree
from routing.queue import Queue
from tests.theory.traffic import Caller, Traffic, Wait, draw_callers

NUMBER = "10086"
QUEUE_ID = "enquiry"


def switch_day(traffic: Traffic, seed: int, calls: int, settling: int) -> list[Wait]:
    """What `calls` callers meet, by their records and in the order they come, after `settling` others."""
    day = _Day(traffic, seed, settling + calls)
    day.run()
    return [day.waits[call_id] for call_id in day.came[settling : settling + calls]]


class _Day:
    """Callers keep coming until the first `counted` have ended: no call is counted that met an emptying line."""

    def __init__(self, traffic: Traffic, seed: int, counted: int) -> None:
        self.came: list[str] = []
        self.waits: dict[str, Wait] = {}
        self._counted = counted
        self._open = counted
        self._callers = draw_callers(traffic, seed)
        self._talks_s: dict[str, float] = {}
        self._switch = SimulatedSwitch(observers=[self])
        self._core = self._switch.boot(_site(traffic.agents))

    def run(self) -> None:
        switch, agents = self._switch, self._core.engine.floor.agents
        for agent_id in agents:
            switch.pbx.add_phone(agent_id, self._talk)
        switch.pbx.restore_link()
        switch.run(0.01)
        for agent_id in agents:
            switch.post(LoginRequested(agent_id, "cli"))
            switch.post(ReadyRequested(agent_id))
        self._await_next()
        while self._open:
            switch.time.run_next()
        assert not self._core.runtime.failures, "the engine failed on an event"
        assert not switch.pbx.violations

    def observe(self, now: float, event: Event | None, reports: Sequence[Report]) -> None:
        for report in reports:
            if isinstance(report, CallEnded):
                (visit,) = report.record.visits
                call_id = report.record.call_id
                self.waits[call_id] = Wait(visit.wait_s, visit.outcome is VisitOutcome.ANSWERED)
                # The number within the day is the last part of a simulated call's id.
                self._open -= int(call_id.rpartition(".")[2]) <= self._counted

    def _await_next(self) -> None:
        caller = next(self._callers)
        self._switch.time.call_in(caller.gap_s, partial(self._call, caller))

    def _call(self, caller: Caller) -> None:
        line = self._switch.pbx.call_in(NUMBER)
        self.came.append(line.call_id)
        self._talks_s[line.call_id] = caller.talk_s
        if caller.patience_s < inf:
            self._switch.time.call_in(caller.patience_s, partial(_give_up, line))
        self._await_next()

    def _talk(self, phone: SimulatedPhone, leg: Leg) -> None:
        answers_after(0.0, self._talks_s[leg.channel.call_id])(phone, leg)


def _site(agents: int) -> Site:
    names = [f"{1001 + n}" for n in range(agents)]
    return Site(
        queues={QUEUE_ID: Queue(QUEUE_ID, ring_timeout_s=20.0, wrap_up_s=0.0, length_max=10**9)},
        agents={name: AgentProfile(name) for name in names},
        entries={NUMBER: Tree("queue", {"queue": EnterQueue(QUEUE_ID)})},
    )


def _give_up(line: SimulatedCaller) -> None:
    if not line.talking:
        line.hang_up()

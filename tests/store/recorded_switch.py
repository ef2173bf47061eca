"""The real engine over the simulated PBX on virtual time, its steps and its memory taken by a real recorder."""

from collections.abc import Callable, Sequence

from acd.core.events import Event, LoginRequested, ReadyRequested, Restored, SiteChanged
from acd.core.memory import AgentMemory, CallMemory
from acd.core.reports import Report
from acd.core.site import Site
from acd.pbx.simulated.caller import SimulatedCaller
from acd.pbx.simulated.phone import answers_after
from acd.simulation.switch import SimulatedSwitch
from acd.store.recorder import Alarm, Recorder
from acd.store.store import Store
from tests.contract.site import NUMBER, hotline

Memories = tuple[dict[str, CallMemory], dict[str, AgentMemory]]
TICK_S = 0.1


class RecordedSwitch:
    """`boot` begins a run of the switch on a store; the PBX, its callers and phones outlive every run."""

    def __init__(self, site: Site | None = None) -> None:
        self.site = site or hotline(wrap_up_s=20.0)
        self.switch = SimulatedSwitch(observers=(self,))
        self.alarms: list[Alarm] = []
        for agent_id in self.site.agents:
            self.switch.pbx.add_phone(agent_id, answers_after(2.0))

    def boot(self, store: Store, restored: Restored | None = None) -> None:
        self.switch.boot(self.site)
        self.recorder = Recorder(store, memory=self, clock=self.switch.time, on_alarm=self.alarms.append)
        self.switch.post(SiteChanged(self.site))
        if restored is not None:
            self.switch.post(restored)

    def link(self) -> None:
        self.switch.pbx.restore_link()
        self.switch.run(0.01)

    def staff(self, *agent_ids: str) -> None:
        for agent_id in agent_ids:
            self.switch.post(LoginRequested(agent_id, "phone"))
            self.switch.post(ReadyRequested(agent_id))

    def call(self) -> SimulatedCaller:
        return self.switch.pbx.call_in(NUMBER, keys="0")

    def run_until(self, reached: Callable[[], bool], seconds_max: float = 60.0) -> None:
        until = self.switch.time.now + seconds_max
        while not reached():
            assert self.switch.time.now < until, "it never came to that"
            self.switch.run(0.05)

    async def live(self, seconds: float) -> None:
        """Time passes, and the recorder writes every tenth of a second."""
        for _ in range(round(seconds / TICK_S)):
            self.switch.run(TICK_S)
            await self.recorder.write_some()

    def remembers(self) -> Memories:
        core = self.switch.core
        assert core is not None, "a core lives"
        calls = {c: memory for c in core.engine.floor.calls if (memory := self.memory_of_call(c))}
        agents = {a: state for a in core.engine.floor.agents if (state := self.memory_of_agent(a))}
        return calls, agents

    # ---- what the recorder asks of the engine, and the engine tells its observers ----

    def memory_of_call(self, call_id: str) -> CallMemory | None:
        return self.switch.core.engine.memory_of_call(call_id) if self.switch.core else None

    def memory_of_agent(self, agent_id: str) -> AgentMemory | None:
        return self.switch.core.engine.memory_of_agent(agent_id) if self.switch.core else None

    def observe(self, now: float, event: Event | None, reports: Sequence[Report]) -> None:
        self.recorder.observe(now, event, reports)


def told(restored: Restored | None) -> Memories:
    assert restored is not None, "something is remembered"
    return {call.call_id: call for call in restored.calls}, {agent.agent_id: agent for agent in restored.agents}

"""Callers of a simulated day on a switch whose records go through the real recorder to a real database.

Time is simulated. The switch lives by the real `SteadyClock` over two time sources, of which the system's can be set.
Every tenth of a second the recorder writes what there is, as its writer does in service; what writes, waits for nothing
but the disk and the database. Each caller keeps a log of what they lived through; `judge` holds the records against it.
"""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import sqlalchemy as sa

from acd.clock import DriftWatch, Sources, go_on
from acd.core.events import CallWaiting, Event, LoginRequested, ReadyRequested, Restored, SiteChanged
from acd.core.memory import AgentMemory, CallMemory
from acd.core.reports import CallRecord, Report
from acd.core.words import Outcome, Side
from acd.pbx.simulated import entry
from acd.pbx.simulated.channel import Channel
from acd.pbx.simulated.delays import Delays
from acd.runtime import Runtime
from acd.simulation import callers_log
from acd.simulation.caller import LoggedCaller
from acd.simulation.day import make_day
from acd.simulation.hotline import AGENTS, make_site
from acd.simulation.people import answers
from acd.simulation.script import CallIn
from acd.simulation.switch import Core, SimulatedSwitch
from acd.store.recorder import Alarm, Recorder
from acd.store.store import Store
from acd.store.tables import calls, journal, queue_visits, rings

TICK_S = 0.1
DAY_S = 3600.0
REST_S = 600.0


class Load:
    """`count` callers within `within_s`. Begin with `boot`, let it `live`, `come_to_rest`, then `judge`.

    `step_s` is how far the system's clock has been set; `drifted` are the drifts that the watch warned of.
    """

    def __init__(self, count: int = 400, within_s: float = 480.0, seed: int = 1) -> None:
        self.switch = SimulatedSwitch(Delays(prompt_s=1.5, closing_s=1.0), observers=(self,))
        self.switch.pbx.events.course = self._event_sent
        self.callers: dict[str, LoggedCaller] = {}
        self.alarms: list[Alarm] = []
        self.ticks = 0
        self.step_s = 0.0
        self._site = make_site(0)
        self._began_at = self.switch.time.now
        self._last_at = self._began_at + within_s + 2.0
        for agent_id in AGENTS:
            self.switch.pbx.add_phone(agent_id, answers)
        for item in make_day(seed, calls=count):
            if isinstance(item, CallIn):
                at = self._began_at + 2.0 + item.at * within_s / DAY_S
                self.switch.time.call_at(at, self._call_in(dataclasses.replace(item, at=at)))

    def _call_in(self, item: CallIn) -> Callable[[], None]:
        def call() -> None:
            exchange, now = self.switch.pbx.exchange, self.switch.time.now
            call_id = f"{int(now)}.{len(self.callers) + 1}"
            caller = LoggedCaller(exchange, call_id, item, lambda *_: None)
            self.callers[call_id] = caller
            channel = exchange.channels[call_id] = Channel(call_id, caller, item.dialled, "", "", now)
            entry.arrive(exchange, channel)

        return call

    def _event_sent(self, event: Event) -> Sequence[float]:
        if type(event) is CallWaiting:
            self.callers[event.call_id].begin_wait()
        return (0.0,)

    # ---- the switch ----

    def sources(self) -> Sources:
        time = self.switch.time
        return Sources(lambda: time.now + self.step_s, lambda: time.now - self._began_at, "this boot")

    def boot(self, store: Store, state_dir: Path, restored: Restored | None = None) -> None:
        self.clock, restored = go_on(state_dir, restored, self.sources())
        self.watch = DriftWatch(self.clock)
        core = self.switch.boot(self._site)
        core.runtime = self._runtime(core)
        self.recorder = Recorder(store, memory=self, clock=self.clock, on_alarm=self.alarms.append)
        core.post(SiteChanged(self._site))
        if restored is not None:
            core.post(restored)
        self.switch.pbx.restore_link()
        self.switch.run(0.01)

    def _runtime(self, core: Core) -> Runtime:
        """As in service: by the clock, whose timers are armed by how long they take."""
        time = self.switch.time

        def arm(at: float, act: Callable[[], None]) -> Callable[[], None]:
            return core._arm(time.now + (at - self.clock()), act)

        return Runtime(core.engine, self.clock, arm, core._perform, core._reply, (self,))

    def staff(self) -> None:
        for agent_id in AGENTS:
            self.switch.post(LoginRequested(agent_id, "phone"))
            self.switch.post(ReadyRequested(agent_id))

    async def live(self, seconds: float, write: bool = True) -> None:
        for _ in range(round(seconds / TICK_S)):
            self.ticks += 1
            self.switch.run(TICK_S)
            if write:
                await self.recorder.write_some()

    async def come_to_rest(self) -> None:
        """Until the last caller has hung up, and everything is written."""
        time, pbx = self.switch.time, self.switch.pbx
        while time.now < self._last_at or pbx.channels:
            assert time.now < self._last_at + REST_S, "callers give up at last"
            await self.live(1.0)
        # The recorder's next try, after whatever was.
        await self.live(5.0)
        assert await self.recorder.close()

    def memory_of_call(self, call_id: str) -> CallMemory | None:
        return self.switch.core.engine.memory_of_call(call_id) if self.switch.core else None

    def memory_of_agent(self, agent_id: str) -> AgentMemory | None:
        return self.switch.core.engine.memory_of_agent(agent_id) if self.switch.core else None

    def observe(self, now: float, event: Event | None, reports: Sequence[Report]) -> None:
        self.recorder.observe(now, event, reports)

    # ---- the judgement ----

    def alarms_of(self, name: str) -> list[bool]:
        """Whether it was raised, each time it changed."""
        return [alarm.raised for alarm in self.alarms if alarm.name == name]

    async def judge(self, store: Store) -> dict[str, CallRecord]:
        """Every caller has one record, which says what they lived through; nobody else has any."""
        async with store.reading() as connection:
            rows = (await connection.execute(sa.select(calls))).all()
            told = await connection.execute(sa.select(journal.c.call_id).where(journal.c.type == "CallEnded"))
            ended = sorted(told.scalars())
            parts = {
                table.name: await connection.scalar(sa.select(sa.func.count()).select_from(table))
                for table in (queue_visits, rings)
            }
        records = {row.call_id: _record(row) for row in rows}
        assert records.keys() == self.callers.keys()
        assert ended == sorted(self.callers), "one end of each call in the journal"
        assert all(parts.values())
        for call_id, record in records.items():
            callers_log.compare(self.callers[call_id], record, spoilt=False, unnoticed_s=0.0)
        assert not self.alarms_of("entries_refused")
        assert not self.alarms_of("entries_dropped")
        outcomes = {record.outcome for record in records.values()}
        assert {Outcome.ANSWERED, Outcome.ABANDONED} <= outcomes, "it was a load"
        return records


def _record(row: sa.Row[tuple[object, ...]]) -> CallRecord:
    fields = {name: value for name, value in row._mapping.items() if name != "wrap_up_s"}
    fields |= {"outcome": Outcome(row.outcome), "hung_up_by": Side(row.hung_up_by), "ivr_path": ()}
    return CallRecord(**fields | {"answered_at": row.answered_at or 0.0})

"""What the database would hold: the recorder's twin, which writes in batches and loses the last one with the core.

Records and memories are written at most `BATCH_S` after the change, as the recorder does; what is younger dies with the
core. Reading goes through the store's own encoding. As memories are only of use to the next core, they are kept from
`watch` on, when a killer is near: what was remembered before of those untouched since is what the engine says then.
"""

from collections.abc import Sequence

from acd.core.engine import Engine
from acd.core.events import Diverged, Event, PbxSynced, Restored
from acd.core.memory import AgentMemory, CallMemory
from acd.core.reports import CallEnded, CallRecord, Report
from acd.pbx.simulated.virtual_time import VirtualTime
from acd.simulation.broken import BrokenError
from acd.store.codec import decode_event, encode

BATCH_S = 0.1
ALIVE_S = 1.0
ENDED_KEPT_S = 600.0


class StoreTwin:
    """An observer. `records` are those safely written, by call; times are UTC seconds."""

    def __init__(self, time: VirtualTime) -> None:
        self.records: dict[str, CallRecord] = {}
        self._time = time
        self._watched: Engine | None = None
        self._calls: dict[str, CallMemory] = {}
        self._agents: dict[str, AgentMemory] = {}
        self._touched_calls: set[str] = set()
        self._touched_agents: set[str] = set()
        self._unwritten: list[CallRecord] = []
        self._watched_until = 0.0
        self._writing = False

    def watch(self, engine: Engine) -> None:
        """From now on what is remembered is kept up batch by batch."""
        if self._watched is engine:
            return
        self._watched = engine
        self._calls, self._agents = {}, {}
        self._touched_calls, self._touched_agents = set(engine.floor.calls), set(engine.floor.agents)
        self._write_batch(engine)
        self._sign(engine)

    def observe(self, now: float, event: Event | None, reports: Sequence[Report]) -> None:
        engine = self._watched
        if engine is None:
            for report in reports:
                if type(report) is CallEnded:
                    self._write(report.record)
            return
        self._touch_seen(event)
        for said in (event, *reports):
            self._touched_calls.add(getattr(said, "call_id", ""))
            self._touched_agents.add(getattr(said, "agent_id", ""))
            if type(said) is CallEnded:
                self._unwritten.append(said.record)
                self._touched_calls.add(said.record.call_id)
        if not self._writing:
            self._writing = True
            self._time.call_in(BATCH_S, lambda: self._write_batch(engine))

    def _sign(self, engine: Engine) -> None:
        """The recorder says every second that it lives, also when nothing happens."""
        if self._watched is engine:
            self._watched_until = engine.watched_until(self._time.now)
            self._time.call_in(ALIVE_S, lambda: self._sign(engine))

    def _touch_seen(self, event: Event | None) -> None:
        """What these two change has not always a report of its own."""
        if isinstance(event, PbxSynced):
            self._touched_calls.update(shown.call_id for shown in event.calls)
        elif isinstance(event, Diverged):
            subjects = [difference.subject for difference in event.differences]
            self._touched_calls.update(subjects)
            self._touched_agents.update(subjects)

    def _write_batch(self, engine: Engine) -> None:
        """One transaction: the records and the memories of all that was touched."""
        self._writing = False
        if self._watched is not engine:
            return
        for record in self._unwritten:
            self._write(record)
        self._unwritten.clear()
        for call_id in self._touched_calls:
            call = engine.memory_of_call(call_id)
            if call is None:
                self._calls.pop(call_id, None)
            else:
                self._calls[call_id] = call
        for agent_id in self._touched_agents:
            agent = engine.memory_of_agent(agent_id)
            if agent is None:
                self._agents.pop(agent_id, None)
            else:
                self._agents[agent_id] = agent
        self._touched_calls.clear()
        self._touched_agents.clear()
        self._watched_until = engine.watched_until(self._time.now)

    def lose(self) -> Restored:
        """The core dies now, and what was not written is lost: what the next core will be told."""
        assert self._watched is not None, "a core that dies was watched"
        self._watched, self._writing = None, False
        self._unwritten.clear()
        now = self._time.now
        recent = tuple(c for c, record in self.records.items() if record.ended_at > now - ENDED_KEPT_S)
        told = Restored(self._watched_until, tuple(self._calls.values()), tuple(self._agents.values()), recent)
        decoded = decode_event("Restored", encode(told))
        assert isinstance(decoded, Restored), "the codec gives back what it was given"
        return decoded

    def _write(self, record: CallRecord) -> None:
        if record.call_id in self.records:
            raise BrokenError("records", f"{record.call_id} has two records")
        self.records[record.call_id] = record

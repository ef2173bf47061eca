"""The simulated switch for tests: it keeps all that was said, and every core remembers the one before."""

from collections.abc import Sequence

from acd.core.commands import Command, Reply
from acd.core.engine import Engine
from acd.core.events import Event, LogoutRequested, Restored
from acd.core.observer import Observer
from acd.core.reports import CallEnded, Report
from acd.core.site import Site
from acd.pbx.simulated.delays import Delays
from acd.simulation.switch import Core, SimulatedSwitch


class Journal:
    """An observer that keeps everything."""

    def __init__(self) -> None:
        self.events: list[tuple[float, Event | None]] = []
        self.reports: list[Report] = []

    def observe(self, now: float, event: Event | None, reports: Sequence[Report]) -> None:
        self.events.append((now, event))
        self.reports.extend(reports)


class ObservedSwitch(SimulatedSwitch):
    """`begin` starts the core with the link up, `boot` another one, as after a crash. `asked` keeps every command,
    `replies` the answers by request."""

    def __init__(self, delays: Delays | None = None, observers: Sequence[Observer] = ()) -> None:
        self.journal = Journal()
        self.asked: list[tuple[float, Command]] = []
        self.replies: dict[str, Reply] = {}
        self.failures = 0
        super().__init__(delays, (self.journal, *observers))

    @property
    def engine(self) -> Engine:
        assert self.core is not None, "nothing has begun yet"
        return self.core.engine

    def begin(self, site: Site) -> None:
        for agent_id in site.agents:
            self.pbx.add_phone(agent_id)
        self.boot(site)
        self.pbx.restore_link()
        self.run(0.01)

    def boot(self, site: Site) -> Core:
        """A core begins. Whatever was before is gone with its timer, but for what the store had of it."""
        remembered = self._memory() if self.core else None
        self.failures += self.core.runtime.failures if self.core else 0
        core = super().boot(site)
        if remembered is not None:
            core.post(remembered)
        return core

    def _memory(self) -> Restored:
        engine = self.engine
        calls = [memory for c in engine.floor.calls if (memory := engine.memory_of_call(c)) is not None]
        agents = [memory for a in engine.floor.agents if (memory := engine.memory_of_agent(a)) is not None]
        ended = [report.record.call_id for report in self.journal.reports if isinstance(report, CallEnded)]
        return Restored(self.time.now, tuple(calls), tuple(agents), tuple(ended))

    def perform(self, command: Command) -> None:
        self.asked.append((self.time.now, command))
        super().perform(command)

    def reply(self, reply: Reply) -> None:
        self.replies[reply.request_id] = reply

    def settle(self, seconds: float = 120.0) -> None:
        """Every caller hangs up, every agent logs out, and all of it comes to rest."""
        for channel in list(self.pbx.channels.values()):
            channel.caller.hang_up()
        self.run(seconds)
        for agent_id in list(self.engine.floor.agents):
            self.post(LogoutRequested(agent_id))
        self.run(seconds)

    def leftovers(self) -> list[str]:
        failures = self.failures + (self.core.runtime.failures if self.core else 0)
        failed = [f"the engine failed on {failures} events"] if failures else []
        return super().leftovers() + failed + self.pbx.violations

"""The real engine and runtime over the simulated PBX, all on virtual time: what simulated tests stand on."""

from collections.abc import Callable, Sequence

from acd.core.commands import Command, Reply
from acd.core.engine import Engine
from acd.core.events import Event, LogoutRequested, Restored
from acd.core.observer import Observer
from acd.core.reports import CallEnded, Report
from acd.core.site import Site
from acd.pbx.simulated.delays import Delays
from acd.pbx.simulated.pbx import SimulatedPbx
from acd.pbx.simulated.virtual_time import VirtualTime
from acd.runtime import Runtime


class Journal:
    """An observer that keeps everything."""

    def __init__(self) -> None:
        self.events: list[tuple[float, Event | None]] = []
        self.reports: list[Report] = []

    def observe(self, now: float, event: Event | None, reports: Sequence[Report]) -> None:
        self.events.append((now, event))
        self.reports.extend(reports)


class SimulatedSwitch:
    """`begin` starts the core with the link up, `boot` another one, as after a crash. `asked` keeps every command,
    `replies` the answers by request."""

    def __init__(self, delays: Delays | None = None, observers: Sequence[Observer] = ()) -> None:
        self.time = VirtualTime()
        self.journal = Journal()
        self.pbx = SimulatedPbx(self.time, self.post, delays)
        self.asked: list[tuple[float, Command]] = []
        self.replies: dict[str, Reply] = {}
        self.failures = 0
        self.runtime: Runtime | None = None
        self._observers = (self.journal, *observers)
        self._cancel_timer: Callable[[], None] = lambda: None

    def begin(self, site: Site) -> None:
        for agent_id in site.agents:
            self.pbx.add_phone(agent_id)
        self.boot(site)
        self.pbx.restore_link()
        self.run(0.01)

    def boot(self, site: Site) -> None:
        """A core begins. Whatever was before is gone with its timer, but for what the store had of it."""
        self._cancel_timer()
        remembered = self._memory() if self.runtime else None
        self.failures += self.runtime.failures if self.runtime else 0
        self.engine = Engine(site)
        self.runtime = Runtime(self.engine, self.time, self._arm, self._perform, self._replied, self._observers)
        if remembered is not None:
            self.post(remembered)

    def _memory(self) -> Restored:
        engine = self.engine
        calls = [memory for c in engine.floor.calls if (memory := engine.memory_of_call(c)) is not None]
        agents = [memory for a in engine.floor.agents if (memory := engine.memory_of_agent(a)) is not None]
        ended = [report.record.call_id for report in self.journal.reports if isinstance(report, CallEnded)]
        return Restored(self.time.now, tuple(calls), tuple(agents), tuple(ended))

    def post(self, event: Event) -> None:
        assert self.runtime is not None, "nothing has begun yet"
        self.runtime.post(event)

    def run(self, seconds: float) -> None:
        self.time.run_until(self.time.now + seconds)

    def settle(self, seconds: float = 120.0) -> None:
        """Every caller hangs up, every agent logs out, and all of it comes to rest."""
        for channel in list(self.pbx.channels.values()):
            channel.caller.hang_up()
        self.run(seconds)
        for agent_id in list(self.engine.floor.agents):
            self.post(LogoutRequested(agent_id))
        self.run(seconds)

    def leftovers(self) -> list[str]:
        """What should not be there once all is at rest, in words."""
        left = [f"channel {channel.call_id} in {channel.room}" for channel in self.pbx.channels.values()]
        for phone in self.pbx.phones.values():
            left += [f"phone {phone.agent_id} is {state} with nobody" for state in phone.calls.values()]
            left += [f"leg of {leg.channel.call_id} on {phone.agent_id}" for leg in phone.legs]
        left += [f"reservation {held.reservation_id} {held.state}" for held in self.engine.floor.reservations.values()]
        left += [f"call {call.call_id} {call.place}" for call in self.engine.floor.calls.values()]
        # An agent whom the site lost while no core lived is known to none: only the PBX could name such a member.
        left += [f"fallback member {a}" for a in self.pbx.exchange.members if a in self.engine.floor.agents]
        failures = self.failures + (self.runtime.failures if self.runtime else 0)
        if failures:
            left.append(f"the engine failed on {failures} events")
        return left + self.pbx.violations

    def _arm(self, when: float, act: Callable[[], None]) -> Callable[[], None]:
        self._cancel_timer = self.time.call_at(when, act)
        return self._cancel_timer

    def _perform(self, command: Command) -> None:
        self.asked.append((self.time.now, command))
        self.pbx.perform(command)

    def _replied(self, reply: Reply) -> None:
        self.replies[reply.request_id] = reply

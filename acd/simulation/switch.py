"""The real engine and runtime over the simulated PBX, all on virtual time. The core may be killed and begun anew."""

from collections.abc import Callable, Sequence

from acd.core.commands import Command, Reply
from acd.core.engine import Engine
from acd.core.events import Event
from acd.core.observer import Observer
from acd.core.site import Site
from acd.pbx.simulated.delays import Delays
from acd.pbx.simulated.pbx import SimulatedPbx
from acd.pbx.simulated.virtual_time import VirtualTime
from acd.runtime import Runtime


class Core:
    """One run of the switch's own process. Once dead it hears nothing and asks for nothing, whatever it was doing."""

    def __init__(self, switch: "SimulatedSwitch", site: Site, observers: Sequence[Observer]) -> None:
        self.alive = True
        self.began_at = switch.time.now
        self.engine = Engine(site)
        self._switch = switch
        self._cancel_timer: Callable[[], None] = lambda: None
        self.runtime = Runtime(self.engine, switch.time, self._arm, self._perform, self._reply, observers)

    def post(self, event: Event) -> None:
        if self.alive:
            self.runtime.post(event)

    def die(self) -> None:
        self.alive = False
        self._cancel_timer()

    def _arm(self, when: float, act: Callable[[], None]) -> Callable[[], None]:
        if self.alive:
            self._cancel_timer = self._switch.time.call_at(when, act)
        return self._cancel_timer

    def _perform(self, command: Command) -> None:
        if self.alive:
            self._switch.perform(command)

    def _reply(self, reply: Reply) -> None:
        if self.alive:
            self._switch.reply(reply)


class SimulatedSwitch:
    """`boot` begins a core without a link to the PBX, `kill` ends it at once: the link falls, all it knew is gone.
    `observers` are told of every step of whatever core lives."""

    def __init__(self, delays: Delays | None = None, observers: Sequence[Observer] = ()) -> None:
        self.time = VirtualTime()
        self.pbx = SimulatedPbx(self.time, self.post, delays)
        self.core: Core | None = None
        self.observers = tuple(observers)

    def boot(self, site: Site) -> Core:
        if self.core is not None:
            self.kill()
        self.core = Core(self, site, self.observers)
        self.pbx.post = self.core.post
        return self.core

    def kill(self) -> None:
        if self.core is None:
            return
        self.core.die()
        self.core = None
        self.pbx.lose_link(reason="core killed")
        self.pbx.post = self.post

    def post(self, event: Event) -> None:
        """Nobody hears it while no core lives."""
        if self.core is not None:
            self.core.post(event)

    def perform(self, command: Command) -> None:
        self.pbx.perform(command)

    def reply(self, reply: Reply) -> None:
        """The simulated agents see by their phones what became of a request."""

    def run(self, seconds: float) -> None:
        self.time.run_until(self.time.now + seconds)

    def leftovers(self) -> list[str]:
        """What should not be there once every caller has gone and every agent has logged out, in words."""
        assert self.core is not None, "a core lives to be asked"
        floor, pbx = self.core.engine.floor, self.pbx
        left = [f"channel {channel.call_id} in {channel.room}" for channel in pbx.channels.values()]
        for phone in pbx.phones.values():
            left += [f"phone {phone.agent_id} is {state} with nobody" for state in phone.calls.values()]
            left += [f"leg of {leg.channel.call_id} on {phone.agent_id}" for leg in phone.legs]
        left += [f"reservation {held.reservation_id} {held.state}" for held in floor.reservations.values()]
        left += [f"call {call.call_id} {call.place}" for call in floor.calls.values()]
        left += [f"agent {a.agent_id} {a.state}" for a in floor.agents.values() if a.state != "logged_out"]
        left += [f"fallback member {agent_id}" for agent_id in pbx.exchange.members]
        return left + [f"deadline {kind} of {subject}" for kind, subject in floor.deadlines]

"""The scenarios' world on the simulated PBX: `until` moves virtual time, nothing waits."""

import dataclasses
from collections.abc import Callable, Sequence
from itertools import count

from acd.core.commands import Reply
from acd.core.engine import Engine
from acd.core.events import AgentEvent, Event, LogoutRequested, SiteChanged
from acd.core.reports import Report
from acd.core.site import Site
from acd.core.view import SwitchView
from acd.pbx.simulated.caller import SimulatedCaller
from acd.pbx.simulated.delays import Delays
from acd.pbx.simulated.pbx import SimulatedPbx
from acd.pbx.simulated.phone import SimulatedPhone, answers_after, gives_no_sign, rejects, rings_on
from acd.pbx.simulated.virtual_time import VirtualTime
from acd.runtime import Runtime
from tests.contract.site import NUMBER

REQUEST_S = 0.001


class Journal:
    """An observer that keeps everything."""

    def __init__(self) -> None:
        self.events: list[tuple[float, Event | None]] = []
        self.reports: list[Report] = []

    def observe(self, now: float, event: Event | None, reports: Sequence[Report]) -> None:
        self.events.append((now, event))
        self.reports.extend(reports)


class Set:
    """A telephone of the scenarios over a simulated one."""

    def __init__(self, phone: SimulatedPhone) -> None:
        self._phone = phone

    @property
    def ringing(self) -> bool:
        return self._phone.ringing

    @property
    def talking(self) -> bool:
        return self._phone.talking

    @property
    def rung(self) -> int:
        return self._phone.rung

    def rings_on(self) -> None:
        self._phone.manner = rings_on

    def answers_after(self, answer_s: float, hang_up_s: float | None = None) -> None:
        self._phone.manner = answers_after(answer_s, hang_up_s)

    def rejects(self, code: int) -> None:
        self._phone.manner = rejects(code)

    def gives_no_sign(self) -> None:
        self._phone.manner = gives_no_sign

    def answer(self) -> None:
        self._phone.answer()

    def hang_up(self) -> None:
        self._phone.hang_up()

    def vanish(self) -> None:
        self._phone.vanish()

    def unplug(self) -> None:
        self._phone.unplug()

    def plug_in(self) -> None:
        self._phone.plug_in()


class SimulatedWorld:
    """`pbx` and `engine` are there for tests of the simulated world alone."""

    def __init__(self, delays: Delays | None = None) -> None:
        self.time = VirtualTime()
        self.journal = Journal()
        self.pbx = SimulatedPbx(self.time, self._post, delays)
        self.callers: list[SimulatedCaller] = []
        self._replies: dict[str, Reply] = {}
        self._numbers = count(1)

    def _post(self, event: Event) -> None:
        self.runtime.post(event)

    async def begin(self, site: Site) -> None:
        self.boot(site)
        for agent_id in site.agents:
            self.pbx.add_phone(agent_id)
        self.pbx.restore_link()
        await self.until(lambda: self.view().pbx_up)

    def boot(self, site: Site) -> None:
        """Begin with an engine that knows nothing."""
        self.engine = Engine(site)
        self.runtime = Runtime(
            self.engine, self.time, self.time.call_at, self.pbx.perform, self._replied, [self.journal]
        )

    def _replied(self, reply: Reply) -> None:
        self._replies[reply.request_id] = reply

    @property
    def reports(self) -> Sequence[Report]:
        return self.journal.reports

    @property
    def now(self) -> float:
        return self.time.now

    def view(self) -> SwitchView:
        return self.engine.view(self.time.now)

    async def change_site(self, site: Site) -> None:
        for agent_id in site.agents:
            if agent_id not in self.pbx.phones:
                self.pbx.add_phone(agent_id)
        self.runtime.post(SiteChanged(site))

    async def call(
        self, dialled: str = NUMBER, number: str = "13900000001", name: str = "", keys: Sequence[str] = ("0",)
    ) -> SimulatedCaller:
        caller = self.pbx.call_in(dialled, number, name, keys)
        self.callers.append(caller)
        return caller

    def phone(self, agent_id: str) -> Set:
        return Set(self.pbx.phones[agent_id])

    async def request(self, event: AgentEvent) -> Reply:
        # A request travels too, so that no two agents ask at the very same moment.
        await self.pass_time(REQUEST_S)
        request_id = f"r{next(self._numbers)}"
        self.runtime.post(dataclasses.replace(event, request_id=request_id))
        return self._replies.pop(request_id)

    async def until(self, condition: Callable[[], bool], within_s: float = 10.0) -> None:
        latest = self.time.now + within_s
        while not condition():
            due = self.time.next_due()
            if due is None or due > latest:
                raise AssertionError(f"not within {within_s} s: {self.view()}; PBX: {list(self.pbx.channels.values())}")
            self.time.run_next()

    async def pass_time(self, seconds: float) -> None:
        self.time.run_until(self.time.now + seconds)

    async def settle(self) -> None:
        for caller in self.callers:
            if caller.on_line:
                caller.hang_up()
        await self.pass_time(60.0)
        for agent in self.view().agents:
            self.runtime.post(LogoutRequested(agent.agent_id))
        await self.pass_time(60.0)

    def leftovers(self) -> list[str]:
        left = [f"channel {channel.call_id} in {channel.room}" for channel in self.pbx.channels.values()]
        for phone in self.pbx.phones.values():
            left += [f"phone {phone.agent_id} is {state} with nobody" for state in phone.calls.values()]
            left += [f"leg of {leg.channel.call_id} on {phone.agent_id}" for leg in phone.legs]
        left += [f"reservation {held.reservation_id} {held.state}" for held in self.engine.floor.reservations.values()]
        if self.runtime.failures:
            left.append(f"the engine failed on {self.runtime.failures} events")
        return left + self.pbx.violations

"""The scenarios' world on the simulated PBX: `until` moves virtual time, nothing waits."""

import dataclasses
from collections.abc import Callable, Sequence
from itertools import count

from acd.core.commands import Reply
from acd.core.events import AgentEvent, SiteChanged
from acd.core.reports import Report
from acd.core.site import Site
from acd.core.view import SwitchView
from acd.pbx.simulated.caller import SimulatedCaller
from acd.pbx.simulated.delays import Delays
from acd.pbx.simulated.phone import SimulatedPhone, answers_after, gives_no_sign, rejects, rings_on
from tests.contract.observed_switch import ObservedSwitch
from tests.contract.site import NUMBER

REQUEST_S = 0.001


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
    def __init__(self, delays: Delays | None = None) -> None:
        self.switch = ObservedSwitch(delays)
        self._numbers = count(1)

    async def begin(self, site: Site) -> None:
        self.switch.begin(site)

    @property
    def reports(self) -> Sequence[Report]:
        return self.switch.journal.reports

    @property
    def now(self) -> float:
        return self.switch.time.now

    def view(self) -> SwitchView:
        return self.switch.engine.view(self.now)

    async def change_site(self, site: Site) -> None:
        for agent_id in site.agents:
            if agent_id not in self.switch.pbx.phones:
                self.switch.pbx.add_phone(agent_id)
        self.switch.post(SiteChanged(site))

    async def call(
        self, dialled: str = NUMBER, number: str = "13900000001", name: str = "", keys: Sequence[str] = ("0",)
    ) -> SimulatedCaller:
        return self.switch.pbx.call_in(dialled, number, name, keys)

    def phone(self, agent_id: str) -> Set:
        return Set(self.switch.pbx.phones[agent_id])

    async def request(self, event: AgentEvent) -> Reply:
        # A request travels too, so that no two agents ask at the very same moment.
        await self.pass_time(REQUEST_S)
        request_id = f"r{next(self._numbers)}"
        self.switch.post(dataclasses.replace(event, request_id=request_id))
        return self.switch.replies.pop(request_id)

    async def until(self, condition: Callable[[], bool], within_s: float = 10.0) -> None:
        time, latest = self.switch.time, self.now + within_s
        while not condition():
            due = time.next_due()
            if due is None or due > latest:
                channels = list(self.switch.pbx.channels.values())
                raise AssertionError(f"not within {within_s} s: {self.view()}; PBX: {channels}")
            time.run_next()

    async def pass_time(self, seconds: float) -> None:
        self.switch.run(seconds)

    async def settle(self) -> None:
        self.switch.settle()

    def leftovers(self) -> list[str]:
        return self.switch.leftovers()

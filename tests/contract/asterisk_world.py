"""The scenarios' world on a real Asterisk: callers and agents are pjsua2 phones, and what callers hear is listened to.

Every prompt is a tone of its own, so that the recording of a caller tells which ones were played, and in what order.
"""

import asyncio
import dataclasses
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from typing import Any

from acd.core.commands import Reply
from acd.core.events import AgentEvent, CallArrived, Event, LogoutRequested
from acd.core.reports import CallEnded, CallEstablished, Report, TalkFinished
from acd.core.site import Site
from acd.core.view import SwitchView
from acd.core.words import Phone, Side
from acd.pbx.asterisk.instance import AsteriskInstance, Listen
from acd.pbx.asterisk.settings import AmiSettings
from acd.switch import Switch
from config.asterisk.render import write
from config.asterisk.settings import AgentEndpoint, FallbackQueue, PbxSettings, Rtp
from config.loader import Address, Runtime
from ivr.tree import Menu
from scripts.softphones.events import PhoneGoneError
from scripts.softphones.farm import CallerLine, PhoneCall, PhoneFarm, SoftPhone
from scripts.softphones.policy import Policy
from scripts.softphones.sound import write_tone
from tests.acceptance.asterisk_fixture import PHONE_HOST, TRUNK_HOST, settings_in
from tests.contract.site import AGENTS, NUMBER
from tests.contract.tones import TONE_S, heard_tones, is_whole

PROMPTS = (
    "welcome", "menu", "goodbye", "system/unknown-number", "closing", "system/queue-full", "system/call-again-later",
    *(f"agents/{agent_id}" for agent_id in (*AGENTS, "1004")), "en/welcome", "en/menu", "en/agents/1001",
)  # fmt: skip
# What an agent hears after a feature code; a caller hears none of these.
CONFIRMED = (
    "logged_in", "logged_out", "ready", "not_ready", "pending", "wrap_up_extended", "reserved", "on_call", "wrap_up",
    "refused", "unknown_agent", "unavailable",
)  # fmt: skip
TONES = {
    name: 500.0 + 110.0 * place
    for place, name in enumerate((*PROMPTS, *(f"confirm/{word}" for word in CONFIRMED)))
}  # fmt: skip
POLL_S = 0.02
# Real time is not virtual: processes start, phones are asked every 3 s whether they live.
PATIENCE_S = 10.0


class AsteriskCaller:
    def __init__(self, world: "AsteriskWorld", call: PhoneCall, call_id: str, keys: Sequence[str], tape: Path) -> None:
        self.call_id = call_id
        self._world, self._call, self._tape = world, call, tape
        self._keys = list(keys)
        self._asked: set[int] = set()

    @property
    def on_line(self) -> bool:
        return not self._call.over

    @property
    def ended_by(self) -> Side | None:
        if not self._call.over:
            return None
        return Side.CALLER if self._call.log.all("disconnected")[0]["by"] == "here" else Side.SYSTEM

    @property
    def talking(self) -> bool:
        return self.on_line and self.call_id in self._world.talking

    @property
    def heard(self) -> Sequence[str]:
        return heard_tones(self._tape, TONES)

    def hang_up(self) -> None:
        self._world.begin_to(self._call.hang_up())

    def asked(self, step: int) -> None:
        """A question plays: press the next key, once for each time it is asked."""
        if step in self._asked:
            return
        self._asked.add(step)
        key = self._keys.pop(0) if self._keys else ""
        if key:
            self._world.begin_to(self._press(key))

    async def _press(self, key: str) -> None:
        await asyncio.sleep(TONE_S / 2)  # in the middle of the question
        await self._call.press(key)


class AsteriskTelephone:
    def __init__(self, world: "AsteriskWorld", phone: SoftPhone) -> None:
        self._world, self._phone = world, phone
        self._vanished = False

    def _live(self) -> list[PhoneCall]:
        return [call for call in self._phone.calls.values() if call.log.has("incoming") and not call.over]

    @property
    def ringing(self) -> bool:
        return any(not call.log.has("answered") for call in self._live())

    @property
    def talking(self) -> bool:
        return any(call.log.has("answered") for call in self._live())

    @property
    def rung(self) -> int:
        return len(self._phone.log.all("incoming"))

    def _take(self, policy: Policy) -> None:
        self._world.begin_to(self._phone.set_policy(policy))
        self._world.unsettled = True

    def rings_on(self) -> None:
        self._take(Policy("ask"))

    def answers_after(self, answer_s: float, hang_up_s: float | None = None) -> None:
        self._take(Policy("answer", after_s=answer_s, hangup_after_s=hang_up_s))

    def rejects(self, code: int) -> None:
        self._take(Policy("reject", code=code))

    def gives_no_sign(self) -> None:
        self._take(Policy("silent"))

    def answer(self) -> None:
        for call in self._live():
            self._world.begin_to(call.answer())

    def hang_up(self) -> None:
        for call in self._live():
            self._world.begin_to(call.hang_up())

    async def dial_code(self, code: str) -> list[str]:
        """Dial a feature code and listen until the PBX hangs up; returns the names of the prompts heard."""
        call = await self._phone.dial(code)
        tape = self._world.new_tape()
        await call.record(str(tape))
        await call.ended(PATIENCE_S)
        await self._world.until(lambda: is_whole(tape))
        return heard_tones(tape, TONES)

    def vanish(self) -> None:
        self._vanished = True
        self._phone.vanish()

    def unplug(self) -> None:
        self._world.begin_to(self._phone.unregister())

    def plug_in(self) -> None:
        if self._vanished:
            self._vanished = False
            self._phone.come_back()
        self._world.begin_to(self._phone.register(PATIENCE_S))


class AsteriskWorld:
    """One scenario: an Asterisk, a switch and phones of its own, below `folder`."""

    def __init__(self, folder: Path, rtp: Rtp | None = None) -> None:
        self._folder, self._rtp = folder, rtp
        self._stack = AsyncExitStack()
        self.reports: list[Report] = []
        self.events: list[Event] = []
        self.talking: set[str] = set()
        self._callers: dict[str, AsteriskCaller] = {}
        self._phones: dict[str, AsteriskTelephone] = {}
        self._lines: dict[str, CallerLine] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        # A phone has been told how to behave and may not know it yet: nothing new begins before it does.
        self.unsettled = False
        self._tapes = count(1)
        self._left: list[str] = []
        self._begun = False
        self._switching = AsyncExitStack()

    # ---- the switch's observer ----

    def observe(self, now: float, event: Event | None, reports: Sequence[Report]) -> None:
        if event is not None:
            self.events.append(event)
        self.reports.extend(reports)
        for report in reports:
            if isinstance(report, CallEstablished):
                self.talking.add(report.call_id)
            elif isinstance(report, TalkFinished):
                self.talking.discard(report.call_id)
            elif isinstance(report, CallEnded):
                self.talking.discard(report.record.call_id)
        for caller in self._callers.values():
            self._listen_for_question(caller)

    def _listen_for_question(self, caller: AsteriskCaller) -> None:
        call = self.switch.engine.floor.calls.get(caller.call_id)
        if call is not None and call.walk is not None and isinstance(call.walk.tree.nodes[call.walk.node], Menu):
            caller.asked(call.step)

    # ---- World ----

    async def begin(self, site: Site) -> None:
        self.settings = self._settings(site)
        write(self.settings)
        self.instance = AsteriskInstance(
            self.settings.program.launcher,
            self.settings.home,
            listens=[Listen(*each) for each in self.settings.listens],
            die_with_parent=True,
        )
        await self.instance.start()
        self._stack.push_async_callback(self.instance.stop)
        ami = self.settings.ami
        state = self._folder / "state"
        state.mkdir()
        url = f"sqlite+aiosqlite:///{state}/hotline.db"
        surroundings = Runtime(state, url, Address("127.0.0.1", 0), Address("127.0.0.1", 0), "Asia/Shanghai", ("zh",))
        self.switch = Switch(
            site, surroundings, AmiSettings(username=ami.live.name, secret=ami.live.secret, port=ami.port), (self,)
        )
        await self._stack.enter_async_context(self._switching)
        await self._switching.enter_async_context(self.switch)
        self._begun = True
        self._agents_farm = await self._stack.enter_async_context(PhoneFarm(self.sip_address, PHONE_HOST))
        self._callers_farm = await self._stack.enter_async_context(PhoneFarm(self.sip_address, TRUNK_HOST))
        await asyncio.gather(*(self._add_phone(agent.agent_id) for agent in self.settings.agents))
        await self.until(lambda: {agent.phone for agent in self.view().agents} <= {Phone.REACHABLE})

    def _settings(self, site: Site) -> PbxSettings:
        sounds, music = self._folder / "sounds", self._folder / "music"
        for name, hz in TONES.items():
            path = sounds / f"{name}.wav" if name.startswith("en/") else sounds / "zh" / f"{name}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_tone(path, hz, TONE_S)
        music.mkdir()
        write_tone(music / "low.wav", 220.0, 10.0)
        settings = settings_in(self._folder / "pbx", {}, **({"rtp": self._rtp} if self._rtp else {}))
        klass = settings.music[0].model_copy(update={"directory": music})
        return settings.model_copy(
            update={
                "sounds": sounds,
                "music": (klass,),
                "agents": tuple(AgentEndpoint(agent_id=a, sip_password=f"secret-{a}") for a in site.agents),
                "queues": tuple(FallbackQueue(queue_id=q) for q in ("default", *site.queues)),
                "entry_numbers": tuple(site.entries),
                "languages": ("zh", "en"),
            }
        )

    async def _add_phone(self, agent_id: str) -> None:
        phone = await self._agents_farm.softphone(agent_id, f"secret-{agent_id}", own_process=True)
        self._phones[agent_id] = AsteriskTelephone(self, phone)

    @property
    def sip_address(self) -> str:
        return f"{self.settings.transports.bind}:{self.settings.transports.udp}"

    @property
    def now(self) -> float:
        return self.switch.runtime.now()

    def view(self) -> SwitchView:
        return self.switch.view()

    async def change_site(self, site: Site) -> None:
        new = [agent_id for agent_id in site.agents if agent_id not in self._phones]
        endpoints = tuple(AgentEndpoint(agent_id=a, sip_password=f"secret-{a}") for a in site.agents)
        self.settings = self.settings.model_copy(update={"agents": endpoints})
        write(self.settings)
        await self.instance.reload(["res_pjsip.so", "app_queue.so", "pbx_config.so"])
        self.switch.change_site(site, {})
        await asyncio.gather(*(self._add_phone(agent_id) for agent_id in new))
        await self.until(lambda: {agent.phone for agent in self.view().agents} <= {Phone.REACHABLE})

    async def call(
        self, dialled: str = NUMBER, number: str = "13900000001", name: str = "", keys: Sequence[str] = ("0",)
    ) -> AsteriskCaller:
        await self._told()
        seen = len(self.events)
        call = await self.dial(dialled, number, name)
        await self.until(lambda: any(isinstance(event, CallArrived) for event in self.events[seen:]))
        arrived = next(event for event in self.events[seen:] if isinstance(event, CallArrived))
        tape = self.new_tape()
        caller = AsteriskCaller(self, call, arrived.call_id, keys, tape)
        self._callers[arrived.call_id] = caller
        await call.record(str(tape))
        self._listen_for_question(caller)
        return caller

    async def dial(self, dialled: str = NUMBER, number: str = "13900000001", name: str = "") -> PhoneCall:
        """Only dial, whether the switch is there or not."""
        line = self._lines.get(number)
        if line is None:
            line = self._lines[number] = await self._callers_farm.caller(number or "anonymous")
        # A line break cannot stand in a SIP header: whoever tries sends something else.
        quoted = " ".join(name.split()).replace("\\", "\\\\").replace('"', '\\"')
        user = number or "anonymous"
        return await line.dial(dialled, from_uri=f'"{quoted}" <sip:{user}@{TRUNK_HOST}>')

    async def end_switch(self) -> None:
        """The switch is gone; Asterisk and the people stay."""
        await self._switching.aclose()
        self._begun = False

    def phone(self, agent_id: str) -> AsteriskTelephone:
        return self._phones[agent_id]

    async def request(self, event: AgentEvent) -> Reply:
        await self._told()
        return await self.switch.ask(lambda request_id: dataclasses.replace(event, request_id=request_id), 5.0)

    async def until(self, condition: Callable[[], bool], within_s: float = 10.0) -> None:
        loop = asyncio.get_running_loop()
        latest = loop.time() + within_s + PATIENCE_S
        while not condition():
            if loop.time() > latest:
                raise AssertionError(f"not within {within_s + PATIENCE_S} s: {self.view()}")
            self._raise_failures()
            await asyncio.sleep(POLL_S)

    async def pass_time(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def begin_to(self, act: Coroutine[Any, Any, Any]) -> None:
        """What a person does: begun at once, not waited for; if it fails the scenario does."""
        self._tasks.add(asyncio.get_running_loop().create_task(_unless_over(act)))

    async def _told(self) -> None:
        if self.unsettled:
            self.unsettled = False
            await asyncio.gather(*self._tasks)

    def new_tape(self) -> Path:
        """Where the next recording goes."""
        return self._folder / f"tape-{next(self._tapes)}.wav"

    def _raise_failures(self) -> None:
        for task in [task for task in self._tasks if task.done()]:
            self._tasks.discard(task)
            task.result()

    async def settle(self) -> None:
        try:
            if self._begun:
                await self._come_to_rest()
        finally:
            await self._stack.aclose()

    async def _come_to_rest(self) -> None:
        for caller in self._callers.values():
            if caller.on_line:
                caller.hang_up()
        for phone in self._phones.values():
            if phone._vanished:
                phone.plug_in()
        await self.until(lambda: not self.view().calls)
        for agent in self.view().agents:
            await self.request(LogoutRequested(agent.agent_id))
        await self.until(lambda: all(not agent.phone_busy for agent in self.view().agents))
        await self.until(lambda: not any(phone.talking or phone.ringing for phone in self._phones.values()))
        self._left = await self._look_around()

    async def _look_around(self) -> list[str]:
        channels = await self.instance.command("core show channels concise")
        fields = [line.split("!") for line in channels.splitlines() if "!" in line]
        left = [f"channel {channel[0]} in {channel[1]}" for channel in fields]
        reservations = self.switch.engine.floor.reservations.values()
        left += [f"reservation {held.reservation_id} {held.state}" for held in reservations]
        left += [f"caller {caller.call_id} is on a dead line" for caller in self._callers.values() if caller.on_line]
        if self.switch.runtime.failures:
            left.append(f"the engine failed on {self.switch.runtime.failures} events")
        return left

    def leftovers(self) -> list[str]:
        return self._left


async def _unless_over(act: Coroutine[Any, Any, Any]) -> None:
    """People hang up or answer a moment too late now and then: nothing comes of it."""
    try:
        await act
    except PhoneGoneError as gone:
        if not str(gone).endswith("is over"):
            raise

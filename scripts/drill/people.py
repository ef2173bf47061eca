"""Who takes part in a drill: callers with their patience, agents' phones with their habits. What each saw is in the
legs."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Self

from scripts.drill.leg import Leg
from scripts.drill.line import Line
from scripts.drill.sip import SipMessage, user_of
from scripts.ports import free_ports

CALLERS_HOST, PHONES_HOST = "127.0.0.2", "127.0.0.3"
LOOK_S = 0.05
# The number of a caller: 5550001 and on. Names on the wire are c5550001 and, for agents, a2001.
FIRST_NUMBER = 5550001


@dataclass(slots=True)
class Caller:
    """Hangs up after `patience_s` if no agent was heard until then, and `talk_s` after the first word of one.

    None: never; the other side ends the call.
    """

    number: str
    dialled: str
    leg: Leg
    patience_s: float | None = None
    talk_s: float | None = None

    @property
    def on_line(self) -> bool:
        return not self.leg.over

    @property
    def hears(self) -> str:
        """The agent whose voice comes now, "" for nobody's."""
        return self.leg.voice.hears(time.time()).removeprefix("a")

    async def live(self) -> None:
        """Until the call is over. An agent whom they hear has all the time in the world, unless `talk_s` says less."""
        began, first_word_at = time.monotonic(), 0.0
        while not self.leg.over:
            await asyncio.sleep(LOOK_S)
            now = time.monotonic()
            if not first_word_at and self.leg.voice.heard:
                first_word_at = now
            if first_word_at and self.talk_s is not None and now - first_word_at >= self.talk_s:
                self.leg.hang_up()
            if not first_word_at and self.patience_s is not None and now - began >= self.patience_s:
                self.leg.hang_up()


@dataclass(slots=True)
class Phone:
    """The phone of an agent: answers each call `answer_s` after it rang and hangs up after `talk_s`; None: never."""

    agent_id: str
    answer_s: float | None = 0.5
    talk_s: float | None = None
    refuse: int = 0
    # How the next ring is taken, if it is not always the same: (answer_s, talk_s).
    habit: Callable[[], tuple[float | None, float | None]] | None = None
    rings: list[Leg] = field(default_factory=list)

    @property
    def ringing(self) -> bool:
        return any(not leg.over and not leg.answered for leg in self.rings)

    @property
    def talking(self) -> bool:
        return any(not leg.over and leg.answered for leg in self.rings)

    @property
    def hears(self) -> str:
        """The number of the caller whose voice comes now."""
        live = [leg for leg in self.rings if not leg.over]
        return live[-1].voice.hears(time.time()).removeprefix("c") if live else ""

    def answer(self) -> None:
        for leg in self.rings:
            leg.answer()

    def hang_up(self) -> None:
        """The call it talks."""
        for leg in self.rings:
            if leg.answered:
                leg.hang_up()

    async def live(self, leg: Leg) -> None:
        """What becomes of a ring. The habits count as they are when it begins."""
        refuse = self.refuse
        answer_s, talk_s = self.habit() if self.habit else (self.answer_s, self.talk_s)
        if answer_s is None:
            return
        await asyncio.sleep(answer_s)
        if refuse:
            leg.refuse(refuse)
            return
        leg.answer()
        if talk_s is not None:
            await asyncio.sleep(talk_s)
            leg.hang_up()


class People:
    """All of them, at `pbx` (host:port). The phones' address must be known before the PBX is configured."""

    def __init__(self, pbx: str, phones_port: int, agent_ids: Iterable[str]) -> None:
        self.phones = {agent_id: Phone(agent_id) for agent_id in agent_ids}
        self.callers: list[Caller] = []
        self._lives: set[asyncio.Task[None]] = set()
        self._stack = AsyncExitStack()
        self._watchers: list[Callable[[Leg], None]] = []
        self._callers_line = Line(CALLERS_HOST, free_ports(1, CALLERS_HOST)[0], pbx, self._changed)
        self._phones_line = Line(PHONES_HOST, phones_port, pbx, self._changed, self._ring)

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._callers_line)
        await self._stack.enter_async_context(self._phones_line)
        return self

    async def __aexit__(self, *exc: object) -> None:
        for life in self._lives:
            life.cancel()
        await self._stack.aclose()

    def watch(self, watcher: Callable[[Leg], None]) -> None:
        """Be told of every leg that begins to ring, is answered, or ends."""
        self._watchers.append(watcher)

    def call(self, dialled: str, *, patience_s: float | None = None, talk_s: float | None = None) -> Caller:
        number = str(FIRST_NUMBER + len(self.callers))
        caller = Caller(number, dialled, self._callers_line.dial(f"c{number}", dialled), patience_s, talk_s)
        self.callers.append(caller)
        self._begin(caller.live())
        return caller

    def vanish(self, agent_id: str) -> None:
        """The phone loses its network: it says and hears nothing any more."""
        self._phones_line.vanished.add(f"a{agent_id}")
        for leg in self.phones[agent_id].rings:
            if not leg.over:
                leg.drop()

    def come_back(self, agent_id: str) -> None:
        self._phones_line.vanished.discard(f"a{agent_id}")

    def lines_died(self) -> None:
        """The PBX is gone, and every call with it."""
        for leg in (*self._callers_line.legs.values(), *self._phones_line.legs.values()):
            leg.give_up()

    @property
    def on_line(self) -> list[Caller]:
        return [caller for caller in self.callers if caller.on_line]

    @property
    def talking(self) -> list[Caller]:
        """Callers whom an agent has answered."""
        answered = {leg.other_number for phone in self.phones.values() for leg in phone.rings
                    if leg.answered and not leg.over}  # fmt: skip
        return [caller for caller in self.on_line if caller.number in answered]

    def caller(self, number: str) -> Caller | None:
        return next((caller for caller in self.callers if caller.number == number), None)

    def legs_of(self, number: str) -> list[tuple[str, Leg]]:
        """(agent, leg) of every ring for this caller, in order."""
        legs = [(phone.agent_id, leg) for phone in self.phones.values() for leg in phone.rings
                if leg.other_number == number]  # fmt: skip
        return sorted(legs, key=lambda each: each[1].log.began_at)

    def _ring(self, request: SipMessage) -> None:
        phone = self.phones.get(user_of(request.start_line))
        if phone is None or f"a{phone.agent_id}" in self._phones_line.vanished:
            return
        leg = self._phones_line.accept(f"a{phone.agent_id}", request)
        phone.rings.append(leg)
        self._begin(phone.live(leg))

    def _changed(self, leg: Leg) -> None:
        for watcher in self._watchers:
            watcher(leg)

    def _begin(self, life: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(life)
        self._lives.add(task)
        task.add_done_callback(self._lives.discard)

"""A switch in memory: the real engine and runtime on a clock that the test sets, before a PBX that obeys at once."""

import heapq
from collections.abc import Callable, Sequence
from itertools import count

from acd.core.commands import Command, EnterWaitingRoom, Reply, RingAgent
from acd.core.engine import Engine
from acd.core.events import (
    AgentAnswered,
    AgentEvent,
    AgentRinging,
    CallArrived,
    CallWaiting,
    Event,
    LoginRequested,
    PbxSynced,
    ReadyRequested,
)
from acd.core.observer import Observer
from acd.core.site import AgentProfile, Site
from acd.core.view import SwitchView
from acd.core.words import Phone
from acd.health import Health, SwitchStopped
from acd.runtime import Runtime
from ivr.tree import EnterQueue, Tree
from routing.queue import Queue

START = 1_800_000_000.0


def make_site() -> Site:
    """Two queues, three agents; callers of 10086 go straight to `general`, of 10087 to `vip`."""
    return Site(
        name="test",
        queues={
            "general": Queue(
                "general", {"zh": "人工服务", "en": "General"}, {"general": 50}, wrap_up_s=20.0, wait_s_max=120.0
            ),
            "vip": Queue(
                "vip", {"zh": "全球通", "en": "GoTone"}, {"vip": 50}, service_level_threshold_s=7.0, wrap_up_s=0.0
            ),
        },
        agents={
            "1001": AgentProfile("1001", "张三", {"general": 50, "vip": 50}),
            "1002": AgentProfile("1002", "李四", {"general": 50}),
            "1003": AgentProfile("1003", "王五", {"vip": 50}),
        },
        entries={
            "10086": Tree("start", {"start": EnterQueue("general")}),
            "10087": Tree("start", {"start": EnterQueue("vip")}),
        },
        not_ready_reasons={"1": "break", "2": "meal"},
    )


class SwitchTwin:
    """Implements the web's SwitchPort. `rings` are the rings that the PBX was asked for, latest last."""

    def __init__(self, site: Site | None = None, observers: Sequence[Observer] = ()) -> None:
        self.site = site or make_site()
        self.time = START
        self.reported = Health(pbx_up=True, database_ok=True)
        self.silent = False
        self.stopped = False
        self.rings: list[RingAgent] = []
        self._replies: dict[str, Reply] = {}
        self._numbers = count(1)
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._cancelled: set[int] = set()
        self.runtime = Runtime(
            Engine(self.site), lambda: self.time, self._arm, self._perform, self._take_reply, observers
        )
        self.post(PbxSynced(phones=dict.fromkeys(self.site.agents, Phone.REACHABLE)))

    # ---- the port ----

    def view(self) -> SwitchView:
        return self.runtime.engine.view(self.runtime.now())

    def health(self) -> Health:
        return self.reported

    async def ask(self, make: Callable[[str], AgentEvent], deadline_s: float) -> Reply:
        if self.stopped:
            raise SwitchStopped
        if self.silent:
            raise TimeoutError
        request_id = f"r{next(self._numbers)}"
        self.post(make(request_id))
        return self._replies.pop(request_id)

    # ---- the test's hands ----

    def post(self, event: Event) -> None:
        self.runtime.post(event)

    def advance(self, seconds: float) -> None:
        """Let time pass, and all happen that is due."""
        until = self.time + seconds
        while self._timers and self._timers[0][0] <= until:
            at, number, ring = heapq.heappop(self._timers)
            if number not in self._cancelled:
                self.time = max(self.time, at)
                ring()
        self.time = until

    def staff(self, *agent_ids: str) -> None:
        for agent_id in agent_ids:
            self.post(LoginRequested(agent_id, "test"))
            self.post(ReadyRequested(agent_id))

    def call(self, call_id: str, dialled: str = "10086", number: str = "13912341234") -> None:
        self.post(CallArrived(call_id, dialled, number))

    def answer(self) -> RingAgent:
        """The latest ring is answered."""
        ring = self.rings[-1]
        self.post(AgentRinging(ring.call_id, ring.reservation_id, ring.agent_id))
        self.post(AgentAnswered(ring.call_id, ring.reservation_id, ring.agent_id))
        return ring

    def _perform(self, command: Command) -> None:
        if isinstance(command, EnterWaitingRoom):
            self.post(CallWaiting(command.call_id))
        elif isinstance(command, RingAgent):
            self.rings.append(command)

    def _take_reply(self, reply: Reply) -> None:
        self._replies[reply.request_id] = reply

    def _arm(self, at: float, ring: Callable[[], None]) -> Callable[[], None]:
        number = next(self._numbers)
        heapq.heappush(self._timers, (at, number, ring))
        return lambda: self._cancelled.add(number)

"""The engine alone, played as a script: an event in, the commands out."""

from collections.abc import Sequence
from typing import TypeVar

from acd.core.commands import Command, MirrorAgent, RingAgent
from acd.core.engine import Engine
from acd.core.events import (
    AgentAnswered,
    CallArrived,
    CallWaiting,
    Event,
    LoginRequested,
    PbxSynced,
    ReadyRequested,
)
from acd.core.reports import CallEnded, CallRecord, NoTransition, Report
from acd.core.site import Site
from acd.core.words import Phone
from acd.simulation.recount import recount

R = TypeVar("R")

QUICK = "10010"
"""A number whose tree goes straight to a queue: `billing`, or `general` where that is the only one."""


class Script:
    """`at` is the time of the next event; every event is followed by a recount of the floor."""

    def __init__(self, site: Site, start: float = 1000.0) -> None:
        self.engine = Engine(site)
        self.at = start
        self.reports: list[Report] = []

    def tell(self, *told: Event, at: float | None = None) -> list[Command]:
        """Mirrored agents are left out of what comes back, unless nothing else does."""
        self.at = self.at if at is None else at
        commands: list[Command] = []
        for event in told:
            commands += self.engine.handle(event, self.at)
            self._look()
        return [command for command in commands if not isinstance(command, MirrorAgent)]

    def pass_to(self, at: float) -> list[Command]:
        self.at = at
        commands = self.engine.advance(at)
        self._look()
        return [command for command in commands if not isinstance(command, MirrorAgent)]

    def _look(self) -> None:
        self.reports += self.engine.take_reports()
        recount(self.engine.floor)

    def of(self, kind: type[R]) -> list[R]:
        return [report for report in self.reports if isinstance(report, kind)]

    @property
    def strays(self) -> list[str]:
        """Triggers that found no transition."""
        return [report.trigger for report in self.of(NoTransition)]

    @property
    def records(self) -> list[CallRecord]:
        return [report.record for report in self.of(CallEnded)]

    def place(self, call_id: str) -> str:
        return self.engine.floor.calls[call_id].place

    def state(self, agent_id: str) -> str:
        return self.engine.floor.agents[agent_id].state

    # ---- what most scripts begin with ----

    def open(self, *ready: str, phones: Sequence[str] = ("1001", "1002", "1003")) -> None:
        """The PBX is there with these phones, and these agents are ready."""
        self.tell(PbxSynced(phones=dict.fromkeys(phones, Phone.REACHABLE)))
        for agent_id in ready:
            self.tell(LoginRequested(agent_id, "phone"), ReadyRequested(agent_id))

    def get_ready(self, agent_id: str) -> list[tuple[str, str]]:
        """The agent logs in and is ready; the rings that follow, as `rings` gives them."""
        return rings(self.tell(LoginRequested(agent_id, "phone"), ReadyRequested(agent_id)))

    def seat(self, call_id: str, dialled: str = QUICK) -> list[Command]:
        """A caller comes and waits; what follows that they do."""
        self.tell(CallArrived(call_id, dialled, "13912341234"))
        return self.tell(CallWaiting(call_id))

    def talk(self, call_id: str, agent_id: str) -> None:
        self.seat(call_id)
        self.tell(AgentAnswered(call_id, f"{call_id}.1", agent_id))
        assert self.place(call_id) == "talking"


def rings(commands: Sequence[Command]) -> list[tuple[str, str]]:
    """Which call is to ring at which agent."""
    return [(command.call_id, command.agent_id) for command in commands if isinstance(command, RingAgent)]


def play(site: Site, *ready: str, apart_s: float = 0.0) -> Script:
    """The PBX knows every agent's phone, and these agents are ready, each so much later than the one before."""
    played = Script(site)
    played.open(phones=list(site.agents))
    for agent_id in ready:
        played.at += apart_s
        played.get_ready(agent_id)
    return played

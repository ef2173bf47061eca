"""The PBX's side: what really rings, who really talks, and whether the core's picture of it stays right."""

from collections.abc import Callable

from acd.core.agent import Agent, AgentState
from acd.core.floor import Floor
from acd.core.words import Phone
from acd.pbx.simulated.channel import Room
from acd.pbx.simulated.exchange import Exchange
from acd.pbx.simulated.leg import Leg
from acd.simulation.broken import BrokenError
from acd.simulation.caller import LoggedCaller, Talk
from acd.simulation.switch import SimulatedSwitch
from acd.simulation.turns import stage_requirement
from routing.requirement import Requirement

COMPARE_EVERY_S = 5.0
# A difference lasts at most until the reconciler has seen it twice, 5 s apart, and its command has come back.
DIFFERS_S_MAX = 20.0
# What was told is heard within this; the slowest way is a StopRinging: link, refusal, phone.
CROSSING_S = 0.02


def may_ring(agent: Agent) -> bool:
    """Whether the fallback may ring the agent: ready, or to be so after the call. Said here once more, on purpose."""
    idle_soon = agent.state in (AgentState.READY, AgentState.RESERVED, AgentState.ON_CALL)
    return idle_soon and agent.pending in (None, AgentState.READY)


class Truth:
    """`linked_at` is when the link was last restored, None while it is down; `word` says of each agent
    whether the fallback might ring them when the core was last heard. `spoilt` says whether a subject's words were."""

    def __init__(self, switch: SimulatedSwitch, spoilt: Callable[[str], bool]) -> None:
        self._switch = switch
        self._spoilt = spoilt
        self._ended_reservations: dict[str, float] = {}
        self._asked_at: dict[str, float] = {}
        self._callers: dict[str, str] = {}
        self._differs: dict[tuple[str, str], float] = {}
        self.linked_at: float | None = None
        self.lost_at = 0.0
        self.word: dict[str, bool] = {}

    @property
    def _exchange(self) -> Exchange:
        return self._switch.pbx.exchange

    def look_at(self, ended_reservations: dict[str, float], asked_at: dict[str, float]) -> None:
        """When reservations ended, and agents last asked for a state to come: the checks' own dictionaries."""
        self._ended_reservations, self._asked_at = ended_reservations, asked_at

    def link_lost(self, floor: Floor) -> None:
        """The link falls, or the core with it: `floor` is the core's last word."""
        if self.linked_at is not None:
            now = self._switch.time.now
            # What has just changed may never have been heard, nor what was spoilt be healed before the link is back.
            self.word = {
                agent_id: may_ring(agent)
                or self._spoilt(agent_id)
                or now - max(agent.since, self.linked_at, self._asked_at.get(agent_id, 0.0)) <= CROSSING_S
                for agent_id, agent in floor.agents.items()
            }
            self.linked_at, self.lost_at = None, self._switch.time.now
        self._differs.clear()

    def link_restored(self) -> None:
        self.linked_at = self._switch.time.now

    # ---- rings and talks ----

    def ring_begins(self, agent_id: str, leg: Leg) -> None:
        """A phone is called: its agent must be ready for it by the core's word, but for what crosses on the link."""
        if self._spoilt(agent_id) or self._spoilt(leg.channel.call_id):
            return
        now, core = self._switch.time.now, self._switch.core
        if self.linked_at is None or core is None:
            excused = now - self.lost_at <= CROSSING_S
            allowed = excused or (not leg.reservation_id and self.word.get(agent_id, False))
        elif now - self.linked_at <= CROSSING_S:
            allowed = True
        elif leg.reservation_id:
            agent = core.engine.floor.agents.get(agent_id)
            held = agent is not None and agent.reservation_id == leg.reservation_id
            allowed = held or now - self._ended_reservations.get(leg.reservation_id, 0.0) <= CROSSING_S
        else:
            agent = core.engine.floor.agents.get(agent_id)
            crossing = agent is not None and now - max(agent.since, self._asked_at.get(agent_id, 0.0)) <= CROSSING_S
            allowed = crossing or (agent is not None and may_ring(agent))
        if not allowed:
            agent = core.engine.floor.agents.get(agent_id) if core else None
            state = f"{agent.state} {agent.reason}".strip() if agent else "unknown to the core"
            ring = leg.reservation_id or "the fallback"
            raise BrokenError("rings_ready", f"{agent_id}, who is {state}, is rung for {leg.channel.call_id} by {ring}")

    def talk(self, caller: LoggedCaller, talk: Talk) -> None:
        """A talk begins or has ended: one agent a caller, one caller an agent."""
        if talk.ended_at:
            self._callers.pop(talk.agent_id, None)
            return
        other = self._callers.get(talk.agent_id)
        if other is not None:
            raise BrokenError("one_bridge", f"{talk.agent_id} talks to {other} and to {caller.call_id}")
        if len(caller.talks) > 1 and not caller.talks[-2].ended_at:
            raise BrokenError("one_bridge", f"{caller.call_id} talks to {caller.talks[-2].agent_id}, {talk.agent_id}")
        self._callers[talk.agent_id] = caller.call_id

    # ---- the core's picture ----

    def compare(self) -> None:
        """Every few seconds: what differs now must not have differed for long."""
        core, now = self._switch.core, self._switch.time.now
        if core is None or self.linked_at is None:
            return
        floor = core.engine.floor
        found: dict[tuple[str, str], tuple[str, str]] = {}
        waiting: dict[str, Requirement] = {}
        for call_id, channel in self._exchange.channels.items():
            call = floor.calls.get(call_id)
            if call is None:
                found["unknown", call_id] = ("healed", f"{call_id} is in {channel.room}, the core knows nothing of it")
            elif channel.room is Room.WAITING_ROOM and call.ending is None and call.visit is not None:
                waiting[call_id] = stage_requirement(floor, call.visit)
        for call_id, call in floor.calls.items():
            here = self._exchange.channels.get(call_id)
            if here is None:
                found["gone", call_id] = ("healed", f"{call_id} is gone, the core has it {call.place}")
            elif here.talking != (call.place == "talking"):
                found["talk", call_id] = ("healed", f"{call_id} in {here.room}, talking {here.talking}; {call.place}")
        for agent_id, agent in floor.agents.items():
            phone = self._exchange.phones[agent_id]
            if agent.state is not AgentState.READY or phone.busy or phone.known is not Phone.REACHABLE:
                continue
            for call_id, asked in waiting.items():
                if asked.met_by(agent.skills, agent.groups):
                    found["idle", agent_id] = ("dispatch", f"{agent_id} is ready and idle; {call_id} asks for {asked}")
                    break
        self._differs = {key: self._differs.get(key, now) for key in found}
        for key, (invariant, text) in found.items():
            if now - self._differs[key] > DIFFERS_S_MAX:
                raise BrokenError(invariant, f"for {now - self._differs[key]:.0f} s: {text}")

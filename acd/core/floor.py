"""The floor: every call, agent, queue and reservation, and the few moves that change them.

All that happens to the floor goes through these moves, so that the lines, the counts and the reports always agree
with the states. What is to be done and what was done collects in `commands` and `reports` until the engine takes them.
"""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from acd.core import agent as agents
from acd.core import call as calls
from acd.core import reservation as reservations
from acd.core.agent import Agent, AgentState, AgentTrigger
from acd.core.call import Call, CallTrigger, Place, Visit
from acd.core.commands import Command, MirrorAgent
from acd.core.deadlines import Deadlines
from acd.core.line import Line
from acd.core.reports import AgentMoved, CallMoved, CallQueued, NoTransition, Report, VisitEnded, VisitRecord
from acd.core.reservation import Reservation, ReservationTrigger
from acd.core.site import AgentProfile, Site
from acd.core.words import Phone, VisitOutcome
from routing.queue import Queue

# Some minutes of calls on the busiest day.
ENDED_CALLS_MAX = 16384


@dataclass(slots=True)
class QueueLines:
    """What a queue holds now. `visits` are the open visits in order of joining, calls that ring included;
    `waiting` the calls that may be rung for; `idle` the agents who may be; `standings` counts the queue's
    logged-in agents by what they count as."""

    queue: Queue
    visits: Line = field(default_factory=Line)
    waiting: Line = field(default_factory=Line)
    idle: Line = field(default_factory=Line)
    standings: Counter[str] = field(default_factory=Counter)

    def passed_over(self) -> dict[str, int]:
        return {why: n for why, n in self.standings.items() if n and why != "eligible"}


class Floor:
    """The whole state of the engine. `seated` and `freed` are the calls and agents that have just become free to
    be matched: the engine matches after every event. While the link is down, `watched_until` is when it was lost (or
    the run before ended); `restored`: the PBX has not yet been heard since this run began with a memory.
    `catching_up`: the PBX's state is known as it was a moment ago, and what happened since is about to be told."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.calls: dict[str, Call] = {}
        self.agents: dict[str, Agent] = {}
        self.queues: dict[str, QueueLines] = {}
        self.reservations: dict[str, Reservation] = {}
        self.deadlines = Deadlines()
        self.pbx_up = False
        self.catching_up = False
        self.watched_until = 0.0
        self.restored = False
        self.commands: list[Command] = []
        self.reports: list[Report] = []
        self.seated: deque[str] = deque()
        self.freed: deque[str] = deque()
        self._changed_presence: dict[str, None] = {}
        self._ended: dict[str, None] = {}
        self._departed: dict[str, tuple[str, ...]] = {}
        for queue in site.queues.values():
            self.queues[queue.queue_id] = QueueLines(queue)
        for profile in site.agents.values():
            self.hire(profile)

    # ---- calls ----

    def move_call(self, call: Call, trigger: CallTrigger, now: float) -> bool:
        """Take the transition; False (and a report) if the machine has none."""
        after = calls.TRANSITIONS.get((call.place, trigger))
        if after is None:
            self.no_transition("call", call.call_id, call.place, trigger, now)
            return False
        if call.place is Place.WAITING:
            self.unseat(call)
        self.reports.append(CallMoved(now, call.call_id, call.place, trigger, after))
        call.place, call.since = after, now
        return True

    def forget_call(self, call: Call) -> None:
        """The call has ended. Its id is known for a while: a word told late must not bring it to life again."""
        del self.calls[call.call_id]
        self.know_ended((call.call_id,))

    def know_ended(self, call_ids: Iterable[str]) -> None:
        for call_id in call_ids:
            self._ended[call_id] = None
        while len(self._ended) > ENDED_CALLS_MAX:
            del self._ended[next(iter(self._ended))]

    def has_ended(self, call_id: str) -> bool:
        return call_id in self._ended

    def seat(self, call: Call) -> None:
        """The caller is in the waiting room: from now on an agent may be rung for them."""
        if call.visit is None or call.seated:
            return
        call.seated = True
        call.line_key = call.order(call.visit.entered_at)
        self.lines_of(call.visit.queue).waiting.add(call.line_key)
        self.seated.append(call.call_id)

    def unseat(self, call: Call) -> None:
        if call.seated and call.visit is not None and call.line_key is not None:
            self.lines_of(call.visit.queue).waiting.remove(call.line_key)
        call.seated, call.line_key = False, None

    def open_visit(self, call: Call, queue: Queue, entered_at: float, now: float) -> None:
        call.visit = Visit(queue, entered_at)
        call.queued_at = call.queued_at or entered_at
        visits = self.lines_of(queue).visits
        key = call.order(entered_at)
        visits.add(key)
        if queue.wait_s_max is not None:
            self.deadlines.set("wait_max", call.call_id, entered_at + queue.wait_s_max)
        self.reports.append(CallQueued(now, call.call_id, queue.queue_id, visits.position(key) + 1))

    def close_visit(
        self,
        call: Call,
        outcome: VisitOutcome,
        now: float,
        agent_id: str = "",
        to: str = "",
        left_at: float | None = None,
    ) -> None:
        """End the call's open visit, if there is one. `left_at`: it ended earlier, and is only known now."""
        visit = call.visit
        if visit is None:
            return
        self.unseat(call)
        call.visit = None
        self.deadlines.cancel("wait_max", call.call_id)
        self.lines_of(visit.queue).visits.remove(call.order(visit.entered_at))
        left_at = now if left_at is None else left_at
        wait_s = max(0.0, left_at - visit.entered_at)
        record = VisitRecord(visit.queue.queue_id, visit.entered_at, left_at, outcome, wait_s, agent_id, to)
        call.visits.append(record)
        self.reports.append(VisitEnded(now, call.call_id, record))

    def lines_for(self, queue_id: str) -> QueueLines | None:
        """The queue's lines, or those of the site's first queue if it has been removed: nobody is sent away for that.

        None if the site has no queue at all.
        """
        return self.queues.get(queue_id) or next(iter(self.queues.values()), None)

    def lines_of(self, queue: Queue) -> QueueLines:
        return self.queues[queue.queue_id]

    # ---- agents ----

    def hire(self, profile: AgentProfile) -> None:
        """Add an agent, or take over what the site now says of one."""
        known = self.agents.get(profile.agent_id)
        if known is None:
            self.agents[profile.agent_id] = Agent(profile)
            self._departed.pop(profile.agent_id, None)
            return
        self._leave_lines(known)
        known.profile, known.retired = profile, False
        self._join_lines(known)
        self._changed_presence[profile.agent_id] = None

    def dismiss(self, agent: Agent) -> None:
        """Forget an agent who is logged out and is no longer in the site, and have the fallback forget them."""
        if self.agents.pop(agent.agent_id, None) is None:
            return
        self._leave_lines(agent)
        self._changed_presence.pop(agent.agent_id, None)
        self._departed[agent.agent_id] = agent.profile.queue_ids
        self.commands.append(MirrorAgent(agent.agent_id, "absent", agent.profile.queue_ids))

    def move_agent(self, agent: Agent, trigger: AgentTrigger, now: float, reason: str = "") -> bool:
        """Take the transition; False (and a report) if the machine has none."""
        after = agents.TRANSITIONS.get((agent.state, trigger))
        if after is None:
            self.no_transition("agent", agent.agent_id, agent.state, trigger, now)
            return False
        self.reports.append(
            AgentMoved(
                now, agent.agent_id, agent.state, trigger, after, reason, agent.call_id, max(0.0, now - agent.since)
            )
        )
        if after is AgentState.READY and trigger is not AgentTrigger.RELEASE:
            agent.idle_since = now
        if after is not AgentState.NOT_READY:
            self.deadlines.cancel("recovery", agent.agent_id)
        if agent.state is AgentState.WRAP_UP:
            self.deadlines.cancel("wrap_up", agent.agent_id)
        agent.state, agent.since, agent.reason = after, now, reason
        if after is AgentState.LOGGED_OUT:
            agent.station = ""
        self.rate(agent)
        return True

    def set_phone(self, agent: Agent, phone: Phone, busy: bool) -> None:
        agent.phone, agent.phone_busy = phone, busy
        self.rate(agent)

    def rate(self, agent: Agent) -> None:
        """Bring lines, counts and the fallback's view in accord with what the agent is now."""
        standing = agent.rate_standing()
        if standing != agent.standing:
            self._leave_lines(agent)
            agent.standing = standing
            self._join_lines(agent)
        if agent.rate_presence() != agent.presence:
            self._changed_presence[agent.agent_id] = None

    def _leave_lines(self, agent: Agent) -> None:
        counted = agent.standing != AgentState.LOGGED_OUT
        for lines in self._lines_served(agent):
            if counted:
                lines.standings[agent.standing] -= 1
            if agent.idle_key is not None:
                lines.idle.remove(agent.idle_key)
        agent.idle_key = None

    def _join_lines(self, agent: Agent) -> None:
        eligible = agent.standing == "eligible"
        agent.idle_key = (agent.idle_since, agent.agent_id) if eligible else None
        counted = agent.standing != AgentState.LOGGED_OUT
        for lines in self._lines_served(agent):
            if counted:
                lines.standings[agent.standing] += 1
            if agent.idle_key is not None:
                lines.idle.add(agent.idle_key)
        if eligible:
            self.freed.append(agent.agent_id)

    def _lines_served(self, agent: Agent) -> list[QueueLines]:
        return [self.queues[queue_id] for queue_id in agent.profile.queue_ids]

    def mirror_agents(self) -> None:
        """Tell the fallback what changed since it was last told; a PBX that is away is told all when it is back."""
        if not self.pbx_up:
            return
        for agent_id in self._changed_presence:
            agent = self.agents[agent_id]
            agent.presence = agent.rate_presence()
            self.commands.append(MirrorAgent(agent_id, agent.presence, agent.profile.queue_ids))
        self._changed_presence.clear()

    def mirror_again(self, agent_id: str) -> None:
        self._changed_presence[agent_id] = None

    def mirror_everybody(self) -> None:
        """Tell the fallback all: it may have missed any of it, also that somebody is no longer an agent."""
        self.commands.extend(MirrorAgent(agent_id, "absent", queues) for agent_id, queues in self._departed.items())
        self._changed_presence.update(dict.fromkeys(self.agents))

    # ---- reservations ----

    def move_reservation(self, held: Reservation, trigger: ReservationTrigger, now: float) -> bool:
        after = reservations.TRANSITIONS.get((held.state, trigger))
        if after is None:
            self.no_transition("reservation", held.reservation_id, held.state, trigger, now)
            return False
        held.state = after
        return True

    def no_transition(self, machine: str, subject: str, state: str, trigger: str, now: float) -> None:
        self.reports.append(NoTransition(now, machine, subject, state, trigger))

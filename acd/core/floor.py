"""The floor: every call, agent, queue and reservation, and the few moves that change them.

All that happens to the floor goes through these moves, so that the lines, the counts and the reports always agree
with the states. What is to be done and what was done collects in `commands` and `reports` until the engine takes them.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from acd.core import agent as agents
from acd.core import call as calls
from acd.core import reservation as reservations
from acd.core.agent import Agent, AgentState, AgentTrigger
from acd.core.call import Call, CallTrigger, Place, Visit
from acd.core.commands import Command, HangUpCall, MirrorAgent
from acd.core.deadlines import Deadlines
from acd.core.reports import AgentMoved, CallMoved, CallQueued, NoTransition, Report, VisitEnded, VisitRecord
from acd.core.reservation import Reservation, ReservationTrigger
from acd.core.site import AgentProfile, Site
from acd.core.words import Outcome, Phone, VisitOutcome
from routing.line import Line
from routing.pool import Pool
from routing.pools import Pools
from routing.queue import Queue
from routing.requirement import Requirement
from routing.score import Claim

# Some minutes of calls on the busiest day.
ENDED_CALLS_MAX = 16384


@dataclass(frozen=True, slots=True)
class Stage:
    """What holds for a call of a queue from `after_s` of its wait there on, by all steps until then."""

    after_s: float
    pool: Pool
    priority: int = 0
    overflow_to: str = ""


@dataclass(slots=True)
class QueueLines:
    """What a queue holds now. `visits` are the open visits in order of joining, calls that ring included; `stages` the
    pools that its calls ask in turn, the first from the beginning."""

    queue: Queue
    visits: Line = field(default_factory=Line)
    stages: tuple[Stage, ...] = ()

    @property
    def full(self) -> bool:
        return len(self.visits) >= self.queue.length_max

    @property
    def pool(self) -> Pool:
        """The one that is asked first."""
        return self.stages[0].pool

    def stage_at(self, entered_at: float, now: float) -> tuple[int, Stage]:
        """The stage of a call that has waited here since `entered_at`, and how many steps have led there. Reckoned as
        the deadline of a step is, so that the step holds at that very moment however it is rounded."""
        number = sum(now >= entered_at + stage.after_s for stage in self.stages[1:])
        return number, self.stages[number]

    def next_stage_after(self, number: int) -> Stage | None:
        return self.stages[number + 1] if number + 1 < len(self.stages) else None


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
        self.pools = Pools()
        self._asked_first: dict[Pool, list[str]] = {}
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
        self.set_queues(site.queues.values())
        self.settle_pools()
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

    def seat(self, call: Call, stage: Stage, now: float) -> None:
        """The caller is in the waiting room: from now on an agent of the stage's pool may be rung for them."""
        visit = call.visit
        assert visit is not None, "who is seated visits a queue"
        lines = self.lines_of(visit.queue)
        overdue_at = visit.joined_at + self.site.overtaken_s_max
        claim = Claim(call.call_id, visit.joined_at, call.priority + stage.priority, lines.queue.weight)
        stood = call.stands
        self.unseat(call)
        call.pool, call.stands = stage.pool, stage.pool.add(claim, overdue=now >= overdue_at)
        following = lines.next_stage_after(visit.stage)
        due = [at for at in (overdue_at, visit.entered_at + following.after_s if following else now) if at > now]
        if due:
            self.deadlines.set("step", call.call_id, min(due))
        if call.stands != stood:
            self.seated.append(call.call_id)

    def unseat(self, call: Call) -> None:
        if call.stands is not None:
            line, key = call.stands
            line.remove(key)
            call.pool = call.stands = None
            self.deadlines.cancel("step", call.call_id)

    def open_visit(
        self, call: Call, queue: Queue, entered_at: float, now: float, *, joined_at: float | None = None
    ) -> None:
        """`joined_at`: since when the place in line counts, if the call waited in another queue before."""
        joined_at = entered_at if joined_at is None else joined_at
        key = (joined_at - 60.0 * call.priority, call.call_id)
        call.visit = Visit(queue, entered_at, joined_at, key)
        call.queued_at = call.queued_at or entered_at
        visits = self.lines_of(queue).visits
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
        visits = self.lines_of(visit.queue).visits
        visits.remove(visit.key)
        left_at = now if left_at is None else left_at
        wait_s = max(0.0, left_at - visit.entered_at)
        record = VisitRecord(visit.queue.queue_id, visit.entered_at, left_at, outcome, wait_s, agent_id, to)
        call.visits.append(record)
        self.reports.append(VisitEnded(now, call.call_id, record))
        if not visits and visit.queue.queue_id not in self.site.queues:
            self.drop_queue(visit.queue.queue_id)
            self.settle_pools()

    def hang_up(self, call: Call, prompt: str, outcome: Outcome, reason: str) -> None:
        """The switch ends the call, after a word to the caller; the outcome counts from now on."""
        call.ending = (outcome, reason)
        self.commands.append(HangUpCall(call.call_id, prompt, call.language))

    # ---- queues ----

    def set_queues(self, queues: Iterable[Queue]) -> None:
        """Take over what the site now says of these queues, with the pools that they ask."""
        for queue in queues:
            lines = self.queues.setdefault(queue.queue_id, QueueLines(queue))
            lines.queue, lines.stages = queue, self._stages_of(queue)

    def drop_queue(self, queue_id: str) -> None:
        del self.queues[queue_id]

    def _stages_of(self, queue: Queue) -> tuple[Stage, ...]:
        requirement, priority, onward = queue.requirement, 0, ""
        stages = [Stage(0.0, self._pool(requirement, queue.strategy))]
        for step in queue.steps:
            requirement, priority = requirement.widened(step.lower, step.groups), priority + step.priority
            # A call that is still here found the next queue full: a later step must not keep it from going there.
            onward = step.overflow_to or onward
            stages.append(Stage(step.after_s, self._pool(requirement, queue.strategy), priority, onward))
        return tuple(stages)

    def _pool(self, requirement: Requirement, strategy: str) -> Pool:
        known = self.pools.find(requirement, strategy)
        if known is not None:
            return known
        pool = self.pools.add(requirement, strategy)
        for agent in self.agents.values():
            if requirement.met_by(agent.profile.skills, agent.groups):
                self._leave_lines(agent)
                agent.pools.append(pool)
                self._join_lines(agent)
        return pool

    def settle_pools(self) -> None:
        """After queues have changed: forget the pools that none asks any more, and see who serves which queue."""
        used = {stage.pool for lines in self.queues.values() for stage in lines.stages}
        unused = {pool for pool in self.pools if pool not in used}
        for agent in self.agents.values() if unused else ():
            if not unused.isdisjoint(agent.pools):
                self._leave_lines(agent)
                agent.pools = [pool for pool in agent.pools if pool not in unused]
                self._join_lines(agent)
        for pool in unused:
            self.pools.remove(pool)
        asked_first: dict[Pool, list[str]] = {}
        for lines in self.queues.values():
            asked_first.setdefault(lines.pool, []).append(lines.queue.queue_id)
        if asked_first != self._asked_first:
            self._asked_first = asked_first
            for agent in self.agents.values():
                self._find_queues(agent)

    def lines_for(self, queue_id: str) -> QueueLines | None:
        """The queue's lines, or those of the site's first queue if it has been removed: nobody is sent away for that.

        None if the site has no queue at all.
        """
        return self.queues.get(queue_id) or next((self.queues[first] for first in self.site.queues), None)

    def lines_of(self, queue: Queue) -> QueueLines:
        return self.queues[queue.queue_id]

    # ---- agents ----

    def hire(self, profile: AgentProfile) -> None:
        """Add an agent, or take over what the site now says of one."""
        known = self.agents.get(profile.agent_id)
        if known is None:
            known = self.agents[profile.agent_id] = Agent(profile)
            self._departed.pop(profile.agent_id, None)
        else:
            self._leave_lines(known)
            known.profile, known.retired = profile, False
        known.pools = self.pools.met_by(profile.skills, known.groups)
        self._join_lines(known)
        self._find_queues(known)

    def _find_queues(self, agent: Agent) -> None:
        """The queues whose calls the agent takes from the beginning: those in which the fallback may ring them."""
        served = tuple(queue_id for pool in agent.pools for queue_id in self._asked_first.get(pool, ()))
        if served != agent.queue_ids:
            agent.queue_ids = served
            if agent.presence != "absent":
                self._changed_presence[agent.agent_id] = None

    def dismiss(self, agent: Agent) -> None:
        """Forget an agent who is logged out and is no longer in the site, and have the fallback forget them."""
        if self.agents.pop(agent.agent_id, None) is None:
            return
        self._leave_lines(agent)
        self._changed_presence.pop(agent.agent_id, None)
        self._departed[agent.agent_id] = agent.queue_ids
        self.commands.append(MirrorAgent(agent.agent_id, "absent", agent.queue_ids))

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
        agent.spend(max(0.0, now - agent.since))
        agent.state, agent.since, agent.reason = after, now, reason
        if after is AgentState.LOGGED_OUT:
            agent.station = ""
            agent.forget_tally()
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
        if counted:
            for pool in agent.pools:
                pool.standings[agent.standing] -= 1
        for line, key in agent.stands:
            line.remove(key)
        agent.stands = []

    def _join_lines(self, agent: Agent) -> None:
        counted = agent.standing != AgentState.LOGGED_OUT
        if counted:
            for pool in agent.pools:
                pool.standings[agent.standing] += 1
        if agent.eligible:
            agent.stands = [(pool.idle, pool.key_of(agent)) for pool in agent.pools]
            for line, key in agent.stands:
                line.add(key)
            self.freed.append(agent.agent_id)

    def mirror_agents(self) -> None:
        """Tell the fallback what changed since it was last told; a PBX that is away is told all when it is back."""
        if not self.pbx_up:
            return
        for agent_id in self._changed_presence:
            agent = self.agents[agent_id]
            agent.presence = agent.rate_presence()
            self.commands.append(MirrorAgent(agent_id, agent.presence, agent.queue_ids))
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

"""What is checked after every step of the engine: only what the step touched, so that it costs the same on any floor.

The checks keep their own books, written from the reports alone, and hold the floor to them.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from acd.core.agent import Agent, AgentState
from acd.core.call import Call, Place, Visit
from acd.core.commands import RingAgent
from acd.core.events import (
    AgentAnswered,
    AgentRinging,
    CallWaiting,
    CommandFailed,
    Event,
    ReservationRejected,
    RingEnded,
)
from acd.core.floor import Floor
from acd.core.reports import (
    AgentMoved,
    AgentPending,
    CallEnded,
    CallMoved,
    CallQueued,
    CallRecord,
    Report,
    ReservationCreated,
    ReservationEnded,
    ReservationRinging,
    TalkFinished,
    VisitEnded,
)
from acd.core.reservation import ReservationState
from acd.core.words import Phone, VisitOutcome
from acd.simulation.broken import BrokenError
from acd.simulation.choice import Choices, check_may_answer
from acd.simulation.switch import Core
from acd.simulation.turns import find_pool, rank_claim, stage_requirement

# Events that name the one reservation they are about.
FENCED = (AgentRinging, AgentAnswered, RingEnded, CallWaiting, CommandFailed, ReservationRejected)
EPSILON_S = 1e-6
TIMER_LATE_S_MAX = 2.0


class StepChecks:
    """An observer of every step. `steps` counts them; `on_record` is told of each record.

    `ended_reservations` and `asked_at` (for a state to come after the call) are times by reservation and by agent.
    """

    def __init__(self, on_record: Callable[[CallRecord], None]) -> None:
        self.steps = 0
        self.offered: Counter[str] = Counter()
        self.closed: dict[VisitOutcome, Counter[str]] = {outcome: Counter() for outcome in VisitOutcome}
        self.ended_reservations: dict[str, float] = {}
        self.asked_at: dict[str, float] = {}
        self._on_record = on_record
        self._floor: Floor | None = None
        self._core: Core | None = None
        self._due: float | None = None
        self._open: Counter[str] = Counter()
        # The live reservations: by agent, and by call with their agents.
        self._of_agent: dict[str, str] = {}
        self._of_call: dict[str, tuple[str, str]] = {}
        self._visiting: dict[str, str] = {}
        self._calls: set[str] = set()
        self._agents: set[str] = set()
        self._queues: set[str] = set()
        self._rung: list[ReservationCreated] = []
        self._choices = Choices()
        # Calls that leave one queue for another in this step, and where to.
        self._going_on: dict[str, str] = {}
        self._named: str | None = None
        self._table: dict[type, Callable[[Any], None]] = {
            CallMoved: self._call_moved,
            AgentMoved: self._agent_moved,
            AgentPending: self._agent_pending,
            CallQueued: self._queued,
            VisitEnded: self._visit_ended,
            ReservationCreated: self._created,
            ReservationRinging: self._ringing,
            ReservationEnded: self._ended,
            TalkFinished: self._talk_finished,
            CallEnded: self._call_ended,
        }

    def begin(self, core: Core) -> None:
        """Another core has begun: what the checks know of the last one's floor no longer counts."""
        self._core, self._floor, self._due = core, core.engine.floor, None
        self._choices.forget()
        self._adopt(core.engine.floor)

    def _adopt(self, floor: Floor) -> None:
        """Take the floor's word for what it holds; the books go on from there."""
        self._open = Counter({queue_id: len(lines.visits) for queue_id, lines in floor.queues.items()})
        self._visiting = {c: call.visit.queue.queue_id for c, call in floor.calls.items() if call.visit is not None}
        self._of_agent = {held.agent_id: held.reservation_id for held in floor.reservations.values()}
        self._of_call = {held.call_id: (held.reservation_id, held.agent_id) for held in floor.reservations.values()}

    # ---- the step ----

    def observe(self, now: float, event: Event | None, reports: Sequence[Report]) -> None:
        self.steps += 1
        floor, core = self._floor, self._core
        assert floor is not None, "a core has begun"
        assert core is not None, "a core has begun"
        if core.runtime.failures:
            raise BrokenError("runs", f"the engine failed on {type(event).__name__}")
        if self._due is not None and event is not None and self._due < now - EPSILON_S:
            raise BrokenError("timers", f"due {now - self._due:.3f} s ago and nothing has happened")
        self._named = event.reservation_id if isinstance(event, FENCED) else None
        table = self._table
        for report in reports:
            take = table.get(type(report))
            if take is not None:
                take(report)
        if self._going_on:
            raise BrokenError("books", f"{sorted(self._going_on)} went on to another queue and are in none")
        kind = type(event).__name__
        if kind == "Restored":
            self._adopt(floor)
        if self._calls:
            for call_id in self._calls:
                call = floor.calls.get(call_id)
                if call is not None:
                    self._check_call(floor, call)
            self._calls.clear()
        if self._agents:
            for agent_id in self._agents:
                agent = floor.agents.get(agent_id)
                if agent is not None:
                    self._check_agent(floor, agent)
            self._agents.clear()
        if self._rung:
            self._check_rings(floor)
            self._rung.clear()
        if self._queues:
            self._check_books(floor)
            self._queues.clear()
        self._check_floor(floor)
        self._due = core.engine.next_deadline()

    def _check_floor(self, floor: Floor) -> None:
        if len(floor.reservations) != len(self._of_call):
            raise BrokenError(
                "one_reservation",
                f"the floor holds {sorted(floor.reservations)}, the reports say {sorted(self._of_call.values())}",
            )
        if floor.pbx_up and not floor.catching_up:
            for pool in floor.pools:
                if len(pool.idle) and pool.has_calls:
                    raise BrokenError("dispatch", f"{pool.idle[0][-1]} is idle beside {next(pool.calls())}, who waits")

    # ---- the books, from the reports ----

    def _call_moved(self, report: CallMoved) -> None:
        self._calls.add(report.call_id)
        if report.before == Place.TALKING and report.after != Place.TALKING:
            self._let_go(report.call_id)

    def _agent_moved(self, report: AgentMoved) -> None:
        self._agents.add(report.agent_id)

    def _agent_pending(self, report: AgentPending) -> None:
        self._agents.add(report.agent_id)
        self.asked_at[report.agent_id] = report.at

    def _queued(self, report: CallQueued) -> None:
        self._calls.add(report.call_id)
        self._queues.add(report.queue_id)
        self.offered[report.queue_id] += 1
        self._open[report.queue_id] += 1
        self._visiting[report.call_id] = report.queue_id
        to = self._going_on.pop(report.call_id, None)
        if to is not None:
            self._check_onward(report, to)

    def _visit_ended(self, report: VisitEnded) -> None:
        queue_id = report.visit.queue_id
        self._calls.add(report.call_id)
        self._queues.add(queue_id)
        self.closed[report.visit.outcome][queue_id] += 1
        self._open[queue_id] -= 1
        self._visiting.pop(report.call_id, None)
        if report.visit.outcome is VisitOutcome.OPEN:
            raise BrokenError("books", f"a visit of {report.call_id} to {queue_id} ended open")
        if self._floor is not None and report.visit.flowed_out_to in self._floor.queues:
            self._going_on[report.call_id] = report.visit.flowed_out_to

    def _created(self, report: ReservationCreated) -> None:
        before = self._of_agent.get(report.agent_id) or self._of_call.get(report.call_id)
        if before is not None:
            raise BrokenError(
                "one_reservation", f"{report.reservation_id} for {report.agent_id} while {before} is still live"
            )
        self._of_agent[report.agent_id] = report.reservation_id
        self._of_call[report.call_id] = (report.reservation_id, report.agent_id)
        self._calls.add(report.call_id)
        self._agents.add(report.agent_id)
        self._rung.append(report)

    def _ringing(self, report: ReservationRinging) -> None:
        self._check_fence(report.reservation_id)

    def _check_fence(self, reservation_id: str) -> None:
        if self._named is not None and reservation_id != self._named:
            raise BrokenError("fenced", f"a word about {self._named or 'none'} moved {reservation_id}")

    def _ended(self, report: ReservationEnded) -> None:
        self._check_fence(report.reservation_id)
        self._calls.add(report.call_id)
        self._agents.add(report.agent_id)
        if report.outcome != ReservationState.ACCEPTED:
            self._let_go(report.call_id)
            self.ended_reservations[report.reservation_id] = report.at

    def _talk_finished(self, report: TalkFinished) -> None:
        self._calls.add(report.call_id)
        self._agents.add(report.agent_id)
        self._let_go(report.call_id)

    def _let_go(self, call_id: str) -> None:
        _, agent_id = self._of_call.pop(call_id, ("", ""))
        self._of_agent.pop(agent_id, None)

    def _call_ended(self, report: CallEnded) -> None:
        record, floor = report.record, self._floor
        assert floor is not None, "a core has begun"
        self._check_ended(floor, record)
        self._on_record(record)

    # ---- what must hold ----

    def _check_books(self, floor: Floor) -> None:
        for queue_id in self._queues:
            lines = floor.queues.get(queue_id)
            now_open = len(lines.visits) if lines is not None else 0
            if now_open != self._open[queue_id]:
                raise BrokenError(
                    "books",
                    f"{queue_id} holds {now_open} open visits; offered less what has ended is {self._open[queue_id]}",
                )

    def _check_call(self, floor: Floor, call: Call) -> None:
        place, call_id, visit = call.place, call.call_id, call.visit
        if place is Place.ENDED:
            raise BrokenError("ended_holds_nothing", f"{call_id} has ended and is still on the floor")
        if place in (Place.WAITING, Place.RINGING):
            if visit is None and call.ending is None:
                raise BrokenError("one_place", f"{call_id} is {place} outside every queue")
        elif visit is not None and place is not Place.IN_FALLBACK:
            raise BrokenError("one_place", f"{call_id} is {place} and still visits {visit.queue.queue_id}")
        if visit is not None and call.visits and visit.joined_at != call.visits[0].entered_at:
            since = f"{call.visits[0].entered_at}, and counts from {visit.joined_at}"
            raise BrokenError("order", f"{call_id} has waited since {since} in {visit.queue.queue_id}")
        if call.seated and (place is not Place.WAITING or call.ending is not None or call.pool is None):
            raise BrokenError("one_place", f"{call_id} is {place} and could be rung for")
        if visit is not None and visit.queue.wait_s_max is not None and place in (Place.WAITING, Place.RINGING):
            self._check_wait(floor, call, visit.queue.queue_id)
        if place is Place.RINGING:
            held = floor.reservations.get(call.reservation_id)
            if held is None or held.call_id != call_id or held.state is not ReservationState.PENDING:
                raise BrokenError("one_reservation", f"{call_id} rings with {call.reservation_id or 'none'}: {held}")
            # What becomes of a ring while the link is down is seen when it is up.
            if floor.pbx_up and floor.deadlines.get("ring", call.reservation_id) is None:
                raise BrokenError("timers", f"{call.reservation_id} could ring for ever")
            if self._of_call.get(call_id, ("", ""))[0] != call.reservation_id:
                raise BrokenError("one_reservation", f"{call_id} rings with {call.reservation_id}, never reported")
        elif place is Place.TALKING:
            agent = floor.agents.get(call.agent_id)
            if agent is not None and (agent.state is not AgentState.ON_CALL or agent.call_id != call_id):
                whom = f"{agent.agent_id}, who is {agent.state} {agent.call_id}"
                raise BrokenError("one_bridge", f"{call_id} is believed to talk to {whom}")
        elif call.reservation_id:
            raise BrokenError("one_place", f"{call_id} is {place} and holds {call.reservation_id}")

    def _check_wait(self, floor: Floor, call: Call, queue_id: str) -> None:
        """A queue that bounds the wait has a timer for it, as long as the call is not on its way out."""
        if call.ending is None and floor.deadlines.get("wait_max", call.call_id) is None:
            raise BrokenError("timers", f"{call.call_id} could wait in {queue_id} for ever")

    def _check_onward(self, report: CallQueued, to: str) -> None:
        """Who goes on to another queue comes there, and there is room."""
        assert self._floor is not None, "a core has begun"
        lines = self._floor.queues[to]
        if report.queue_id != to or len(lines.visits) > lines.queue.length_max:
            there = f"in {report.queue_id}; {to} holds {len(lines.visits)} of {lines.queue.length_max}"
            raise BrokenError("books", f"{report.call_id} went on to {to} and is {there}")

    def _check_agent(self, floor: Floor, agent: Agent) -> None:
        state, agent_id = agent.state, agent.agent_id
        if agent.standing != agent.rate_standing():
            raise BrokenError("agrees", f"{agent_id} counts as {agent.standing} and is {agent.rate_standing()}")
        if len(agent.stands) != (len(agent.pools) if agent.standing == "eligible" else 0):
            raise BrokenError("agrees", f"{agent_id} counts as {agent.standing}, stands in {len(agent.stands)} lines")
        if state is AgentState.RESERVED:
            held = floor.reservations.get(agent.reservation_id)
            if held is None or held.agent_id != agent_id or held.state is not ReservationState.PENDING:
                raise BrokenError("one_reservation", f"{agent_id} is reserved with {agent.reservation_id}: {held}")
        elif state is AgentState.ON_CALL:
            call = floor.calls.get(agent.call_id)
            if call is None or call.place is not Place.TALKING or call.agent_id != agent_id:
                raise BrokenError("one_place", f"{agent_id} is on a call with {agent.call_id}, who is not: {call}")
        elif agent.reservation_id or (agent.call_id and state is not AgentState.WRAP_UP):
            raise BrokenError(
                "ended_holds_nothing", f"{agent_id} is {state}, holds {agent.reservation_id} {agent.call_id}"
            )
        elif state is AgentState.WRAP_UP:
            lines = floor.queues.get(agent.queue_id)
            timed = lines is not None and lines.queue.wrap_up_s is not None
            if timed and floor.deadlines.get("wrap_up", agent_id) is None:
                raise BrokenError("timers", f"the wrap-up of {agent_id} could last for ever")

    def _check_rings(self, floor: Floor) -> None:
        """Who is rung has what is asked, and nobody else was to be rung, or rung for, first."""
        for report in self._rung:
            call, agent = floor.calls.get(report.call_id), floor.agents.get(report.agent_id)
            if call is None or agent is None or call.visit is None:
                continue
            pool, asked = find_pool(floor, call.visit), stage_requirement(floor, call.visit)
            before = self._choices.note(pool, agent.agent_id)
            check_may_answer(floor, agent.agent_id, asked, call.call_id)
            self._check_turn(floor, report.at, call, call.visit, agent)
            self._choices.check(floor, pool, asked, agent, before, call.call_id)

    def _check_turn(self, floor: Floor, now: float, call: Call, visit: Visit, agent: Agent) -> None:
        """Nobody of a higher score, and nobody overdue who joined before, is left in a line of the agent. A call
        becomes overdue by a timer, which may come a little late: of such the turn is not known."""
        if abs(now - visit.joined_at - floor.site.overtaken_s_max) < TIMER_LATE_S_MAX:
            return
        mine = rank_claim(floor, now, call, visit)
        for pool in agent.pools:
            for line in (pool.overdue, *pool.waiting.values()):
                for end in (0, -1) if len(line) else ():
                    other = floor.calls[line[end][-1]]
                    assert other.visit is not None, "who stands in line visits a queue"
                    theirs = rank_claim(floor, now, other, other.visit)
                    if theirs[0] != (line is pool.overdue):
                        continue
                    if theirs > (mine[0], mine[1] + EPSILON_S):
                        raise BrokenError(
                            "order", f"{agent.agent_id} rings for {call.call_id}; it is the turn of {other.call_id}"
                        )

    def _check_ended(self, floor: Floor, record: CallRecord) -> None:
        call_id = record.call_id
        if call_id in floor.calls:
            raise BrokenError("ended_holds_nothing", f"{call_id} has a record and is still on the floor")
        if call_id in self._of_call:
            raise BrokenError("ended_holds_nothing", f"{call_id} has ended and holds {self._of_call[call_id][0]}")
        if floor.deadlines.get("wait_max", call_id) is not None:
            raise BrokenError("ended_holds_nothing", f"{call_id} has ended and has a deadline")
        if record.agent_id:
            agent = floor.agents.get(record.agent_id)
            if agent is not None and agent.call_id == call_id and agent.state is not AgentState.WRAP_UP:
                raise BrokenError("ended_holds_nothing", f"{agent.agent_id} is {agent.state} with {call_id}, who left")
        if call_id in self._visiting:
            raise BrokenError("ended_holds_nothing", f"{call_id} has ended and still visits {self._visiting[call_id]}")

    # ---- commands ----

    def check_command(self, command: RingAgent) -> None:
        """The core may ring only whom it has reserved for this very ring."""
        assert self._floor is not None, "a core has begun"
        agent = self._floor.agents.get(command.agent_id)
        if agent is None or agent.state is not AgentState.RESERVED or agent.reservation_id != command.reservation_id:
            state = agent.state if agent else "unknown"
            raise BrokenError("rings_ready", f"asked to ring {command.agent_id}, who is {state}")
        if agent.phone is not Phone.REACHABLE or agent.phone_busy:
            busy = " and busy" if agent.phone_busy else ""
            raise BrokenError("rings_ready", f"asked to ring {command.agent_id}, whose phone is {agent.phone}{busy}")

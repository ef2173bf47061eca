"""Bugs in the life of calls and agents: lines, reservations, talks, records, timers, healing."""

from typing import Any

import pytest

from acd.core import callers, engine, events, phones, reconcile, requests, restore, resync, rings, waiting
from acd.core.agent import Agent, AgentState
from acd.core.call import Call, CallTrigger, Place
from acd.core.commands import MirrorAgent
from acd.core.deadlines import Deadlines
from acd.core.floor import Floor, Stage
from acd.core.reports import CallEnded, CallQueued
from acd.core.reservation import Reservation, ReservationTrigger
from acd.core.words import Phone, Side, VisitOutcome
from routing.line import Key, Line
from tests.simulation.bug import Bugs, never_set

BUGS = Bugs()
planted = BUGS.planted


# ---- lines and order ----


@planted("dispatch")
def who_leaves_stays_in_line(patch: pytest.MonkeyPatch) -> None:
    def unseat(self: Floor, call: Call) -> None:
        call.pool = call.stands = None
        self.deadlines.cancel("step", call.call_id)

    patch.setattr(Floor, "unseat", unseat)


@planted("order")
def the_last_in_line_comes_first(patch: pytest.MonkeyPatch) -> None:
    def first(self: Line) -> Key | None:
        return self[len(self) - 1] if len(self) else None

    patch.setattr(Line, "first", first)


@planted("order")
def a_returned_call_goes_to_the_end_of_the_line(patch: pytest.MonkeyPatch) -> None:
    seat = Floor.seat

    def reseat(self: Floor, call: Call, stage: Stage, now: float) -> None:
        seat(self, call, stage, now)
        if call.attempts and call.stands is not None:
            line, key = call.stands
            line.remove(key)
            call.stands = line, (now, *key[1:])
            line.add((now, *key[1:]))

    patch.setattr(Floor, "seat", reseat)


@planted("dispatch")
def who_becomes_free_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    join_lines = Floor._join_lines

    def join(self: Floor, agent: Agent) -> None:
        join_lines(self, agent)
        if agent.state is AgentState.READY and self.freed:
            self.freed.pop()

    patch.setattr(Floor, "_join_lines", join)


# ---- reservations ----


@planted("one_reservation")
def a_release_forgets_the_agent(patch: pytest.MonkeyPatch) -> None:
    def release(floor: Floor, agent: Agent, now: float) -> None:
        agent.reservation_id = agent.call_id = agent.queue_id = ""

    patch.setattr(callers, "release", release)


@planted("one_reservation", "fenced")
def a_waiting_caller_is_believed_while_they_ring(patch: pytest.MonkeyPatch) -> None:
    """The word may be older than the ring."""

    def believe(floor: Floor, event: events.CallWaiting, now: float) -> None:
        call = floor.calls.get(event.call_id)
        if call is not None and call.place is Place.RINGING and call.ending is None:
            call.reservation_id = ""
            floor.move_call(call, CallTrigger.RETURNED, now)
            waiting.stand_in_line(floor, call, now)
            return
        original(floor, event, now)

    original = engine.REACTIONS[events.CallWaiting]
    patch.setitem(engine.REACTIONS, events.CallWaiting, believe)


@planted("fenced")
def reservations_are_not_fenced(patch: pytest.MonkeyPatch) -> None:
    """What is said of an old ring is taken for the one that goes on now."""

    def pending(floor: Floor, reservation_id: str, trigger: str, now: float) -> Reservation | None:
        call = floor.calls.get(reservation_id.rpartition(".")[0])
        return original(floor, call.reservation_id if call else reservation_id, trigger, now)

    original = rings.pending
    patch.setattr(rings, "pending", pending)


@planted("ended_holds_nothing", "rings_ready")
def an_agent_on_break_is_reserved(patch: pytest.MonkeyPatch) -> None:
    original = Agent.rate_standing

    def rate(self: Agent) -> str:
        on_break = self.state is AgentState.NOT_READY and self.reason == "break" and self.phone is Phone.REACHABLE
        return "eligible" if on_break else original(self)

    patch.setattr(Agent, "rate_standing", rate)


@planted("rings_ready")
def a_busy_phone_counts_as_free(patch: pytest.MonkeyPatch) -> None:
    original = Agent.rate_standing

    def rate(self: Agent) -> str:
        standing = original(self)
        return "eligible" if standing == "phone_busy" else standing

    patch.setattr(Agent, "rate_standing", rate)


@planted("rings_ready")
def the_fallback_takes_everybody_for_ready(patch: pytest.MonkeyPatch) -> None:
    def rate(self: Agent) -> str:
        return "absent" if self.state is AgentState.LOGGED_OUT else "ready"

    patch.setattr(Agent, "rate_presence", rate)


# ---- talks ----


@planted("one_bridge")
def a_talk_ends_for_the_agent_alone(patch: pytest.MonkeyPatch) -> None:
    """A hang-up that crosses with the other's leaves the call where it was."""

    def end_talk(floor: Floor, call: Call, by: Side, now: float) -> None:
        place, answered_at, agent_id = call.place, call.answered_at, call.agent_id
        original(floor, call, by, now)
        if by is Side.AGENT:
            call.place, call.answered_at, call.agent_id = place, answered_at, agent_id

    original = rings.end_talk
    patch.setattr(rings, "end_talk", end_talk)


@planted("ended_holds_nothing")
def a_talk_ends_for_the_caller_alone(patch: pytest.MonkeyPatch) -> None:
    def end_talk(floor: Floor, call: Call, by: Side, now: float) -> None:
        floor.move_call(call, CallTrigger.TALK_ENDED, now)
        call.hung_up_by, call.talk_s = by, now - call.answered_at
        floor.reservations.pop(call.reservation_id, None)
        call.reservation_id = ""

    patch.setattr(callers, "end_talk", end_talk)


# ---- the end of a call ----


@planted("ended_holds_nothing")
def an_ended_call_keeps_its_visit(patch: pytest.MonkeyPatch) -> None:
    original = Floor.close_visit

    def close(self: Floor, call: Call, outcome: VisitOutcome, now: float, *rest: Any, **more: Any) -> None:
        if outcome is not VisitOutcome.ABANDONED:
            original(self, call, outcome, now, *rest, **more)

    patch.setattr(Floor, "close_visit", close)


@planted("ended_holds_nothing", "records")
def an_ended_call_stays_on_the_floor(patch: pytest.MonkeyPatch) -> None:
    def forget(self: Floor, call: Call) -> None:
        self._ended[call.call_id] = None

    patch.setattr(Floor, "forget_call", forget)


@planted("books", "ended_holds_nothing")
def a_visit_ends_unreported(patch: pytest.MonkeyPatch) -> None:
    original = Floor.close_visit

    def close(self: Floor, call: Call, outcome: VisitOutcome, now: float, *rest: Any, **more: Any) -> None:
        reported = len(self.reports)
        original(self, call, outcome, now, *rest, **more)
        if outcome is VisitOutcome.FLOWED_OUT:
            del self.reports[reported:]

    patch.setattr(Floor, "close_visit", close)


@planted("one_place")
def who_talks_still_visits_the_queue(patch: pytest.MonkeyPatch) -> None:
    original = Floor.close_visit

    def close(self: Floor, call: Call, outcome: VisitOutcome, now: float, *rest: Any, **more: Any) -> None:
        if outcome is not VisitOutcome.ANSWERED:
            original(self, call, outcome, now, *rest, **more)

    patch.setattr(Floor, "close_visit", close)


@planted("books")
def a_visit_is_counted_twice(patch: pytest.MonkeyPatch) -> None:
    """One who comes back from a ring that nobody answered."""
    original = rings.return_call

    def return_call(floor: Floor, held: Reservation, now: float) -> None:
        original(floor, held, now)
        call = floor.calls[held.call_id]
        if call.visit is not None:
            floor.reports.append(CallQueued(now, call.call_id, call.visit.queue.queue_id, 1))

    patch.setattr(rings, "return_call", return_call)


# ---- records ----


@planted("records")
def a_caller_who_left_while_it_rang_has_no_record(patch: pytest.MonkeyPatch) -> None:
    def hung_up(floor: Floor, event: events.CallerHungUp, now: float) -> None:
        call = floor.calls.get(event.call_id)
        rang = call is not None and call.place is Place.RINGING
        original(floor, event, now)
        if rang:
            floor.reports = [report for report in floor.reports if not isinstance(report, CallEnded)]

    original = engine.REACTIONS[events.CallerHungUp]
    patch.setitem(engine.REACTIONS, events.CallerHungUp, hung_up)


@planted("records")
def calls_that_have_a_record_are_not_known(patch: pytest.MonkeyPatch) -> None:
    """After a restart the PBX still remembers their end."""
    patch.setattr(Floor, "has_ended", lambda self, call_id: False)


@planted("records")
def the_wait_ends_with_the_ring(patch: pytest.MonkeyPatch) -> None:
    def answered(floor: Floor, event: events.AgentAnswered, now: float) -> None:
        held = rings.pending(floor, event.reservation_id, "answered", now)
        if held is not None:
            rings.close(floor, held, ReservationTrigger.ACCEPT, "answered", now)
            rings.establish(
                floor, floor.calls[held.call_id], held.agent_id, held.reservation_id, now, held.created_at
            )

    patch.setitem(engine.REACTIONS, events.AgentAnswered, answered)


@planted("records")
def the_join_time_is_lost_with_the_core(patch: pytest.MonkeyPatch) -> None:
    original = Floor.open_visit

    def open_visit(self: Floor, call: Call, queue: Any, entered_at: float, now: float, **more: Any) -> None:
        original(self, call, queue, now, now, **more)

    patch.setattr(Floor, "open_visit", open_visit)


@planted("records")
def the_ringing_agent_is_recorded_whoever_answered(patch: pytest.MonkeyPatch) -> None:
    """The PBX's word about who talks is not looked at."""

    def still_talks(call: Call, shown: events.CallSeen) -> bool:
        return shown.talking

    def settle_ring(floor: Floor, call: Call, shown: events.CallSeen, now: float) -> None:
        held = floor.reservations[call.reservation_id]
        if shown.talking or shown.room == resync.AFTER_CALL:
            rings.close(floor, held, ReservationTrigger.ACCEPT, "answered", now)
            rings.establish(floor, call, held.agent_id, held.reservation_id, now, shown.answered_at or now)
        else:
            original(floor, call, shown, now)

    original = resync._settle_ring
    patch.setattr(resync, "_settle_ring", settle_ring)
    patch.setattr(resync, "_still_talks", still_talks)


# ---- timers ----


@planted("timers")
def a_ring_has_no_deadline(patch: pytest.MonkeyPatch) -> None:
    never_set(patch, "ring")


@planted("timers")
def a_wrap_up_has_no_deadline(patch: pytest.MonkeyPatch) -> None:
    never_set(patch, "wrap_up")


@planted("timers")
def a_restored_wrap_up_has_no_deadline(patch: pytest.MonkeyPatch) -> None:
    original = restore._restore_agent

    def restore_agent(floor: Floor, agent: Agent, memory: Any, now: float) -> None:
        original(floor, agent, memory, now)
        floor.deadlines.cancel("wrap_up", agent.agent_id)

    patch.setattr(restore, "_restore_agent", restore_agent)


@planted("timers")
def the_timer_is_told_of_the_last_deadline(patch: pytest.MonkeyPatch) -> None:
    def last(self: Deadlines) -> float | None:
        return max(self._due.values(), default=None)

    patch.setattr(Deadlines, "next", last)


# ---- counts, healing, the PBX ----


@planted("agrees")
def those_who_leave_are_still_counted(patch: pytest.MonkeyPatch) -> None:
    original = Floor._leave_lines

    def leave(self: Floor, agent: Agent) -> None:
        standing = agent.standing
        original(self, agent)
        if standing == AgentState.WRAP_UP:
            for one in agent.pools:
                one.standings[standing] += 1

    patch.setattr(Floor, "_leave_lines", leave)


@planted("healed", "records", "dispatch")
def differences_are_seen_and_not_healed(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(engine.REACTIONS, events.Diverged, lambda floor, event, now: None)


@planted("healed")
def callers_who_left_unheard_stay(patch: pytest.MonkeyPatch) -> None:
    original = reconcile._heal

    def heal(floor: Floor, difference: events.Difference, now: float) -> None:
        if difference.kind != "call_gone":
            original(floor, difference, now)

    patch.setattr(reconcile, "_heal", heal)


@planted("asks_well")
def a_caller_on_the_way_back_from_a_ring_is_rung_for(patch: pytest.MonkeyPatch) -> None:
    """The PBX has not said yet that they are in the waiting room again."""
    original = rings.take_back

    def take_back(floor: Floor, held: Reservation, reason: str, now: float) -> None:
        original(floor, held, reason, now)
        waiting.stand_in_line(floor, floor.calls[held.call_id], now)

    for module in (rings, requests, phones):
        patch.setattr(module, "take_back", take_back)


@planted("rings_ready", "rest", "healed")
def the_fallback_is_not_told_of_log_outs(patch: pytest.MonkeyPatch) -> None:
    original = Floor.mirror_agents

    def mirror(self: Floor) -> None:
        original(self)
        self.commands = [c for c in self.commands if not (isinstance(c, MirrorAgent) and c.presence == "absent")]

    patch.setattr(Floor, "mirror_agents", mirror)


@planted("rest")
def what_is_asked_in_an_untimed_wrap_up_waits_for_its_end(patch: pytest.MonkeyPatch) -> None:
    original = requests._go

    def go(floor: Floor, agent: Agent, wanted: AgentState, reason: str, now: float) -> None:
        if agent.state is AgentState.WRAP_UP and floor.deadlines.get("wrap_up", agent.agent_id) is None:
            agent.pending, agent.pending_reason = wanted, reason
            floor.rate(agent)
        else:
            original(floor, agent, wanted, reason, now)

    patch.setattr(requests, "_go", go)


@planted("runs")
def the_engine_fails_on_a_rare_word(patch: pytest.MonkeyPatch) -> None:
    """An agent's phone that dies in a talk ends it by nobody's hand."""
    def talk_ended(floor: Floor, event: events.TalkEnded, now: float) -> None:
        {Side.AGENT: "agent", Side.CALLER: "caller"}[event.by]
        original(floor, event, now)

    original = engine.REACTIONS[events.TalkEnded]
    patch.setitem(engine.REACTIONS, events.TalkEnded, talk_ended)

"""What becomes of a reservation: it rings, is answered, fails or is taken back, and the talk that follows ends.

Fencing: every event names its reservation. Only the pending one it names is moved; anything later is counted as
having no transition, and the PBX has refused it by itself.
"""

from acd.core.agent import Agent, AgentState, AgentTrigger
from acd.core.call import Call, CallTrigger, Place
from acd.core.commands import StopRinging
from acd.core.events import AgentAnswered, AgentRinging, CommandFailed, RingEnded, TalkEnded
from acd.core.floor import Floor
from acd.core.reports import (
    CallEstablished,
    ReservationEnded,
    ReservationRinging,
    RingRecord,
    TalkFinished,
    WrapUpFinished,
)
from acd.core.reservation import Reservation, ReservationState, ReservationTrigger
from acd.core.words import Phone, Reason, RingEnd, Side, VisitOutcome

# How a ring that failed ends the reservation, and the reason that the agent's not_ready gets.
FAILED_RINGS: dict[RingEnd, tuple[ReservationTrigger, Reason]] = {
    RingEnd.NO_ANSWER: (ReservationTrigger.TIME_OUT, Reason.NO_ANSWER),
    RingEnd.REJECTED: (ReservationTrigger.REJECT, Reason.REJECTED),
    RingEnd.BUSY: (ReservationTrigger.REJECT, Reason.REJECTED),
    RingEnd.UNREACHABLE: (ReservationTrigger.RESCIND, Reason.DEVICE_DOWN),
    RingEnd.FAILED: (ReservationTrigger.RESCIND, Reason.DEVICE_DOWN),
}


def ringing(floor: Floor, event: AgentRinging, now: float) -> None:
    held = pending(floor, event.reservation_id, "ringing", now)
    if held is None or held.ringing_at:
        return
    held.ringing_at = now
    floor.deadlines.cancel("ringing", held.reservation_id)
    floor.reports.append(
        ReservationRinging(now, held.reservation_id, held.call_id, held.agent_id, now - held.created_at)
    )


def answered(floor: Floor, event: AgentAnswered, now: float) -> None:
    held = pending(floor, event.reservation_id, "answered", now)
    if held is None:
        return
    close(floor, held, ReservationTrigger.ACCEPT, "answered", now)
    establish(floor, floor.calls[held.call_id], held.agent_id, held.reservation_id, now, now)


def establish(
    floor: Floor, call: Call, agent_id: str, reservation_id: str, now: float, answered_at: float
) -> None:
    """Caller and agent talk, since `answered_at`. `agent_id` may name one whom the site no longer has."""
    if not floor.move_call(call, CallTrigger.ANSWERED, now):
        return
    agent = floor.agents.get(agent_id)
    visit = call.visit
    queue_id = visit.queue.queue_id if visit else ""
    wait_s = max(0.0, answered_at - visit.entered_at) if visit else 0.0
    floor.close_visit(call, VisitOutcome.ANSWERED, now, agent_id, left_at=answered_at)
    call.agent_id, call.reservation_id, call.answered_at = agent_id, reservation_id, answered_at
    if agent is not None:
        agent.call_id, agent.reservation_id, agent.queue_id = call.call_id, reservation_id, queue_id
        agent.calls_answered += 1
        floor.move_agent(agent, AgentTrigger.ANSWER, now)
    floor.reports.append(CallEstablished(now, call.call_id, reservation_id, agent_id, queue_id, wait_s))


def join_talk(
    floor: Floor, call: Call, agent_id: str, reservation_id: str, now: float, answered_at: float
) -> None:
    """The PBX has connected the two by itself: they go on talking, whatever the agent was believed to do."""
    agent = floor.agents.get(agent_id)
    if agent is not None and agent.state is AgentState.ON_CALL:
        end_talk(floor, floor.calls[agent.call_id], Side.SYSTEM, now)
    elif agent is not None and agent.state is AgentState.RESERVED:
        take_back(floor, floor.reservations[agent.reservation_id], "talks_elsewhere", now)
        release(floor, agent, now)
    establish(floor, call, agent_id, reservation_id, now, answered_at)


def ring_ended(floor: Floor, event: RingEnded, now: float) -> None:
    held = pending(floor, event.reservation_id, f"ring_ended:{event.end}", now)
    if held is None:
        return
    if event.end is RingEnd.RESCINDED:
        give_back(floor, held, "rescinded", now)
    else:
        fail(floor, held, event.end, now)


def command_failed(floor: Floor, event: CommandFailed, now: float) -> None:
    """A ring the PBX could not begin goes back to the line; it says itself where the caller is."""
    held = floor.reservations.get(event.reservation_id)
    if held is not None and held.state is ReservationState.PENDING:
        give_back(floor, held, "pbx_refused", now)


def fail(floor: Floor, held: Reservation, end: RingEnd, now: float) -> None:
    """The agent or the phone did not take the call: it goes back to its place, the agent to not_ready."""
    trigger, reason = FAILED_RINGS[end]
    agent = floor.agents[held.agent_id]
    close(floor, held, trigger, end, now)
    return_call(floor, held, now)
    withdraw(floor, agent, reason, now)
    if reason is Reason.NO_ANSWER and floor.site.no_answer_recovery_s is not None:
        floor.deadlines.set("recovery", agent.agent_id, now + floor.site.no_answer_recovery_s)


def give_back(floor: Floor, held: Reservation, reason: str, now: float) -> None:
    """Nobody's fault: the call goes back to its place, the agent stays ready with the idle time kept."""
    close(floor, held, ReservationTrigger.RESCIND, reason, now)
    return_call(floor, held, now)
    release(floor, floor.agents[held.agent_id], now)


def take_back(floor: Floor, held: Reservation, reason: str, now: float) -> None:
    """The switch ends the ring; the caller is in the waiting room again when the PBX says so."""
    close(floor, held, ReservationTrigger.RESCIND, reason, now)
    return_call(floor, held, now)
    floor.commands.append(StopRinging(held.call_id, held.reservation_id, held.agent_id))


def close(floor: Floor, held: Reservation, trigger: ReservationTrigger, reason: str, now: float) -> None:
    """Move the reservation out of pending, with its record and report."""
    floor.move_reservation(held, trigger, now)
    floor.deadlines.cancel("ringing", held.reservation_id)
    floor.deadlines.cancel("ring", held.reservation_id)
    call = floor.calls[held.call_id]
    call.rings.append(
        RingRecord(
            held.reservation_id, held.agent_id, held.queue_id, held.created_at, held.ringing_at, now,
            held.state, reason, held.decision,
        )
    )  # fmt: skip
    ring_s = now - held.ringing_at if held.ringing_at else 0.0
    floor.reports.append(
        ReservationEnded(
            now, held.reservation_id, held.call_id, held.agent_id, held.queue_id, held.state, reason, ring_s
        )
    )
    if held.state is not ReservationState.ACCEPTED:
        del floor.reservations[held.reservation_id]


def return_call(floor: Floor, held: Reservation, now: float) -> None:
    call = floor.calls[held.call_id]
    call.reservation_id = ""
    if call.place is Place.RINGING:
        floor.move_call(call, CallTrigger.RETURNED, now)


def withdraw(floor: Floor, agent: Agent, reason: str, now: float) -> None:
    agent.reservation_id = ""
    floor.move_agent(agent, AgentTrigger.WITHDRAW, now, reason)
    agent.call_id = agent.queue_id = ""


def release(floor: Floor, agent: Agent, now: float) -> None:
    agent.reservation_id = ""
    floor.move_agent(agent, AgentTrigger.RELEASE, now)
    agent.call_id = agent.queue_id = ""


def talk_ended(floor: Floor, event: TalkEnded, now: float) -> None:
    call = floor.calls.get(event.call_id)
    if call is None or call.reservation_id != event.reservation_id or call.place is not Place.TALKING:
        state = call.place if call else "unknown"
        floor.no_transition("call", event.call_id, state, "talk_ended", now)
        return
    end_talk(floor, call, event.by, now)


def end_talk(floor: Floor, call: Call, by: Side, now: float) -> None:
    """The talk is over: the call goes on to after_call, the agent to wrap_up."""
    agent = floor.agents.get(call.agent_id)
    floor.move_call(call, CallTrigger.TALK_ENDED, now)
    call.hung_up_by, call.talk_s = by, call.talk_s + max(0.0, now - call.answered_at)
    held = floor.reservations.pop(call.reservation_id, None)
    if held is not None:
        floor.move_reservation(held, ReservationTrigger.COMPLETE, now)
    call.reservation_id = ""
    if agent is None or agent.call_id != call.call_id:
        return
    floor.reports.append(
        TalkFinished(now, call.call_id, agent.agent_id, agent.queue_id, max(0.0, now - call.answered_at), by)
    )
    agent.reservation_id = ""
    agent.talked_s += max(0.0, now - call.answered_at)
    floor.move_agent(agent, AgentTrigger.END_TALK, now)
    begin_wrap_up(floor, agent, now)


def begin_wrap_up(floor: Floor, agent: Agent, now: float) -> None:
    """The agent is in wrap_up for as long as the queue of the call gives; no time at all ends it at once."""
    lines = floor.queues.get(agent.queue_id)
    wrap_up_s = lines.queue.wrap_up_s if lines else 0.0
    if wrap_up_s == 0:
        finish_wrap_up(floor, agent, now)
    elif wrap_up_s is not None:
        floor.deadlines.set("wrap_up", agent.agent_id, now + wrap_up_s)


# What an agent does after wrap_up, by the state that was asked for meanwhile.
AFTER_WRAP_UP = {
    None: AgentTrigger.GET_READY,
    AgentState.READY: AgentTrigger.GET_READY,
    AgentState.NOT_READY: AgentTrigger.GET_NOT_READY,
    AgentState.LOGGED_OUT: AgentTrigger.LOG_OUT,
}


def finish_wrap_up(floor: Floor, agent: Agent, now: float) -> None:
    """The agent leaves wrap_up for the state asked for meanwhile; ready if none was."""
    floor.deadlines.cancel("wrap_up", agent.agent_id)
    floor.reports.append(
        WrapUpFinished(now, agent.agent_id, agent.call_id, agent.queue_id, max(0.0, now - agent.since))
    )
    # Whoever the site has removed meanwhile goes, whatever they asked for last.
    pending_state, reason = AgentState.LOGGED_OUT if agent.retired else agent.pending, agent.pending_reason
    agent.pending, agent.pending_reason = None, ""
    agent.call_id = agent.queue_id = ""
    trigger = AFTER_WRAP_UP[pending_state]
    if trigger is AgentTrigger.GET_READY and agent.phone is Phone.UNREACHABLE:
        trigger, reason = AgentTrigger.GET_NOT_READY, Reason.DEVICE_DOWN
    floor.move_agent(agent, trigger, now, reason)
    if agent.retired and agent.state is AgentState.LOGGED_OUT:
        floor.dismiss(agent)


def pending(floor: Floor, reservation_id: str, trigger: str, now: float) -> Reservation | None:
    """The reservation if it is still pending; else None, and the event is counted."""
    held = floor.reservations.get(reservation_id)
    if held is None or held.state is not ReservationState.PENDING:
        state = held.state if held else "ended"
        floor.no_transition("reservation", reservation_id, state, trigger, now)
        return None
    return held

"""What callers do: they arrive, press keys, wait, and hang up."""

from acd.core.call import Call, CallTrigger, Place
from acd.core.commands import EnterWaitingRoom, HangUpCall, PlayPrompt, StopRinging
from acd.core.events import (
    CallArrived,
    CallerHungUp,
    CallInAfterCall,
    CallInFallback,
    CallWaiting,
    FallbackAnswered,
    FallbackEnded,
    PromptEnded,
)
from acd.core.floor import Floor
from acd.core.reports import CallEnded, CallOpened, CallRecord
from acd.core.reservation import ReservationTrigger
from acd.core.rings import close, end_talk, give_back, join_talk, release
from acd.core.words import Outcome, Side, VisitOutcome
from ivr.interpreter import Action, Say, Walk
from ivr.tree import EnterQueue

# Names of the prompts that the switch itself needs, beside those of the trees.
UNKNOWN_NUMBER_PROMPT = "system/unknown-number"
QUEUE_FULL_PROMPT = "system/queue-full"
WAITED_TOO_LONG_PROMPT = "system/call-again-later"

# While the link is down, a wait that has lasted too long is looked at again after so many seconds.
LOOK_AGAIN_S = 1.0


def arrived(floor: Floor, event: CallArrived, now: float) -> None:
    known = floor.calls.get(event.call_id)
    if known is None and floor.has_ended(event.call_id):
        floor.no_transition("call", event.call_id, Place.ENDED, "arrived", now)
        return
    if known is not None and (known.place is not Place.IN_FALLBACK or known.visit is not None):
        floor.no_transition("call", event.call_id, known.place, "arrived", now)
        return
    # From the fallback a caller who had not chosen a queue yet comes back to the entry, and begins again.
    call = known or open_call(floor, event.call_id, event.dialled, event.caller_number, event.caller_name, now, now)
    greet(floor, call, now)


def greet(floor: Floor, call: Call, now: float) -> None:
    """The caller begins to walk through the tree of the number dialled."""
    tree = floor.site.entries.get(call.dialled)
    if tree is None:
        hang_up(floor, call, UNKNOWN_NUMBER_PROMPT, Outcome.BLOCKED, "unknown_number")
        return
    call.walk, call.language = Walk(tree), tree.language
    if call.place is not Place.IN_IVR:
        floor.move_call(call, CallTrigger.GREETED, now)
    perform(floor, call, call.walk.start(), now)


def open_call(
    floor: Floor, call_id: str, dialled: str, number: str, name: str, arrived_at: float, now: float
) -> Call:
    call = Call(call_id, dialled, number, name, arrived_at, since=now)
    floor.calls[call_id] = call
    floor.reports.append(CallOpened(now, call_id, dialled, number))
    return call


def prompt_ended(floor: Floor, event: PromptEnded, now: float) -> None:
    call = floor.calls.get(event.call_id)
    expected = call is not None and call.place is Place.IN_IVR and call.ending is None and event.step == call.step
    if call is None or call.walk is None or not expected:
        state = call.place if call else "unknown"
        floor.no_transition("call", event.call_id, state, "prompt_ended", now)
        return
    perform(floor, call, call.walk.ended(event.digits, event.failed), now)


def perform(floor: Floor, call: Call, action: Action, now: float) -> None:
    """Do what the caller's walk asks for next."""
    if isinstance(action, Say):
        call.step += 1
        floor.commands.append(
            PlayPrompt(
                call.call_id, call.step, action.prompts, call.language, action.digits_max, action.first_timeout_s
            )
        )
    elif isinstance(action, EnterQueue):
        call.topic = action.topic
        enqueue(floor, call, action.queue_id, now)
    else:
        hang_up(floor, call, action.prompt, Outcome.SELF_SERVED, "tree_ended")


def enqueue(floor: Floor, call: Call, queue_id: str, now: float) -> None:
    """Let the call visit the queue, unless it is full."""
    lines = floor.lines_for(queue_id)
    if lines is None:
        hang_up(floor, call, "", Outcome.FAILED, "queue_removed")
        return
    queue = lines.queue
    if len(lines.visits) >= queue.length_max:
        hang_up(floor, call, QUEUE_FULL_PROMPT, Outcome.BLOCKED, "queue_full")
        return
    call.priority = queue.priority
    floor.move_call(call, CallTrigger.QUEUED, now)
    # Who waited in the fallback before they could choose a queue has waited since then.
    entered_at = call.queued_at if call.queued_at and not call.visits else now
    floor.open_visit(call, queue, entered_at, now)
    send_to_wait(floor, call)


def send_to_wait(floor: Floor, call: Call) -> None:
    """Have the PBX move the caller, whose visit is open, from the IVR to the waiting room."""
    assert call.visit is not None, "who waits visits a queue"
    queue = call.visit.queue
    floor.commands.append(
        EnterWaitingRoom(
            call.call_id, queue.queue_id, call.visit.entered_at, call.priority, queue.music, call.language
        )
    )


def hang_up(floor: Floor, call: Call, prompt: str, outcome: Outcome, reason: str) -> None:
    """The switch ends the call, after a word to the caller; the outcome counts from now on."""
    call.ending = (outcome, reason)
    floor.commands.append(HangUpCall(call.call_id, prompt, call.language))


def waiting(floor: Floor, event: CallWaiting, now: float) -> None:
    call = floor.calls.get(event.call_id)
    if call is None or (call.place not in (Place.WAITING, Place.RINGING, Place.IN_FALLBACK)):
        state = call.place if call else "unknown"
        floor.no_transition("call", event.call_id, state, "waiting", now)
        return
    if call.ending is not None:
        return
    if call.place is Place.RINGING:
        if event.reservation_id != call.reservation_id:
            # Said before the ring that goes on now: to believe it would ring a second agent for a caller who rings.
            floor.no_transition("call", event.call_id, call.place, "waiting_before_ring", now)
            return
        # The ring's own end was lost on the way; that the caller waits again is proof enough of it.
        give_back(floor, floor.reservations[call.reservation_id], "ring_end_lost", now)
    elif call.place is Place.IN_FALLBACK:
        leave_fallback(floor, call, now)
    floor.seat(call)


def leave_fallback(floor: Floor, call: Call, now: float) -> None:
    """The fallback gave the caller back to the waiting room. One who has no queue waits in the site's first."""
    floor.move_call(call, CallTrigger.QUEUED, now)
    lines = floor.lines_for("")
    if call.visit is None and lines is not None:
        floor.open_visit(call, lines.queue, call.queued_at or now, now)
    elif call.visit is None:
        hang_up(floor, call, "", Outcome.FAILED, "queue_removed")


def waited_too_long(floor: Floor, call_id: str, now: float) -> None:
    """The queue's longest wait has passed. A call that rings just then is left to its agent."""
    call = floor.calls[call_id]
    if not floor.pbx_up:
        # Where they are now nobody here knows: the fallback may have found them an agent.
        floor.deadlines.set("wait_max", call_id, now + LOOK_AGAIN_S)
    elif call.place is Place.WAITING:
        floor.close_visit(call, VisitOutcome.FLOWED_OUT, now, to="closing")
        hang_up(floor, call, WAITED_TOO_LONG_PROMPT, Outcome.CLOSED, "wait_s_max")
    elif call.place is Place.RINGING and call.visit is not None:
        floor.deadlines.set("wait_max", call_id, now + call.visit.queue.ring_timeout_s)


def in_after_call(floor: Floor, event: CallInAfterCall, now: float) -> None:
    call = floor.calls.get(event.call_id)
    if call is not None and call.place is Place.TALKING:
        # Only an agent's hang-up leads a caller here; its own event was lost.
        end_talk(floor, call, Side.AGENT, now)
    elif call is None or call.place is not Place.AFTER_CALL:
        state = call.place if call else "unknown"
        floor.no_transition("call", event.call_id, state, "in_after_call", now)


def in_fallback(floor: Floor, event: CallInFallback, now: float) -> None:
    call = floor.calls.get(event.call_id)
    if call is None:
        floor.no_transition("call", event.call_id, "unknown", "in_fallback", now)
        return
    if call.place is Place.RINGING:
        # The ring may be under way yet: should it still begin, it is refused.
        held = floor.reservations[call.reservation_id]
        give_back(floor, held, "fell_back", now)
        floor.commands.append(StopRinging(held.call_id, held.reservation_id, held.agent_id))
    call.queued_at = call.queued_at or now
    if call.place is not Place.IN_FALLBACK:
        call.fell_back = floor.move_call(call, CallTrigger.FELL_BACK, now) or call.fell_back


def fallback_answered(floor: Floor, event: FallbackAnswered, now: float) -> None:
    """The PBX has connected the two, whatever was heard of either before."""
    call = floor.calls.get(event.call_id)
    if call is None or call.place in (Place.TALKING, Place.AFTER_CALL):
        floor.no_transition("call", event.call_id, call.place if call else "unknown", "fallback_answered", now)
        return
    if call.place is not Place.IN_FALLBACK:
        in_fallback(floor, CallInFallback(call.call_id), now)
    join_talk(floor, call, event.agent_id, "", now, now)


def fallback_ended(floor: Floor, event: FallbackEnded, now: float) -> None:
    call = floor.calls.get(event.call_id)
    if call is not None and call.place is Place.TALKING:
        end_talk(floor, call, event.by, now)


def hung_up(floor: Floor, event: CallerHungUp, now: float) -> None:
    """The caller's channel is gone: whatever the call holds is let go, and its record is written."""
    call = floor.calls.get(event.call_id)
    if call is None:
        floor.no_transition("call", event.call_id, "unknown", "hung_up", now)
        return
    if call.place is Place.RINGING:
        held = floor.reservations[call.reservation_id]
        close(floor, held, ReservationTrigger.RESCIND, "caller_hung_up", now)
        release(floor, floor.agents[held.agent_id], now)
    elif call.place is Place.TALKING:
        end_talk(floor, call, event.by, now)
    place = call.place
    outcome, reason = _conclude(call, event)
    if call.visit is not None:
        abandoned = outcome is Outcome.ABANDONED
        visit_outcome = VisitOutcome.ABANDONED if abandoned else VisitOutcome.FLOWED_OUT
        floor.close_visit(call, visit_outcome, now, to="" if abandoned else reason)
    floor.move_call(call, CallTrigger.ENDED, now)
    floor.forget_call(call)
    if place is not Place.AFTER_CALL:
        call.hung_up_by = event.by
    floor.reports.append(CallEnded(now, _record(call, outcome, reason, place, now)))


def _conclude(call: Call, event: CallerHungUp) -> tuple[Outcome, str]:
    """The call's one outcome, and why."""
    if call.answered_at:
        return Outcome.ANSWERED, f"{call.hung_up_by}_hung_up"
    if call.ending is not None:
        return call.ending
    if event.by is Side.CALLER:
        return Outcome.ABANDONED, call.place
    return Outcome.FAILED, f"cause_{event.cause}"


def _wait_s(call: Call, now: float) -> float:
    """In all queues; of who never chose one, in the fallback."""
    if not call.visits and call.queued_at:
        return max(0.0, (call.answered_at or now) - call.queued_at)
    return sum(visit.wait_s for visit in call.visits)


def _record(call: Call, outcome: Outcome, reason: str, place: Place, now: float) -> CallRecord:
    visits = call.visits
    return CallRecord(
        call_id=call.call_id, dialled=call.dialled, caller_number=call.caller_number,
        caller_name=call.caller_name, language=call.language, topic=call.topic, arrived_at=call.arrived_at,
        ended_at=now, outcome=outcome, reason=reason, place=place, hung_up_by=call.hung_up_by,
        queue_id=visits[-1].queue_id if visits else "", agent_id=call.agent_id, answered_at=call.answered_at,
        ivr_s=max(0.0, (call.queued_at or now) - call.arrived_at), wait_s=_wait_s(call, now),
        ring_s=sum(ring.ended_at - ring.ringing_at for ring in call.rings if ring.ringing_at),
        talk_s=call.talk_s, hold_s=0.0, ivr_path=tuple(call.walk.path) if call.walk else (),
        visits=tuple(visits), rings=tuple(call.rings), unwatched_s=call.unwatched_s, fell_back=call.fell_back,
    )  # fmt: skip

"""What callers do: they arrive, press keys, and hang up. How they wait is in `waiting`."""

from acd.core.call import Call, CallTrigger, Place
from acd.core.commands import PlayPrompt, StopRinging
from acd.core.events import (
    CallArrived,
    CallerHungUp,
    CallInAfterCall,
    CallInFallback,
    FallbackAnswered,
    FallbackEnded,
    PromptEnded,
)
from acd.core.floor import Floor
from acd.core.reports import CallEnded, CallOpened, CallRecord
from acd.core.reservation import ReservationTrigger
from acd.core.rings import close, end_talk, give_back, join_talk, release
from acd.core.waiting import enqueue
from acd.core.words import Outcome, Side, VisitOutcome
from ivr.interpreter import Action, Say, Walk
from ivr.tree import EnterQueue

UNKNOWN_NUMBER_PROMPT = "system/unknown-number"


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
        floor.hang_up(call, UNKNOWN_NUMBER_PROMPT, Outcome.BLOCKED, "unknown_number")
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
        floor.hang_up(call, action.prompt, Outcome.SELF_SERVED, "tree_ended")


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

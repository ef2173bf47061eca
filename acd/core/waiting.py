"""A call waits: it enters a queue, stands in line, takes the queue's steps, and goes on to another or is let go.

What holds for a call is a function of its queue, as the site has it now, and of how long it has waited: its pool, its
place there, and whether it is overdue. So a step is taken by standing in line anew, whatever brought that about: the
time of the step, the end of a ring, a new version of the site, or a switch that begins again.
"""

from acd.core.call import Call, CallTrigger, Place
from acd.core.commands import ChangeQueue, EnterWaitingRoom
from acd.core.events import CallWaiting
from acd.core.floor import Floor, QueueLines
from acd.core.reports import StepTaken
from acd.core.rings import give_back
from acd.core.words import Outcome, VisitOutcome

# Names of the prompts that the switch itself needs, beside those of the trees.
QUEUE_FULL_PROMPT = "system/queue-full"
WAITED_TOO_LONG_PROMPT = "system/call-again-later"

# While the link is down, or the next queue is full, what is due is looked at again after so many seconds.
LOOK_AGAIN_S = 1.0


def enqueue(floor: Floor, call: Call, queue_id: str, now: float) -> None:
    """Let the call visit the queue, unless it is full."""
    lines = floor.lines_for(queue_id)
    if lines is None:
        floor.hang_up(call, "", Outcome.FAILED, "queue_removed")
        return
    if lines.full:
        floor.hang_up(call, QUEUE_FULL_PROMPT, Outcome.BLOCKED, "queue_full")
        return
    call.priority = lines.queue.priority
    floor.move_call(call, CallTrigger.QUEUED, now)
    # Who waited in the fallback before they could choose a queue has waited since then.
    entered_at = call.queued_at if call.queued_at and not call.visits else now
    floor.open_visit(call, lines.queue, entered_at, now)
    send_to_wait(floor, call)


def send_to_wait(floor: Floor, call: Call) -> None:
    """Have the PBX move the caller, whose visit is open, from the IVR to the waiting room."""
    assert call.visit is not None, "who waits visits a queue"
    queue = call.visit.queue
    floor.commands.append(
        EnterWaitingRoom(call.call_id, queue.queue_id, call.visit.joined_at, call.priority, queue.music, call.language)
    )


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
    stand_in_line(floor, call, now)


def leave_fallback(floor: Floor, call: Call, now: float) -> None:
    """The fallback gave the caller back to the waiting room. One who has no queue waits in the site's first."""
    floor.move_call(call, CallTrigger.QUEUED, now)
    lines = floor.lines_for("")
    if call.visit is None and lines is not None:
        floor.open_visit(call, lines.queue, call.queued_at or now, now)
    elif call.visit is None:
        floor.hang_up(call, "", Outcome.FAILED, "queue_removed")


def stand_in_line(floor: Floor, call: Call, now: float) -> None:
    """The caller is in the waiting room, and may be rung for: at the place that they have now, or in the next queue."""
    if call.visit is None:
        return
    lines = floor.lines_of(call.visit.queue)
    number, stage = lines.stage_at(call.visit.entered_at, now)
    for taken in range(call.visit.stage + 1, number + 1):
        step = lines.queue.steps[taken - 1]
        floor.reports.append(StepTaken(now, call.call_id, lines.queue.queue_id, taken, step))
    call.visit.stage = number
    onward = floor.queues[stage.overflow_to] if stage.overflow_to in floor.site.queues else lines
    known_as_it_is = floor.pbx_up and not floor.catching_up
    if onward is not lines and not onward.full and known_as_it_is:
        _overflow(floor, call, onward, now)
        stand_in_line(floor, call, now)
        return
    floor.seat(call, stage, now)
    if onward is not lines:
        due = floor.deadlines.get("step", call.call_id)
        again = now + LOOK_AGAIN_S
        floor.deadlines.set("step", call.call_id, again if due is None else min(due, again))


def _overflow(floor: Floor, call: Call, onward: QueueLines, now: float) -> None:
    """The caller hears nothing of it but other music, and keeps the place that all the waiting is worth."""
    assert call.visit is not None, "who flows on visits a queue"
    joined_at = call.visit.joined_at
    floor.close_visit(call, VisitOutcome.FLOWED_OUT, now, to=onward.queue.queue_id)
    queue = onward.queue
    call.priority = queue.priority
    floor.open_visit(call, queue, now, now, joined_at=joined_at)
    floor.commands.append(ChangeQueue(call.call_id, queue.queue_id, joined_at, call.priority, queue.music))


def step_due(floor: Floor, call_id: str, now: float) -> None:
    """A step is due, or the call is overdue. One that rings just then finds its place when the ring has failed."""
    call = floor.calls[call_id]
    if call.seated:
        stand_in_line(floor, call, now)


def waited_too_long(floor: Floor, call_id: str, now: float) -> None:
    """The queue's longest wait has passed. A call that rings just then is left to its agent."""
    call = floor.calls[call_id]
    if not floor.pbx_up or call.place is Place.IN_FALLBACK:
        # The fallback may find them an agent yet, or have found one that nobody here knows of.
        floor.deadlines.set("wait_max", call_id, now + LOOK_AGAIN_S)
    elif call.place is Place.WAITING:
        floor.close_visit(call, VisitOutcome.FLOWED_OUT, now, to="closing")
        floor.hang_up(call, WAITED_TOO_LONG_PROMPT, Outcome.CLOSED, "wait_s_max")
    elif call.place is Place.RINGING and call.visit is not None:
        floor.deadlines.set("wait_max", call_id, now + call.visit.queue.ring_timeout_s)

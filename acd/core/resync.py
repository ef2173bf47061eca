"""After the link was away: what the PBX holds is compared with what the floor believes, and the PBX is right.

Calls the PBX no longer has are over. Calls it has that the floor does not know are taken in where they are, with the
join time and priority that their channel remembers. A caller in the waiting room waits, whatever was believed.
"""

from acd.core.agent import AgentState
from acd.core.call import Call, CallTrigger, Place
from acd.core.callers import arrived as caller_arrived
from acd.core.callers import hang_up, hung_up, in_fallback, leave_fallback, open_call, perform, send_to_wait
from acd.core.commands import StopRinging
from acd.core.distribution import distribute_everything
from acd.core.events import CallArrived, CallerHungUp, CallInFallback, CallSeen, PbxLost, PbxSynced
from acd.core.floor import Floor
from acd.core.phones import note
from acd.core.reports import PbxLink
from acd.core.reservation import ReservationTrigger
from acd.core.rings import close, end_talk, establish, give_back, release, take_back
from acd.core.words import Outcome, Phone, Side

RING, WAITING_ROOM, AFTER_CALL, CLOSING = "ring", "waiting-room", "after-call", "closing"
FALLBACK, ENTRY = "fallback", "entry"


def lost(floor: Floor, event: PbxLost, now: float) -> None:
    """Nothing can be asked of the PBX now, and no phone is known."""
    floor.pbx_up = False
    floor.reports.append(PbxLink(now, up=False, reason=event.reason))
    for agent in floor.agents.values():
        if agent.phone is not Phone.UNKNOWN:
            floor.set_phone(agent, Phone.UNKNOWN, agent.phone_busy)


def synced(floor: Floor, event: PbxSynced, now: float) -> None:
    floor.pbx_up = True
    floor.reports.append(PbxLink(now, up=True))
    for agent in floor.agents.values():
        phone = event.phones.get(agent.agent_id, Phone.UNKNOWN)
        note(floor, agent, phone, agent.agent_id in event.busy_phones, now)
    seen = {shown.call_id: shown for shown in event.calls}
    for call in list(floor.calls.values()):
        if call.call_id not in seen:
            talked = call.place is Place.TALKING
            hung_up(floor, CallerHungUp(call.call_id, by=Side.SYSTEM if talked else Side.CALLER), now)
    # What has ended comes first, so that nobody who talks now is still believed in the talk before.
    for call in list(floor.calls.values()):
        if call.place is Place.TALKING and not _still_talks(call, seen[call.call_id]):
            end_talk(floor, call, Side.AGENT, now)
    for shown in sorted(event.calls, key=lambda shown: (shown.joined_at, shown.call_id)):
        known = floor.calls.get(shown.call_id)
        if known is None:
            _adopt(floor, shown, now)
        else:
            _correct(floor, known, shown, now)
    floor.mirror_everybody()
    distribute_everything(floor)


def _still_talks(call: Call, shown: CallSeen) -> bool:
    # In the fallback the channel still names a reservation, but one of a ring long over.
    same = shown.room == FALLBACK or shown.reservation_id == call.reservation_id
    return shown.talking and shown.agent_id == call.agent_id and same


def _adopt(floor: Floor, shown: CallSeen, now: float) -> None:
    """Take in a call that came, or was left by an earlier run of the switch, while nobody watched."""
    if shown.room == ENTRY:
        caller_arrived(floor, CallArrived(shown.call_id, shown.dialled, shown.caller_number, shown.caller_name), now)
        return
    arrived_at = shown.arrived_at or now
    call = open_call(floor, shown.call_id, shown.dialled, shown.caller_number, shown.caller_name, arrived_at, now)
    # Reservations of an earlier run must never be taken for ours: their numbers are passed over.
    call.attempts = _attempt_of(shown.reservation_id)
    tree = floor.site.entries.get(shown.dialled)
    call.language = tree.language if tree else call.language
    if shown.room == AFTER_CALL:
        call.answered_at, call.agent_id = shown.answered_at or now, shown.agent_id
        floor.move_call(call, CallTrigger.TALK_ENDED, now)
    elif shown.room == CLOSING:
        call.ending = (Outcome.CLOSED, "closing")
    elif shown.queue_id or shown.room != FALLBACK:
        _adopt_visit(floor, call, shown, now)
    else:
        _adopt_fallback(floor, call, shown, now)


def _adopt_visit(floor: Floor, call: Call, shown: CallSeen, now: float) -> None:
    """Give the caller their place in line again; if their queue is gone, in the first that the site has."""
    lines = floor.lines_for(shown.queue_id)
    if lines is None:
        hang_up(floor, call, "", Outcome.FAILED, "queue_removed")
        return
    call.priority = shown.priority
    floor.move_call(call, CallTrigger.QUEUED, now)
    floor.open_visit(call, lines.queue, shown.joined_at or call.arrived_at, now)
    if shown.room == WAITING_ROOM:
        floor.seat(call)
    elif shown.room == FALLBACK:
        _adopt_fallback(floor, call, shown, now)
    elif not shown.talking:
        # Nobody knows how long it has rung: begin anew.
        floor.commands.append(StopRinging(call.call_id, shown.reservation_id, shown.agent_id))
    else:
        floor.move_call(call, CallTrigger.RESERVED, now)
        _join_talk(floor, call, shown, now)


def _adopt_fallback(floor: Floor, call: Call, shown: CallSeen, now: float) -> None:
    in_fallback(floor, CallInFallback(call.call_id), now)
    if shown.talking:
        _join_talk(floor, call, shown, now)


def _join_talk(floor: Floor, call: Call, shown: CallSeen, now: float) -> None:
    """Two who talk go on talking, whatever the agent was believed to do, and even if the site no longer has them."""
    agent = floor.agents.get(shown.agent_id)
    if agent is not None and agent.state is AgentState.ON_CALL:
        end_talk(floor, floor.calls[agent.call_id], Side.SYSTEM, now)
    elif agent is not None and agent.state is AgentState.RESERVED:
        take_back(floor, floor.reservations[agent.reservation_id], "talks_elsewhere", now)
        release(floor, agent, now)
    reservation_id = "" if shown.room == FALLBACK else shown.reservation_id
    establish(floor, call, shown.agent_id, reservation_id, now, shown.answered_at or now)


def _correct(floor: Floor, call: Call, shown: CallSeen, now: float) -> None:
    """Move a known call to where the PBX shows it; what agrees is left alone."""
    if call.place is Place.RINGING:
        _correct_ring(floor, call, shown, now)
    if shown.room == ENTRY:
        _resume(floor, call, shown, now)
    elif shown.room == FALLBACK and call.place not in (Place.TALKING, Place.AFTER_CALL):
        _adopt_fallback(floor, call, shown, now)
    elif shown.room == WAITING_ROOM:
        if call.place is Place.IN_FALLBACK:
            leave_fallback(floor, call, now)
        if call.place is Place.WAITING and call.ending is None:
            floor.seat(call)


def _resume(floor: Floor, call: Call, shown: CallSeen, now: float) -> None:
    """The caller listens in the IVR: what the PBX may not have heard of while it was away is said to it again."""
    if call.ending is not None:
        hang_up(floor, call, "", *call.ending)
    elif call.place is Place.WAITING and call.visit is not None:
        send_to_wait(floor, call)
    elif call.place is Place.IN_IVR and call.walk is not None:
        perform(floor, call, call.walk.repeat(), now)
    elif call.place is Place.IN_FALLBACK:
        caller_arrived(floor, CallArrived(shown.call_id, shown.dialled, shown.caller_number, shown.caller_name), now)


def _correct_ring(floor: Floor, call: Call, shown: CallSeen, now: float) -> None:
    held = floor.reservations[call.reservation_id]
    if shown.room == RING and shown.talking and shown.reservation_id == held.reservation_id:
        close(floor, held, ReservationTrigger.ACCEPT, "answered", now)
        establish(floor, call, held.agent_id, held.reservation_id, now, shown.answered_at or now)
    elif shown.room != RING:
        give_back(floor, held, "ring_end_lost", now)


def _attempt_of(reservation_id: str) -> int:
    attempt = reservation_id.rpartition(".")[2]
    return int(attempt) if attempt.isdigit() else 0

"""After the link was away, or the switch itself: what the PBX holds is compared with what the floor believes, and the
PBX is right.

Calls the PBX no longer has are over: when and how, it remembers itself; if it does not, it died with them when the
link was lost. Calls it has that the floor does not know are taken in where they are, with the join time and priority
that their channel remembers. Each call is brought to where the PBX shows it through what must have happened meanwhile,
so that its record tells it. A caller in the waiting room waits, whatever was believed.
"""

from collections.abc import Callable, Iterable

from acd.core.agent import Agent, AgentState, AgentTrigger
from acd.core.call import Call, CallTrigger, Place
from acd.core.callers import greet, hung_up, in_fallback, open_call, perform
from acd.core.commands import MirrorAgent, StopRinging
from acd.core.distribution import RING_GRACE_S, distribute_everything
from acd.core.events import CallerHungUp, CallGone, CallInFallback, CallSeen, PbxCaughtUp, PbxLost, PbxSynced
from acd.core.floor import Floor
from acd.core.phones import note
from acd.core.reports import PbxLink
from acd.core.reservation import ReservationTrigger
from acd.core.rings import close, end_talk, establish, finish_wrap_up, give_back, join_talk
from acd.core.waiting import leave_fallback, send_to_wait, stand_in_line
from acd.core.words import Outcome, Phone, Reason, Side

RING, WAITING_ROOM, AFTER_CALL, CLOSING = "ring", "waiting-room", "after-call", "closing"
FALLBACK, ENTRY = "fallback", "entry"

CAUSE_PBX_DOWN = 41
_NOT_RUNG = (Place.ARRIVING, Place.IN_IVR, Place.WAITING, Place.IN_FALLBACK)
# The words of so long before the last sign of life may have been lost with it.
ENDS_WATCHED_S = 60.0


def lost(floor: Floor, event: PbxLost, now: float) -> None:
    """Nothing can be asked of the PBX now, and no phone is known."""
    if floor.pbx_up:
        floor.watched_until = now - event.silent_s
    floor.pbx_up = floor.catching_up = False
    floor.reports.append(PbxLink(now, up=False, reason=event.reason))
    # Who can't listen can't tell that nothing was said: what became of a ring is seen when the link is up.
    for reservation_id in floor.reservations:
        floor.deadlines.cancel("ringing", reservation_id)
        floor.deadlines.cancel("ring", reservation_id)
    for agent in floor.agents.values():
        if agent.phone is not Phone.UNKNOWN:
            floor.set_phone(agent, Phone.UNKNOWN, agent.phone_busy)


def synced(floor: Floor, event: PbxSynced, now: float) -> None:
    floor.pbx_up, floor.catching_up = True, event.more
    floor.reports.append(PbxLink(now, up=True))
    seen = {shown.call_id: shown for shown in event.calls}
    remembered = {gone.last.call_id for gone in event.ended}
    # Gone with the link, before anything that the PBX has seen since.
    for call in [call for call in floor.calls.values() if call.call_id not in seen and call.call_id not in remembered]:
        at = max(floor.watched_until, call.arrived_at)
        hung_up(floor, CallerHungUp(call.call_id, Side.SYSTEM, CAUSE_PBX_DOWN), at)
    for agent in floor.agents.values():
        phone = event.phones.get(agent.agent_id, Phone.UNKNOWN)
        note(floor, agent, phone, agent.agent_id in event.busy_phones, now)
    catch_up_on_ends(floor, event.ended, now)
    # What has ended comes first, so that nobody who talks now is still believed in the talk before.
    for call in floor.calls.values():
        if call.place is Place.TALKING and not _still_talks(call, seen[call.call_id]):
            end_talk(floor, call, Side.AGENT, now)
    for shown in sorted(event.calls, key=lambda shown: (shown.joined_at, shown.call_id)):
        call = settle(floor, shown, now)
        call.unwatched_s += now - max(floor.watched_until, call.arrived_at)
    if floor.restored and event.members:
        for agent in list(floor.agents.values()):
            _trust_member(floor, agent, event.members.get(agent.agent_id, "absent"), now)
    floor.restored = False
    # Whom the site lost while no core lived, only the PBX still knows.
    strangers = [agent_id for agent_id in event.members if agent_id not in floor.agents]
    floor.commands.extend(MirrorAgent(agent_id, "absent", tuple(floor.queues)) for agent_id in strangers)
    floor.mirror_everybody()
    distribute_everything(floor)


def caught_up(floor: Floor, event: PbxCaughtUp, now: float) -> None:
    floor.catching_up = False


def catch_up_on_ends(floor: Floor, ended: Iterable[CallGone], now: float) -> None:
    """Calls that ended while nobody listened: first they are brought to where they last were, then they end."""
    for gone in sorted(ended, key=lambda gone: (gone.ended_at, gone.last.call_id)):
        call_id = gone.last.call_id
        # What ended while it was watched has its record, however long the PBX remembers it.
        long_ago = gone.ended_at < floor.watched_until - ENDS_WATCHED_S
        if floor.has_ended(call_id) or (long_ago and call_id not in floor.calls):
            continue
        # A call that was open when it was last watched can't have ended before: the PBX's clock is another.
        ended_at = min(floor.watched_until if long_ago else gone.ended_at, now)
        commands = len(floor.commands)
        rang = floor.calls.get(call_id)
        if rang is not None and rang.place is Place.RINGING and gone.last.answered_at:
            # The ring ended with the answer, the talk with the call.
            _settle_ring(floor, rang, gone.last, min(gone.last.answered_at, ended_at))
        call = settle(floor, gone.last, ended_at)
        call.unwatched_s += max(0.0, ended_at - max(floor.watched_until, call.arrived_at))
        hung_up(floor, CallerHungUp(call_id, gone.by, gone.cause), ended_at)
        # There is nobody left to say anything to.
        floor.commands[commands:] = [
            command for command in floor.commands[commands:] if getattr(command, "call_id", "") != call_id
        ]


def settle(floor: Floor, shown: CallSeen, now: float) -> Call:
    """Bring the call to where the PBX shows it; one that is not known came while nobody watched."""
    call = floor.calls.get(shown.call_id)
    if call is None:
        arrived_at = shown.arrived_at or now
        call = open_call(floor, shown.call_id, shown.dialled, shown.caller_number, shown.caller_name, arrived_at, now)
        tree = floor.site.entries.get(shown.dialled)
        call.language = tree.language if tree else call.language
    # Numbers that an earlier run may have given to rings must never be given again.
    call.attempts = max(call.attempts, _attempt_of(shown.reservation_id))
    if call.place is Place.RINGING:
        _settle_ring(floor, call, shown, now)
    elif call.place is Place.TALKING and not _still_talks(call, shown):
        end_talk(floor, call, Side.AGENT, now)
    if call.place in (Place.ARRIVING, Place.IN_IVR) and shown.queue_id and not _join_line(floor, call, shown, now):
        return call
    to_room = _TO_ROOM.get(shown.room)
    if to_room is not None:
        to_room(floor, call, shown, now)
    return call


def _still_talks(call: Call, shown: CallSeen) -> bool:
    # In the fallback the channel still names a reservation, but one of a ring long over.
    # A talk that began unheard, and was then remembered, may have lost the name of its ring.
    same = shown.room == FALLBACK or call.reservation_id in ("", shown.reservation_id)
    return shown.talking and shown.agent_id == call.agent_id and same


def _settle_ring(floor: Floor, call: Call, shown: CallSeen, now: float) -> None:
    """The ring was answered, goes on, or is over."""
    held = floor.reservations[call.reservation_id]
    # The channel names the ring still when the fallback has found another agent since.
    same = (shown.reservation_id, shown.agent_id) == (held.reservation_id, held.agent_id)
    if same and ((shown.room == RING and shown.talking) or shown.room == AFTER_CALL):
        close(floor, held, ReservationTrigger.ACCEPT, "answered", now)
        establish(floor, call, held.agent_id, held.reservation_id, now, shown.answered_at or now)
    elif same and shown.room == RING:
        floor.deadlines.set("ring", held.reservation_id, now + _ring_timeout_s(call) + RING_GRACE_S)
    else:
        give_back(floor, held, "ring_end_lost", now)


def _ring_timeout_s(call: Call) -> float:
    return call.visit.queue.ring_timeout_s if call.visit else 0.0


def _join_line(floor: Floor, call: Call, shown: CallSeen, now: float) -> bool:
    """The caller went on to a queue while nobody watched; if it is gone, to the first that the site has.

    False: there is no queue at all, and the call ends.
    """
    lines = floor.lines_for(shown.queue_id)
    if lines is None:
        floor.hang_up(call, "", Outcome.FAILED, "queue_removed")
        return False
    call.priority = shown.priority
    floor.move_call(call, CallTrigger.QUEUED, now)
    floor.open_visit(call, lines.queue, shown.joined_at or call.arrived_at, now)
    return True


# ---- what follows from the room the caller is in ----


def _in_entry(floor: Floor, call: Call, shown: CallSeen, now: float) -> None:
    """The caller listens in the IVR: what the PBX may not have heard of while it was away is said to it again."""
    if call.ending is not None:
        floor.hang_up(call, "", *call.ending)
    elif call.place is Place.WAITING and call.visit is not None:
        send_to_wait(floor, call)
    elif call.place is Place.IN_IVR and call.walk is not None:
        perform(floor, call, call.walk.repeat(), now)
    elif call.visit is None and call.place in (Place.ARRIVING, Place.IN_IVR, Place.IN_FALLBACK):
        greet(floor, call, now)


def _in_waiting_room(floor: Floor, call: Call, shown: CallSeen, now: float) -> None:
    if call.place is Place.IN_FALLBACK:
        leave_fallback(floor, call, now)
    if call.ending is not None:
        floor.hang_up(call, "", *call.ending)
    elif call.place is Place.WAITING:
        stand_in_line(floor, call, now)


def _in_ring(floor: Floor, call: Call, shown: CallSeen, now: float) -> None:
    agent = floor.agents.get(shown.agent_id)
    if call.place is Place.TALKING and agent is not None and not call.reservation_id:
        if agent.call_id != call.call_id:
            # Whom the site had lost, and has again: they were in this talk all the time.
            agent.call_id = call.call_id
            floor.move_agent(agent, AgentTrigger.ANSWER, now)
        call.reservation_id = agent.reservation_id = shown.reservation_id
    if call.place is not Place.WAITING:
        return
    if shown.talking:
        floor.move_call(call, CallTrigger.RESERVED, now)
        _join_talk(floor, call, shown, now)
    else:
        # Nobody here holds that ring, or knows how long it has rung: begin anew.
        floor.commands.append(StopRinging(call.call_id, shown.reservation_id, shown.agent_id))


def _in_after_call(floor: Floor, call: Call, shown: CallSeen, now: float) -> None:
    if call.place is Place.WAITING and shown.answered_at and shown.reservation_id:
        floor.move_call(call, CallTrigger.RESERVED, now)
        _join_talk(floor, call, shown, now)
    elif call.place in _NOT_RUNG and shown.answered_at:
        # A talk without a reservation is one that the fallback made.
        call.queued_at = call.queued_at or shown.joined_at
        in_fallback(floor, CallInFallback(call.call_id), now)
        _join_talk(floor, call, shown, now)
    if call.place is Place.TALKING:
        end_talk(floor, call, Side.AGENT, now)


def _in_fallback(floor: Floor, call: Call, shown: CallSeen, now: float) -> None:
    if call.place not in (Place.TALKING, Place.AFTER_CALL):
        call.queued_at = call.queued_at or shown.joined_at
        in_fallback(floor, CallInFallback(call.call_id), now)
        if shown.talking:
            _join_talk(floor, call, shown, now)


def _in_closing(floor: Floor, call: Call, shown: CallSeen, now: float) -> None:
    known = shown.dialled in floor.site.entries
    call.ending = call.ending or ((Outcome.CLOSED, "closing") if known else (Outcome.BLOCKED, "unknown_number"))


_TO_ROOM: dict[str, Callable[[Floor, Call, CallSeen, float], None]] = {
    ENTRY: _in_entry,
    WAITING_ROOM: _in_waiting_room,
    RING: _in_ring,
    AFTER_CALL: _in_after_call,
    FALLBACK: _in_fallback,
    CLOSING: _in_closing,
}


def _join_talk(floor: Floor, call: Call, shown: CallSeen, now: float) -> None:
    reservation_id = "" if call.fell_back else shown.reservation_id
    join_talk(floor, call, shown.agent_id, reservation_id, now, shown.answered_at or now)


def _trust_member(floor: Floor, agent: Agent, presence: str, now: float) -> None:
    """After a restart: the fallback was told of the agent's last change at once, the store a little later.

    So where it was told other than is remembered, it knows the agent's newer word. What became of the agent since then,
    a talk or wrap-up that ended, it was not told.
    """
    if agent.state in (AgentState.RESERVED, AgentState.ON_CALL) or presence in (agent.presence, agent.rate_presence()):
        return
    if agent.state is AgentState.WRAP_UP:
        pending = {"ready": AgentState.READY, "paused": None, "absent": AgentState.LOGGED_OUT}[presence]
        agent.pending, agent.pending_reason = pending, ""
        finish_wrap_up(floor, agent, now)
        return
    if presence == "absent":
        floor.move_agent(agent, AgentTrigger.LOG_OUT, now)
        return
    if agent.state is AgentState.LOGGED_OUT:
        floor.move_agent(agent, AgentTrigger.LOG_IN, now, Reason.RESTORED)
    if presence == "ready" and agent.phone is not Phone.UNREACHABLE:
        floor.move_agent(agent, AgentTrigger.GET_READY, now)
    elif agent.state is AgentState.READY:
        floor.move_agent(agent, AgentTrigger.GET_NOT_READY, now, Reason.RESTORED)


def _attempt_of(reservation_id: str) -> int:
    attempt = reservation_id.rpartition(".")[2]
    return int(attempt) if attempt.isdigit() else 0

"""Every few seconds the floor is compared with what the PBX holds, and a difference is healed: the PBX is right.

The two are never looked at in the same moment, so a difference counts only if it was there twice in a row with nothing
heard about its subject in between. How each kind is healed:

| kind | the core | the PBX | healed by |
|---|---|---|---|
| call_gone | has the call | has no such channel | the call has ended |
| call_unknown | knows nothing | has the caller | the call is taken in where it is |
| call_missed | never knew of it | remembers its end | its record is written (seen once is enough: it is over) |
| call_elsewhere | believes another place, ring or talk | shows the caller there | the call is brought there |
| phone | believes another state; unknown is never idle | shows the phone so | the phone is taken so |
| member | told the fallback otherwise | its fallback takes the agent so | the fallback is told again |
"""

from collections.abc import Iterator

from acd.core.agent import Agent
from acd.core.call import Call, Place
from acd.core.callers import hung_up
from acd.core.commands import MirrorAgent
from acd.core.events import CallerHungUp, CallSeen, Difference, Diverged, PbxState
from acd.core.floor import Floor
from acd.core.phones import note
from acd.core.reports import DivergenceHealed
from acd.core.resync import (
    AFTER_CALL,
    CLOSING,
    ENTRY,
    FALLBACK,
    RING,
    WAITING_ROOM,
    catch_up_on_ends,
    settle,
)
from acd.core.words import Phone, Side

Fingerprint = tuple[object, ...]


class Reconciler:
    """Compares, and remembers the differences seen the time before. Pure: the state is passed in."""

    def __init__(self) -> None:
        self._suspected: dict[tuple[str, str], tuple[float, Fingerprint]] = {}

    def forget(self) -> None:
        """What was seen before the link was lost says nothing about what is seen after it."""
        self._suspected.clear()

    def compare(self, floor: Floor, state: PbxState, now: float) -> Diverged | None:
        """The differences that are to be healed now, None if there are none."""
        before, self._suspected = self._suspected, {}
        confirmed = [
            Difference("call_missed", gone.last.call_id, "no call", "ended", now, gone=gone)
            for gone in state.ended
            if gone.last.call_id not in floor.calls and not floor.has_ended(gone.last.call_id)
        ]
        for difference, fingerprint in _differences(floor, state, now):
            key = (difference.kind, difference.subject)
            since, same = before.get(key, (now, None))
            if same == fingerprint:
                confirmed.append(_since(difference, since))
            else:
                self._suspected[key] = (now, fingerprint)
        return Diverged(tuple(confirmed)) if confirmed else None


def _since(d: Difference, since: float) -> Difference:
    return Difference(d.kind, d.subject, d.core, d.pbx, since, d.seen, d.phone, d.busy)


def _differences(floor: Floor, state: PbxState, now: float) -> Iterator[tuple[Difference, Fingerprint]]:
    seen = {shown.call_id: shown for shown in state.calls}
    for call in floor.calls.values():
        shown = seen.get(call.call_id)
        if shown is None:
            yield Difference("call_gone", call.call_id, _tell_call(call), "no channel", now), _print_of(call)
        elif not _agrees(call, shown):
            told = Difference("call_elsewhere", call.call_id, _tell_call(call), _tell_seen(shown), now, shown)
            yield told, (*_print_of(call), shown)
    for shown in state.calls:
        if shown.call_id not in floor.calls and not floor.has_ended(shown.call_id):
            told = Difference("call_unknown", shown.call_id, "no call", _tell_seen(shown), now, shown)
            yield told, (shown,)
    for agent in floor.agents.values():
        yield from _differences_of_agent(agent, state, now)
    for agent_id, presence in state.members.items():
        if agent_id not in floor.agents:
            yield Difference("member", agent_id, "absent", presence, now), (presence,)


def _differences_of_agent(
    agent: Agent, state: PbxState, now: float
) -> Iterator[tuple[Difference, Fingerprint]]:
    phone, busy = state.phones.get(agent.agent_id, Phone.UNKNOWN), agent.agent_id in state.busy_phones
    if (agent.phone, agent.phone_busy) != (phone, busy):
        core, pbx = _tell_phone(agent.phone, agent.phone_busy), _tell_phone(phone, busy)
        told = Difference("phone", agent.agent_id, core, pbx, now, phone=phone, busy=busy)
        yield told, (agent.phone, agent.phone_busy, phone, busy)
    presence = state.members.get(agent.agent_id, "absent")
    if agent.presence != presence:
        yield Difference("member", agent.agent_id, agent.presence, presence, now), (agent.presence, presence)


def _agrees(call: Call, shown: CallSeen) -> bool:
    """Whether the PBX shows the caller where the core believes them; what a command is under way for agrees, too."""
    if call.ending is not None:
        return shown.room == CLOSING
    match call.place:
        case Place.ARRIVING | Place.IN_IVR:
            return shown.room == ENTRY
        case Place.WAITING:
            return shown.room == WAITING_ROOM and call.seated
        case Place.RINGING:
            return shown.room == RING and shown.reservation_id == call.reservation_id and not shown.talking
        case Place.TALKING:
            return shown.talking and shown.agent_id == call.agent_id
        case Place.IN_FALLBACK:
            return shown.room == FALLBACK and not shown.talking
        case Place.AFTER_CALL:
            return shown.room == AFTER_CALL or not shown.talking
    return True


def _print_of(call: Call) -> Fingerprint:
    return call.place, call.since, call.reservation_id, call.seated, call.ending, call.step


def _tell_call(call: Call) -> str:
    ring = f" {call.reservation_id}" if call.reservation_id else ""
    return f"{call.place}{ring}{' seated' if call.seated else ''}{' ending' if call.ending else ''}"


def _tell_seen(shown: CallSeen) -> str:
    with_whom = f" {'talking to' if shown.talking else 'for'} {shown.agent_id}" if shown.agent_id else ""
    return f"{shown.room}{with_whom}"


def _tell_phone(phone: Phone, busy: bool) -> str:
    return f"{phone}{' busy' if busy else ''}"


# ---- healing ----


def diverged(floor: Floor, event: Diverged, now: float) -> None:
    for difference in event.differences:
        _heal(floor, difference, now)
        floor.reports.append(
            DivergenceHealed(
                now, difference.kind, difference.subject, difference.core, difference.pbx, now - difference.since
            )
        )


def _heal(floor: Floor, difference: Difference, now: float) -> None:
    agent = floor.agents.get(difference.subject)
    if difference.kind == "call_gone":
        call = floor.calls.get(difference.subject)
        if call is not None:
            by = Side.SYSTEM if call.place is Place.TALKING else Side.CALLER
            hung_up(floor, CallerHungUp(call.call_id, by), now)
    elif difference.gone is not None:
        catch_up_on_ends(floor, (difference.gone,), now)
    elif difference.seen is not None:
        settle(floor, difference.seen, now)
    elif agent is not None and difference.kind == "phone":
        note(floor, agent, difference.phone, difference.busy, now)
    elif agent is not None and difference.kind == "member":
        floor.mirror_again(agent.agent_id)
    elif difference.kind == "member":
        floor.commands.append(MirrorAgent(difference.subject, "absent", tuple(floor.queues)))

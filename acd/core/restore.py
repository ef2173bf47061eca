"""The switch begins again: the floor is made from what an earlier run remembered.

The link is down yet. What the PBX shows when it is up corrects all of this, by the same rules as after a lost link.

Rules:
- A call or agent is put where the memory has it; deadlines fall when they would have, at once if that is past.
- A ring that not both sides remember is over: the call keeps its place in line, the agent is ready.
- A talk that only the agent remembers has ended; wrap-up begins with the last sign of life of the run before.
- An agent whom the site no longer has is forgotten; a call whose queue is gone waits in the site's first.
"""

from acd.core.agent import Agent, AgentState, AgentTrigger
from acd.core.call import Call, CallTrigger, Place
from acd.core.events import Restored
from acd.core.floor import Floor
from acd.core.memory import AgentMemory, CallMemory, RingMemory
from acd.core.reports import AgentRestored, CallRestored
from acd.core.reservation import Reservation
from acd.core.rings import begin_wrap_up, release
from acd.core.words import Outcome
from ivr.interpreter import Walk


def restored(floor: Floor, event: Restored, now: float) -> None:
    floor.watched_until = event.watched_until
    floor.restored = True
    floor.know_ended(event.ended)
    for agent_memory in event.agents:
        agent = floor.agents.get(agent_memory.agent_id)
        if agent is not None:
            _restore_agent(floor, agent, agent_memory, now)
    for call_memory in sorted(event.calls, key=lambda memory: (memory.entered_at, memory.call_id)):
        _restore_call(floor, call_memory, now)
    for agent in floor.agents.values():
        _let_go(floor, agent, event.watched_until)


def _restore_agent(floor: Floor, agent: Agent, memory: AgentMemory, now: float) -> None:
    agent.state, agent.since, agent.reason = memory.state, memory.since, memory.reason
    agent.pending, agent.pending_reason = memory.pending, memory.pending_reason
    agent.station, agent.idle_since = memory.station, memory.idle_since
    agent.call_id, agent.queue_id = memory.call_id, memory.queue_id
    agent.calls_answered, agent.talked_s = memory.calls_answered, memory.talked_s
    agent.busy_s, agent.free_s = memory.busy_s, memory.free_s
    agent.presence = agent.rate_presence()  # so much the fallback was told
    for kind, at in (("wrap_up", memory.wrap_up_ends_at), ("recovery", memory.recovers_at)):
        if at:
            floor.deadlines.set(kind, agent.agent_id, at)
    floor.rate(agent)
    floor.reports.append(AgentRestored(now, agent.agent_id, agent.state, agent.since, agent.reason))


def _restore_call(floor: Floor, memory: CallMemory, now: float) -> None:
    call = Call(
        memory.call_id, memory.dialled, memory.caller_number, memory.caller_name, memory.arrived_at, memory.place,
        memory.since, memory.language, memory.topic, _walk_of(floor, memory), memory.step, memory.queued_at,
        priority=memory.priority, attempts=memory.attempts, agent_id=memory.agent_id,
        answered_at=memory.answered_at, talk_s=memory.talk_s, ending=memory.ending, hung_up_by=memory.hung_up_by,
        visits=list(memory.visits), rings=list(memory.rings), unwatched_s=memory.unwatched_s,
        fell_back=memory.fell_back,
    )  # fmt: skip
    floor.calls[call.call_id] = call
    floor.reports.append(CallRestored(now, call.call_id, call.place, call.agent_id))
    lines = floor.lines_for(memory.queue_id) if memory.queue_id else None
    if lines is not None:
        floor.open_visit(call, lines.queue, memory.entered_at, now, joined_at=memory.joined_at or memory.entered_at)
        if call.visit is not None:
            call.visit.stage, _ = lines.stage_at(memory.entered_at, floor.watched_until)
    elif memory.queue_id:
        floor.hang_up(call, "", Outcome.FAILED, "queue_removed")
    if call.place is Place.RINGING and not _take_ring(floor, call, memory.ring):
        floor.move_call(call, CallTrigger.RETURNED, now)
    elif call.place is Place.TALKING:
        _take_talk(floor, call, memory.ring, now)


def _walk_of(floor: Floor, memory: CallMemory) -> Walk | None:
    """Where the caller was in the tree; None if the tree has changed so that there is no such node."""
    tree = floor.site.entries.get(memory.dialled)
    if tree is None or memory.node not in tree.nodes:
        return None
    return Walk(tree, memory.node, memory.tried, list(memory.path))


def _take_ring(floor: Floor, call: Call, ring: RingMemory | None) -> bool:
    """Hold the call for the agent again; False if the agent remembers nothing of it."""
    agent = floor.agents.get(ring.agent_id) if ring else None
    if ring is None or agent is None or (agent.state, agent.call_id) != (AgentState.RESERVED, call.call_id):
        return False
    _hold(floor, call, ring)
    agent.reservation_id = ring.reservation_id
    return True


def _take_talk(floor: Floor, call: Call, ring: RingMemory | None, now: float) -> None:
    agent = floor.agents.get(call.agent_id)
    call.reservation_id = ring.reservation_id if ring else ""
    if agent is None or (agent.state is AgentState.ON_CALL and agent.call_id != call.call_id):
        return
    if agent.state is not AgentState.ON_CALL:
        agent.call_id = call.call_id
        if not floor.move_agent(agent, AgentTrigger.ANSWER, now):
            return
    agent.reservation_id = call.reservation_id
    if ring is not None:
        _hold(floor, call, ring)


def _hold(floor: Floor, call: Call, ring: RingMemory) -> None:
    floor.reservations[ring.reservation_id] = Reservation(
        ring.reservation_id, call.call_id, ring.agent_id, ring.queue_id, ring.created_at, ring.decision, ring.state,
        ring.ringing_at,
    )  # fmt: skip
    call.reservation_id = ring.reservation_id


def _let_go(floor: Floor, agent: Agent, watched_until: float) -> None:
    """An agent whose ring or talk no call remembers is free of it."""
    if agent.state is AgentState.RESERVED and not agent.reservation_id:
        release(floor, agent, watched_until)
    elif agent.state is AgentState.ON_CALL:
        call = floor.calls.get(agent.call_id)
        if call is None or call.place is not Place.TALKING or call.agent_id != agent.agent_id:
            agent.reservation_id = ""
            floor.move_agent(agent, AgentTrigger.END_TALK, watched_until)
            begin_wrap_up(floor, agent, watched_until)

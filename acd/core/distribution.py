"""Distribution: a call and an agent are brought together.

Runs after every event, over the calls and agents that have just become free, so that no ready agent ever sits
beside a call they could take. Who is chosen is `routing`'s to say.
"""

from acd.core.agent import AgentTrigger
from acd.core.call import Call, CallTrigger
from acd.core.commands import RingAgent
from acd.core.floor import Floor
from acd.core.reports import Decided, ReservationCreated
from acd.core.reservation import Reservation
from routing.decision import Decision
from routing.pool import Pool, choose_call

# The PBX ends a ring by itself; this much later than it should have, the core stops believing that it will.
RING_GRACE_S = 3.0


def distribute(floor: Floor, now: float) -> None:
    """Match all that has become free. Does nothing while the PBX is away, or not known as it is now."""
    if not floor.pbx_up or floor.catching_up:
        return
    # Before, no free agent had a call to take: of one that is new alone it is the turn.
    alone = len(floor.seated) + len(floor.freed) == 1
    while floor.seated or floor.freed:
        if floor.freed:
            agent = floor.agents.get(floor.freed.popleft())
            while agent is not None and agent.eligible and (call_id := choose_call(agent.pools, now)) is not None:
                _bring_together(floor, floor.calls[call_id], now, alone)
        else:
            call = floor.calls.get(floor.seated.popleft())
            while call is not None and call.seated and _bring_together(floor, call, now, alone):
                """Until it rings, or nobody is left who could take it."""


def distribute_everything(floor: Floor) -> None:
    """Have every idle agent looked at again: after the PBX has come back."""
    floor.freed.extend(agent.agent_id for agent in floor.agents.values() if agent.eligible)


def _bring_together(floor: Floor, call: Call, now: float, alone: bool) -> bool:
    """Ring the best agent for the call; for the call whose turn it is with them, if that is another. False: nobody.

    Another is one of a higher score, so this comes to an end.
    """
    assert call.visit is not None, "a seated call visits a queue"
    assert call.pool is not None, "a seated call stands in a line"
    decision = call.pool.choose_agent(now)
    if decision.agent_id is None:
        queue_id = call.visit.queue.queue_id
        floor.reports.append(Decided(now, call.call_id, queue_id, decision, floor.site.version))
        return False
    turn = call.call_id if alone else choose_call(floor.agents[decision.agent_id].pools, now)
    assert turn is not None, "the call stands in a line of this agent"
    if turn == call.call_id:
        _reserve(floor, call, call.pool, decision, now)
        return True
    return _bring_together(floor, floor.calls[turn], now, alone)


def _reserve(floor: Floor, call: Call, pool: Pool, decision: Decision, now: float) -> None:
    visit = call.visit
    assert visit is not None, "a seated call visits a queue"
    assert decision.agent_id is not None, "only a decision for somebody is carried out"
    agent, queue = floor.agents[decision.agent_id], visit.queue
    call.attempts += 1
    reservation_id = f"{call.call_id}.{call.attempts}"
    held = Reservation(reservation_id, call.call_id, agent.agent_id, queue.queue_id, now, str(decision))
    floor.reservations[reservation_id] = held
    agent.reservation_id, agent.call_id, agent.queue_id = reservation_id, call.call_id, queue.queue_id
    call.reservation_id = reservation_id
    floor.reports.append(Decided(now, call.call_id, queue.queue_id, decision, floor.site.version))
    floor.reports.append(
        ReservationCreated(
            now, reservation_id, call.call_id, agent.agent_id, queue.queue_id, now - visit.entered_at
        )
    )
    floor.move_agent(agent, AgentTrigger.RESERVE, now)
    pool.note_ring(agent.agent_id)
    floor.move_call(call, CallTrigger.RESERVED, now)
    floor.deadlines.set("ringing", reservation_id, now + floor.site.ringing_deadline_s)
    floor.deadlines.set("ring", reservation_id, now + queue.ring_timeout_s + RING_GRACE_S)
    floor.commands.append(RingAgent(call.call_id, reservation_id, agent.agent_id, queue.ring_timeout_s))

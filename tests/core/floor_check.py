"""What is true of the floor after every event: each fact that is kept twice agrees with a recount from scratch."""

from collections import Counter

from acd.core.agent import AgentState
from acd.core.call import Place
from acd.core.floor import Floor
from acd.core.reservation import ReservationState
from acd.core.words import Phone

IN_LINE = (Place.WAITING, Place.RINGING, Place.IN_FALLBACK)


def check_floor(floor: Floor) -> None:
    """Raises AssertionError with the fact that does not hold."""
    _check_calls(floor)
    _check_reservations(floor)
    _check_agents(floor)
    _check_queues(floor)
    _check_deadlines(floor)
    assert not floor.commands
    if floor.pbx_up:
        assert not floor.seated
        assert not floor.freed


def _check_calls(floor: Floor) -> None:
    for call_id, call in floor.calls.items():
        assert call.call_id == call_id
        assert call.place is not Place.ENDED, f"{call_id} has ended and is still there"
        if call.place in (Place.WAITING, Place.RINGING) and call.ending is None:
            assert call.visit is not None, f"{call_id} {call.place} outside every queue"
        if call.visit is not None:
            assert call.place in IN_LINE, f"{call_id} {call.place} with an open visit"
        if call.seated:
            assert call.place is Place.WAITING, f"{call_id} {call.place} could be rung for"
            assert call.ending is None, f"{call_id} is ending and could be rung for"
        if call.place is Place.RINGING:
            held = floor.reservations[call.reservation_id]
            assert (held.call_id, held.state) == (call_id, ReservationState.PENDING)
        elif call.place is not Place.TALKING:
            assert not call.reservation_id, f"{call_id} {call.place} holds {call.reservation_id}"


def _check_reservations(floor: Floor) -> None:
    for reservation_id, held in floor.reservations.items():
        call, agent = floor.calls[held.call_id], floor.agents[held.agent_id]
        assert call.reservation_id == agent.reservation_id == held.reservation_id == reservation_id
        expected = {
            ReservationState.PENDING: (Place.RINGING, AgentState.RESERVED),
            ReservationState.ACCEPTED: (Place.TALKING, AgentState.ON_CALL),
        }[held.state]
        assert (call.place, agent.state) == expected
    for attribute in ("call_id", "agent_id"):
        holders = Counter(getattr(held, attribute) for held in floor.reservations.values())
        assert not holders or max(holders.values()) == 1, f"two reservations of one {attribute}"


def _check_agents(floor: Floor) -> None:
    talking: Counter[str] = Counter()
    for agent_id, agent in floor.agents.items():
        assert agent.agent_id == agent_id
        assert agent.standing == agent.rate_standing()
        if floor.pbx_up:
            assert agent.presence == agent.rate_presence(), "the fallback knows something else"
        if agent.state is AgentState.RESERVED:
            assert floor.reservations[agent.reservation_id].agent_id == agent_id
        elif agent.state is AgentState.ON_CALL:
            call = floor.calls[agent.call_id]
            assert (call.place, call.agent_id) == (Place.TALKING, agent_id)
            talking[agent.call_id] += 1
        else:
            assert not agent.reservation_id, f"{agent_id} {agent.state} holds {agent.reservation_id}"
            assert agent.state is AgentState.WRAP_UP or not agent.call_id, f"{agent_id} {agent.state} has a call"
        if agent.pending is not None:
            assert agent.state in (AgentState.ON_CALL, AgentState.WRAP_UP), f"{agent_id} {agent.state} pending"
    assert not talking or max(talking.values()) == 1, "two agents with one caller"


def _check_queues(floor: Floor) -> None:
    for queue_id, lines in floor.queues.items():
        mine = [agent for agent in floor.agents.values() if queue_id in agent.profile.queue_ids]
        in_here = [call for call in floor.calls.values() if call.visit and call.visit.queue.queue_id == queue_id]
        visits = sorted(call.order(call.visit.entered_at) for call in in_here if call.visit)
        assert list(lines.visits) == visits
        assert list(lines.waiting) == sorted(call.line_key for call in in_here if call.seated and call.line_key)
        eligible = [
            agent for agent in mine
            if agent.state is AgentState.READY and agent.phone is Phone.REACHABLE and not agent.phone_busy
        ]  # fmt: skip
        assert list(lines.idle) == sorted((agent.idle_since, agent.agent_id) for agent in eligible)
        standings = Counter(agent.rate_standing() for agent in mine if agent.state is not AgentState.LOGGED_OUT)
        assert {k: n for k, n in lines.standings.items() if n} == dict(standings)
        if floor.pbx_up:
            assert not (len(lines.idle) and len(lines.waiting)), f"an idle agent beside a waiting call in {queue_id}"


def _check_deadlines(floor: Floor) -> None:
    """Every deadline has somebody to care, and nobody who needs one is without."""
    due = floor.deadlines
    pending = {r for r, held in floor.reservations.items() if held.state is ReservationState.PENDING}
    wrapping = {a for a, agent in floor.agents.items() if agent.state is AgentState.WRAP_UP}
    visiting = {c for c, call in floor.calls.items() if call.visit is not None}
    out = {a for a, agent in floor.agents.items() if agent.state is AgentState.NOT_READY}
    cares = {"ringing": pending, "ring": pending, "wrap_up": wrapping, "wait_max": visiting, "recovery": out}
    for kind, subject in due:
        assert subject in cares[kind], f"deadline {kind} of {subject} has outlived it"
    for reservation_id in pending if floor.pbx_up else ():
        assert due.get("ring", reservation_id) is not None, f"{reservation_id} could ring for ever"

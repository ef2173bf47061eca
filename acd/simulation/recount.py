"""The whole floor, recounted from scratch: every fact that is kept twice must agree. Costs O(calls + agents), so it is
done every so many steps; `checks` looks at what each step touched."""

from collections import Counter

from acd.core.agent import AgentState
from acd.core.call import Call, Place, Visit
from acd.core.floor import Floor
from acd.core.reservation import ReservationState
from acd.core.words import Phone
from acd.simulation.broken import BrokenError
from acd.simulation.turns import find_pool, priority_of
from routing.line import Key, Line
from routing.pool import Pool

IN_LINE = (Place.WAITING, Place.RINGING, Place.IN_FALLBACK)
EPSILON_S = 1e-6
LIVE = {
    ReservationState.PENDING: (Place.RINGING, AgentState.RESERVED),
    ReservationState.ACCEPTED: (Place.TALKING, AgentState.ON_CALL),
}


def recount(floor: Floor) -> None:
    """Raises `BrokenError` with the fact that does not hold."""
    _recount_calls(floor)
    _recount_reservations(floor)
    _recount_holders(floor)
    _recount_agents(floor)
    _recount_queues(floor)
    _recount_pools(floor)
    _recount_deadlines(floor)
    _hold("runs", not floor.commands, "commands were left behind")
    if floor.pbx_up and not floor.catching_up:
        _hold("dispatch", not floor.seated and not floor.freed, "calls or agents were left unmatched")


def _hold(invariant: str, fact: bool, text: str) -> None:
    if not fact:
        raise BrokenError(invariant, text)


def _recount_calls(floor: Floor) -> None:
    for call_id, call in floor.calls.items():
        _hold("agrees", call.call_id == call_id, f"{call.call_id} stands as {call_id}")
        _hold("ended_holds_nothing", call.place is not Place.ENDED, f"{call_id} has ended and is still there")
        if call.place in (Place.WAITING, Place.RINGING) and call.ending is None:
            _hold("one_place", call.visit is not None, f"{call_id} {call.place} outside every queue")
        if call.visit is not None:
            _hold("one_place", call.place in IN_LINE, f"{call_id} {call.place} with an open visit")
        if call.seated:
            waits = call.place is Place.WAITING and call.ending is None
            _hold("one_place", waits, f"{call_id} {call.place} could be rung for")
        if call.place is Place.RINGING:
            held = floor.reservations.get(call.reservation_id)
            rings = held is not None and (held.call_id, held.state) == (call_id, ReservationState.PENDING)
            _hold("one_reservation", rings, f"{call_id} rings with {call.reservation_id}")
        elif call.place is not Place.TALKING:
            _hold("one_place", not call.reservation_id, f"{call_id} {call.place} holds {call.reservation_id}")


def _recount_reservations(floor: Floor) -> None:
    for reservation_id, held in floor.reservations.items():
        call, agent = floor.calls.get(held.call_id), floor.agents.get(held.agent_id)
        agree = (
            call is not None and agent is not None and held.state in LIVE
            and call.reservation_id == agent.reservation_id == reservation_id
            and (call.place, agent.state) == LIVE[held.state]
        )  # fmt: skip
        _hold("one_reservation", agree, f"{reservation_id}: call {held.call_id} and agent {held.agent_id} disagree")


def _recount_agents(floor: Floor) -> None:
    talking: Counter[str] = Counter()
    for agent_id, agent in floor.agents.items():
        _hold("agrees", agent.agent_id == agent_id, f"{agent.agent_id} stands as {agent_id}")
        _hold("agrees", agent.standing == agent.rate_standing(), f"{agent_id} counts as {agent.standing}")
        if floor.pbx_up:
            _hold("agrees", agent.presence == agent.rate_presence(), f"the fallback has {agent_id} {agent.presence}")
        if agent.state is AgentState.RESERVED:
            held = floor.reservations.get(agent.reservation_id)
            _hold("one_reservation", held is not None and held.agent_id == agent_id, f"{agent_id} reserved for nobody")
        elif agent.state is AgentState.ON_CALL:
            call = floor.calls.get(agent.call_id)
            talks = call is not None and (call.place, call.agent_id) == (Place.TALKING, agent_id)
            _hold("one_place", talks, f"{agent_id} is on a call with {agent.call_id}, who is not")
            talking[agent.call_id] += 1
        else:
            holds = agent.reservation_id or (agent.call_id if agent.state is not AgentState.WRAP_UP else "")
            _hold("ended_holds_nothing", not holds, f"{agent_id} {agent.state} holds {holds}")
        busy = agent.state in (AgentState.ON_CALL, AgentState.WRAP_UP)
        _hold("agrees", busy or agent.pending is None, f"{agent_id} {agent.state} pending {agent.pending}")
    twice = [call_id for call_id, n in talking.items() if n > 1]
    _hold("one_bridge", not twice, f"two agents talk to {twice}")


def _recount_queues(floor: Floor) -> None:
    for queue_id, lines in floor.queues.items():
        in_here = [call for call in floor.calls.values() if call.visit and call.visit.queue.queue_id == queue_id]
        visits = sorted((call.visit.joined_at - 60.0 * call.priority, call.call_id) for call in in_here if call.visit)
        _hold("books", list(lines.visits) == visits, f"{queue_id}: its visits are not those of its calls")


def _recount_pools(floor: Floor) -> None:
    asked: dict[Pool, list[Call]] = {pool: [] for pool in floor.pools}
    for call in floor.calls.values():
        if call.seated and call.visit is not None:
            pool = find_pool(floor, call.visit)
            _hold("order", call.pool is pool, f"{call.call_id} stands in another line than that of {pool.requirement}")
            asked[pool].append(call)
    for pool, calls in asked.items():
        what = f"{pool.strategy} of {pool.requirement}"
        _recount_line(floor, pool, calls, what)
        mine = [agent for agent in floor.agents.values() if pool.requirement.met_by(agent.skills, agent.groups)]
        _hold("agrees", all(pool in agent.pools for agent in mine), f"{what}: somebody who has all that is left out")
        free = [
            agent for agent in mine
            if agent.state is AgentState.READY and agent.phone is Phone.REACHABLE and not agent.phone_busy
        ]  # fmt: skip
        idle = sorted(pool.key_of(agent) for agent in free)
        _hold("agrees", list(pool.idle) == idle, f"{what}: its idle line is not that of who is idle")
        standings = Counter(agent.rate_standing() for agent in mine if agent.state is not AgentState.LOGGED_OUT)
        counted = {standing: n for standing, n in pool.standings.items() if n}
        _hold("agrees", counted == dict(standings), f"{what} counts {counted}, not {dict(standings)}")
        if floor.pbx_up and not floor.catching_up:
            _hold("dispatch", not (len(idle) and calls), f"an idle agent beside a waiting call: {what}")


def _recount_line(floor: Floor, pool: Pool, calls: list[Call], what: str) -> None:
    """Each call at the place that its wait and priority give it, or among those that are overdue."""
    expected: dict[float | None, list[Key]] = {}
    for call in calls:
        visit = call.visit
        assert visit is not None, "who stands in line visits a queue"
        weight = floor.lines_of(visit.queue).queue.weight
        if (visit.joined_at, call.call_id) in pool.overdue:
            expected.setdefault(None, []).append((visit.joined_at, call.call_id))
        else:
            at = visit.joined_at - 60.0 * priority_of(floor, call, visit) / weight
            expected.setdefault(weight, []).append((at, visit.joined_at, call.call_id))
    found: dict[float | None, list[Key]] = {None: list(pool.overdue)}
    found.update({weight: list(line) for weight, line in pool.waiting.items()})
    for line in expected.keys() | found.keys():
        here = found.get(line, [])
        _hold("order", here == sorted(expected.get(line, [])), f"{what}: its line is not that of who waits")


def _recount_holders(floor: Floor) -> None:
    for attribute in ("call_id", "agent_id"):
        holders = Counter(getattr(held, attribute) for held in floor.reservations.values())
        twice = [holder for holder, n in holders.items() if n > 1]
        _hold("one_reservation", not twice, f"two reservations of {twice}")


def check_overdue(floor: Floor, now: float) -> None:
    """Between two steps of the engine nothing is left that was due before `now`, and nothing was done before its
    time."""
    for kind, subject in floor.deadlines:
        due = floor.deadlines.get(kind, subject)
        _hold("timers", due is None or due >= now - EPSILON_S, f"the deadline {kind} of {subject} is overdue")
    for call in floor.calls.values():
        if call.visit is not None and call.stands is not None:
            _check_wait(floor, call, call.visit, call.stands[0], now)


def _check_wait(floor: Floor, call: Call, visit: Visit, line: Line, now: float) -> None:
    """As many steps are taken as the call's wait says, and it is overdue from its time on."""
    steps, waited_s = floor.lines_of(visit.queue).queue.steps, now - visit.entered_at
    least = sum(step.after_s < waited_s - EPSILON_S for step in steps)
    most = sum(step.after_s <= waited_s + EPSILON_S for step in steps)
    taken = f"{visit.stage} steps of {visit.queue.queue_id}, having waited {waited_s:.3f} s there"
    _hold("timers", least <= visit.stage <= most, f"{call.call_id} has taken {taken}")
    left_s = visit.joined_at + floor.site.overtaken_s_max - now
    if abs(left_s) > EPSILON_S:
        overdue = call.pool is not None and line is call.pool.overdue
        _hold("order", overdue == (left_s < 0), f"{call.call_id} can be overtaken for {left_s:.3f} s: {not overdue}")


def _recount_deadlines(floor: Floor) -> None:
    """Every deadline has somebody to care, and nobody who needs one is without."""
    pending = {r for r, held in floor.reservations.items() if held.state is ReservationState.PENDING}
    cares = {
        "ringing": pending,
        "ring": pending,
        "wrap_up": {a for a, agent in floor.agents.items() if agent.state is AgentState.WRAP_UP},
        "wait_max": {c for c, call in floor.calls.items() if call.visit is not None},
        "step": {c for c, call in floor.calls.items() if call.seated},
        "recovery": {a for a, agent in floor.agents.items() if agent.state is AgentState.NOT_READY},
    }
    for kind, subject in floor.deadlines:
        _hold("timers", subject in cares[kind], f"the deadline {kind} of {subject} has outlived it")
    for reservation_id in pending if floor.pbx_up else ():
        due = floor.deadlines.get("ring", reservation_id)
        _hold("timers", due is not None, f"{reservation_id} could ring for ever")


def check_wrap_ups(floor: Floor) -> None:
    """The wrap-ups of queues that time them end. Only for sites whose queues never begin to: one that began untimed
    is the agent's to end."""
    for agent_id, agent in floor.agents.items():
        lines = floor.queues.get(agent.queue_id)
        if agent.state is AgentState.WRAP_UP and lines is not None and lines.queue.wrap_up_s is not None:
            due = floor.deadlines.get("wrap_up", agent_id)
            _hold("timers", due is not None, f"the wrap-up of {agent_id} could last for ever")

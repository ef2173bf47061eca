"""What agents ask for: to log in and out, to be ready or not, more or less wrap-up. Each request gets one reply."""

from acd.core.agent import Agent, AgentState, AgentTrigger
from acd.core.commands import Reply, StopRinging
from acd.core.events import (
    AgentEvent,
    LoginRequested,
    LogoutRequested,
    NotReadyRequested,
    ReadyRequested,
    ReservationRejected,
    StateAsked,
    WrapUpEnded,
    WrapUpExtended,
)
from acd.core.floor import Floor
from acd.core.reports import AgentPending
from acd.core.rings import FAILED_RINGS, close, finish_wrap_up, return_call, take_back, withdraw
from acd.core.words import Phone, Reason, RingEnd


def known_agent(floor: Floor, event: AgentEvent) -> Agent | None:
    """The agent who asks; None (and a refusal) if the site has no such work number."""
    agent = floor.agents.get(event.agent_id)
    if agent is None:
        detail = f"no agent {event.agent_id} in this site; add them to the routing file"
        _reply(floor, event, "unknown_agent", accepted=False, detail=detail)
    return agent


def login(floor: Floor, event: LoginRequested, now: float) -> None:
    """Log in; from a second station it takes over from the first, and the agent says ready again."""
    agent = known_agent(floor, event)
    if agent is None:
        return
    if agent.retired:
        _reply(floor, event, "refused", accepted=False, detail="this work number has been removed from the site")
        return
    if agent.state is AgentState.LOGGED_OUT:
        agent.station = event.station
        floor.move_agent(agent, AgentTrigger.LOG_IN, now, Reason.LOGIN)
    elif agent.station != event.station:
        agent.station = event.station
        _go(floor, agent, AgentState.NOT_READY, Reason.RELOGIN, now)
    _reply(floor, event, "logged_in")


def logout(floor: Floor, event: LogoutRequested, now: float) -> None:
    agent = known_agent(floor, event)
    if agent is None:
        return
    if agent.state is not AgentState.LOGGED_OUT:
        _go(floor, agent, AgentState.LOGGED_OUT, "", now)
    _reply(floor, event, "logged_out" if agent.state is AgentState.LOGGED_OUT else "pending")
    if agent.retired and agent.state is AgentState.LOGGED_OUT:
        floor.dismiss(agent)


def ready(floor: Floor, event: ReadyRequested, now: float) -> None:
    agent = known_agent(floor, event)
    if agent is None or not _logged_in(floor, event, agent):
        return
    if agent.phone is Phone.UNREACHABLE:
        detail = f"the phone of {agent.agent_id} is not registered; connect it, then ask again"
        _reply(floor, event, "refused", accepted=False, detail=detail)
        return
    _go(floor, agent, AgentState.READY, "", now)
    _reply(floor, event, "pending" if agent.state is AgentState.ON_CALL else agent.state)


def not_ready(floor: Floor, event: NotReadyRequested, now: float) -> None:
    """`reason` is one of the site's, its digit, empty, or `forced` when a supervisor asks."""
    agent = known_agent(floor, event)
    if agent is None or not _logged_in(floor, event, agent):
        return
    reasons = floor.site.not_ready_reasons
    reason = reasons.get(event.reason, event.reason or Reason.UNSPECIFIED)
    if reason not in (*reasons.values(), Reason.UNSPECIFIED, Reason.FORCED):
        known = ", ".join(f"{digit} {name}" for digit, name in reasons.items())
        detail = f"no reason {event.reason!r} here; the site has: {known}"
        _reply(floor, event, "refused", accepted=False, detail=detail)
        return
    _go(floor, agent, AgentState.NOT_READY, reason, now)
    _reply(floor, event, "pending" if agent.state is AgentState.ON_CALL else agent.state)


def extend_wrap_up(floor: Floor, event: WrapUpExtended, now: float) -> None:
    agent = known_agent(floor, event)
    if agent is None:
        return
    ends_at = floor.deadlines.get("wrap_up", agent.agent_id)
    if agent.state is not AgentState.WRAP_UP or ends_at is None or event.extra_s <= 0:
        _reply(floor, event, "refused", accepted=False, detail="there is no timed wrap-up to extend")
        return
    latest = agent.since + floor.site.wrap_up_s_max
    floor.deadlines.set("wrap_up", agent.agent_id, min(ends_at + event.extra_s, max(latest, ends_at)))
    _reply(floor, event, "wrap_up_extended")


def end_wrap_up(floor: Floor, event: WrapUpEnded, now: float) -> None:
    agent = known_agent(floor, event)
    if agent is None:
        return
    if agent.state is not AgentState.WRAP_UP:
        _reply(floor, event, "refused", accepted=False, detail="the agent is not in wrap-up")
        return
    finish_wrap_up(floor, agent, now)
    _reply(floor, event, agent.state)


def tell_state(floor: Floor, event: StateAsked, now: float) -> None:
    agent = known_agent(floor, event)
    if agent is not None:
        _reply(floor, event, agent.state, detail=agent.reason)


def reject(floor: Floor, event: ReservationRejected, now: float) -> None:
    agent = known_agent(floor, event)
    if agent is None:
        return
    held = floor.reservations.get(event.reservation_id)
    if held is None or agent.state is not AgentState.RESERVED or agent.reservation_id != event.reservation_id:
        _reply(floor, event, "refused", accepted=False, detail="that call no longer rings here")
        return
    close(floor, held, FAILED_RINGS[RingEnd.REJECTED][0], "rejected_on_desktop", now)
    return_call(floor, held, now)
    withdraw(floor, agent, Reason.REJECTED, now)
    floor.commands.append(StopRinging(held.call_id, held.reservation_id, held.agent_id))
    _reply(floor, event, "rejected")


# What a request does in each idle or wrap-up state; while on_call it is kept as pending.
DIRECT = {
    AgentState.READY: AgentTrigger.GET_READY,
    AgentState.NOT_READY: AgentTrigger.GET_NOT_READY,
    AgentState.LOGGED_OUT: AgentTrigger.LOG_OUT,
}


def _go(floor: Floor, agent: Agent, wanted: AgentState, reason: str, now: float) -> None:
    """Bring the agent to `wanted`: now if they can, else after the call."""
    if agent.state is AgentState.ON_CALL:
        agent.pending, agent.pending_reason = wanted, reason
        floor.reports.append(AgentPending(now, agent.agent_id, wanted, reason))
        floor.rate(agent)
        return
    if agent.state is AgentState.RESERVED:
        if wanted is AgentState.READY:
            return
        held = floor.reservations[agent.reservation_id]
        take_back(floor, held, f"agent_{wanted}", now)
        withdraw(floor, agent, reason, now)
    if agent.state is AgentState.WRAP_UP:
        agent.pending, agent.pending_reason = wanted, reason
        finish_wrap_up(floor, agent, now)
    elif agent.state is not wanted or wanted is AgentState.NOT_READY:
        floor.move_agent(agent, DIRECT[wanted], now, reason)


def _logged_in(floor: Floor, event: AgentEvent, agent: Agent) -> bool:
    if agent.state is AgentState.LOGGED_OUT:
        detail = f"agent {agent.agent_id} is not logged in; log in first"
        _reply(floor, event, "refused", accepted=False, detail=detail)
        return False
    return True


def _reply(floor: Floor, event: AgentEvent, word: str, accepted: bool = True, detail: str = "") -> None:
    if event.request_id:
        floor.commands.append(Reply(event.request_id, event.agent_id, accepted, word, detail))



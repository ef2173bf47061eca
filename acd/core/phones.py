"""What the PBX says of agents' phones, and what follows for the agent."""

from acd.core.agent import Agent, AgentState, AgentTrigger
from acd.core.events import PhoneBusyChanged, PhoneChanged
from acd.core.floor import Floor
from acd.core.reports import AgentPhone
from acd.core.rings import take_back, withdraw
from acd.core.words import Phone, Reason


def phone_changed(floor: Floor, event: PhoneChanged, now: float) -> None:
    agent = floor.agents.get(event.agent_id)
    if agent is not None and agent.phone is not event.phone:
        note(floor, agent, event.phone, agent.phone_busy, now)


def phone_busy_changed(floor: Floor, event: PhoneBusyChanged, now: float) -> None:
    agent = floor.agents.get(event.agent_id)
    if agent is not None and agent.phone_busy != event.busy:
        note(floor, agent, agent.phone, event.busy, now)


def note(floor: Floor, agent: Agent, phone: Phone, busy: bool, now: float) -> None:
    """A phone that is gone takes its agent out; one that is back brings them in again, if the site's rule says so.

    Back means that it was away by the PBX's own account: a phone that is registered and gave no sign when it was
    rung is no better for having one channel less.
    """
    back = phone is Phone.REACHABLE and agent.phone is not phone
    floor.set_phone(agent, phone, busy)
    floor.reports.append(AgentPhone(now, agent.agent_id, phone, busy))
    if phone is Phone.UNREACHABLE:
        if agent.state is AgentState.READY:
            floor.move_agent(agent, AgentTrigger.GET_NOT_READY, now, Reason.DEVICE_DOWN)
        elif agent.state is AgentState.RESERVED:
            take_back(floor, floor.reservations[agent.reservation_id], Reason.DEVICE_DOWN, now)
            withdraw(floor, agent, Reason.DEVICE_DOWN, now)
    elif (
        back
        and agent.state is AgentState.NOT_READY
        and agent.reason == Reason.DEVICE_DOWN
        and floor.site.device_recovery
    ):
        floor.move_agent(agent, AgentTrigger.GET_READY, now)

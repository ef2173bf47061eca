"""What can be asked for an agent: the path's last part, the body it takes, the event it becomes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from acd.core.events import (
    AgentEvent,
    LoginRequested,
    LogoutRequested,
    NotReadyRequested,
    ReadyRequested,
    ReservationRejected,
    WrapUpEnded,
    WrapUpExtended,
)
from cti.models import Body, ExtendBody, LoginBody, NoBody, NotReadyBody, RejectBody


@dataclass(frozen=True, slots=True)
class AgentCommand:
    """`make` takes the work number, the validated body and the request's id."""

    summary: str
    body: type[Body]
    make: Callable[[str, Any, str], AgentEvent]


AGENT_COMMANDS: dict[str, AgentCommand] = {
    "login": AgentCommand(
        "Log in; the agent is then not ready.", LoginBody,
        lambda agent_id, body, request_id: LoginRequested(agent_id, body.station, request_id),
    ),
    "logout": AgentCommand(
        "Log out; after the call, if there is one.", NoBody,
        lambda agent_id, body, request_id: LogoutRequested(agent_id, request_id),
    ),
    "ready": AgentCommand(
        "Take calls.", NoBody, lambda agent_id, body, request_id: ReadyRequested(agent_id, request_id)
    ),
    "not-ready": AgentCommand(
        "Take no calls, for a reason of the site.", NotReadyBody,
        lambda agent_id, body, request_id: NotReadyRequested(agent_id, body.reason, request_id),
    ),
    "wrap-up/extend": AgentCommand(
        "Give the wrap-up more time.", ExtendBody,
        lambda agent_id, body, request_id: WrapUpExtended(agent_id, body.extra_s, request_id),
    ),
    "wrap-up/end": AgentCommand(
        "End the wrap-up before its time.", NoBody,
        lambda agent_id, body, request_id: WrapUpEnded(agent_id, request_id),
    ),
    "reject": AgentCommand(
        "Decline the call that rings.", RejectBody,
        lambda agent_id, body, request_id: ReservationRejected(agent_id, body.reservation_id, request_id),
    ),
}  # fmt: skip

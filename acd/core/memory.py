"""What must outlive a killed switch: the memories of open calls and of agents, as values that can be stored.

The store keeps the latest of each; a switch that begins anew is given them in the event `Restored`. What the PBX knows
better (who waits, rings, talks now) is corrected by the PBX when the link is up.
"""

from dataclasses import dataclass

from acd.core.agent import Agent, AgentState
from acd.core.call import Call, Place
from acd.core.deadlines import Deadlines
from acd.core.reports import RingRecord, VisitRecord
from acd.core.reservation import Reservation, ReservationState
from acd.core.words import Outcome, Side


@dataclass(frozen=True, slots=True)
class RingMemory:
    """The call's live reservation: it rings (pending) or led to the talk that goes on (accepted)."""

    reservation_id: str
    agent_id: str
    queue_id: str
    created_at: float
    decision: str
    state: ReservationState
    ringing_at: float


@dataclass(frozen=True, slots=True)
class CallMemory:
    """One open call. Times are UTC seconds, 0 where nothing has happened yet; `node`, `tried` and `path` are the
    caller's walk through the tree of `dialled`; `queue_id` and `entered_at` the open visit, whose place counts since
    `joined_at`."""

    call_id: str
    dialled: str
    caller_number: str
    caller_name: str
    arrived_at: float
    place: Place
    since: float
    language: str
    topic: str
    step: int
    queued_at: float
    priority: int
    attempts: int
    agent_id: str
    answered_at: float
    talk_s: float
    hung_up_by: Side
    unwatched_s: float
    fell_back: bool
    ending: tuple[Outcome, str] | None = None
    node: str = ""
    tried: int = 0
    path: tuple[str, ...] = ()
    queue_id: str = ""
    entered_at: float = 0.0
    joined_at: float = 0.0
    ring: RingMemory | None = None
    visits: tuple[VisitRecord, ...] = ()
    rings: tuple[RingRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentMemory:
    """One agent who is not logged out. `wrap_up_ends_at` and `recovers_at` are deadlines, 0 for none."""

    agent_id: str
    state: AgentState
    since: float
    reason: str
    pending: AgentState | None
    pending_reason: str
    station: str
    idle_since: float
    call_id: str
    queue_id: str
    wrap_up_ends_at: float = 0.0
    recovers_at: float = 0.0
    calls_answered: int = 0
    talked_s: float = 0.0
    busy_s: float = 0.0
    free_s: float = 0.0


def remember_call(call: Call, held: Reservation | None) -> CallMemory:
    walk, visit = call.walk, call.visit
    ring = None
    if held is not None:
        ring = RingMemory(
            held.reservation_id, held.agent_id, held.queue_id, held.created_at, held.decision, held.state,
            held.ringing_at,
        )  # fmt: skip
    return CallMemory(
        call.call_id, call.dialled, call.caller_number, call.caller_name, call.arrived_at, call.place, call.since,
        call.language, call.topic, call.step, call.queued_at, call.priority, call.attempts, call.agent_id,
        call.answered_at, call.talk_s, call.hung_up_by, call.unwatched_s, call.fell_back, call.ending,
        walk.node if walk else "", walk.tried if walk else 0, tuple(walk.path) if walk else (),
        visit.queue.queue_id if visit else "", visit.entered_at if visit else 0.0,
        visit.joined_at if visit else 0.0, ring,
        tuple(call.visits), tuple(call.rings),
    )  # fmt: skip


def remember_agent(agent: Agent, deadlines: Deadlines) -> AgentMemory | None:
    """None for who is logged out: nothing has to be remembered of them."""
    if agent.state is AgentState.LOGGED_OUT:
        return None
    return AgentMemory(
        agent.agent_id, agent.state, agent.since, agent.reason, agent.pending, agent.pending_reason, agent.station,
        agent.idle_since, agent.call_id, agent.queue_id, deadlines.get("wrap_up", agent.agent_id) or 0.0,
        deadlines.get("recovery", agent.agent_id) or 0.0,
        agent.calls_answered, agent.talked_s, agent.busy_s, agent.free_s,
    )  # fmt: skip

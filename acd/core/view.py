"""What can be seen of the running switch at one moment: plain values for status pages, metrics and tests."""

from dataclasses import dataclass

from acd.core.words import Phone


@dataclass(frozen=True, slots=True)
class CallView:
    """`since` is when the call came to its `place`; `wait_s` is 0 before it first queued."""

    call_id: str
    place: str
    since: float
    dialled: str
    caller_number: str
    queue_id: str
    agent_id: str
    arrived_at: float
    wait_s: float
    topic: str


@dataclass(frozen=True, slots=True)
class AgentView:
    """`idle_s` counts since the agent was last free for calls, 0 unless ready."""

    agent_id: str
    name: str
    state: str
    since: float
    reason: str
    pending: str
    phone: Phone
    phone_busy: bool
    call_id: str
    queue_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueueView:
    """`waiting` includes calls that ring; `agents` counts the queue's agents by state."""

    queue_id: str
    waiting: int
    longest_wait_s: float
    agents: dict[str, int]


@dataclass(frozen=True, slots=True)
class SwitchView:
    at: float
    pbx_up: bool
    calls: tuple[CallView, ...]
    agents: tuple[AgentView, ...]
    queues: tuple[QueueView, ...]

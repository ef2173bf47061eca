"""Commands: what the PBX is to do, in the imperative. They never wait; what becomes of them comes as events."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlayPrompt:
    """Play `prompts` one after another and collect up to `digits_max` keys (0: none, no barge-in).

    A key pressed while they play ends them. After the last one `first_timeout_s` is given for the first key.
    Answered by `PromptEnded` with the same `step`.
    """

    call_id: str
    step: int
    prompts: tuple[str, ...]
    language: str = "zh"
    digits_max: int = 0
    first_timeout_s: float = 0.0


@dataclass(frozen=True, slots=True)
class EnterWaitingRoom:
    """Move the caller from the IVR to the waiting room; the PBX remembers all that is said here."""

    call_id: str
    queue_id: str
    joined_at: float
    priority: int = 0
    music: str = "default"
    language: str = "zh"


@dataclass(frozen=True, slots=True)
class ChangeQueue:
    """The caller waits for another queue from now on: the PBX remembers it, and plays its music."""

    call_id: str
    queue_id: str
    joined_at: float
    priority: int = 0
    music: str = "default"


@dataclass(frozen=True, slots=True)
class RingAgent:
    call_id: str
    reservation_id: str
    agent_id: str
    ring_timeout_s: float


@dataclass(frozen=True, slots=True)
class StopRinging:
    """Take the ring back: the phone stops, a late answer is refused, the caller returns to the waiting room.

    Always answered by `CallWaiting` (the caller waited already, too) unless the caller is gone or in another room.
    """

    call_id: str
    reservation_id: str
    agent_id: str


@dataclass(frozen=True, slots=True)
class HangUpCall:
    """End the caller's channel, after `prompt` if one is named."""

    call_id: str
    prompt: str = ""
    language: str = "zh"


@dataclass(frozen=True, slots=True)
class MirrorAgent:
    """Let the PBX's fallback queues know the agent: `absent`, `paused` or `ready` in `queue_ids`."""

    agent_id: str
    presence: str
    queue_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to an agent's request. `word` is one of `REPLIES`, spoken or shown; `detail` explains a refusal."""

    request_id: str
    agent_id: str
    accepted: bool
    word: str
    detail: str = ""


REPLIES = (
    "logged_in", "logged_out", "ready", "not_ready", "pending", "wrap_up_extended",
    "reserved", "on_call", "wrap_up", "rejected", "refused", "unknown_agent",
)  # fmt: skip

Command = PlayPrompt | EnterWaitingRoom | ChangeQueue | RingAgent | StopRinging | HangUpCall | MirrorAgent | Reply

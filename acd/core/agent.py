"""An agent: a person with a work number, a state, and a phone.

Rules of the machine:
- Login lands in not_ready; only the agent (or a stated recovery rule) makes ready.
- Only a ready agent whose phone is reachable and free is reserved; nothing rings a not_ready agent.
- A ring that fails through the agent or the phone ends in not_ready with the system's reason (`withdraw`);
  one that ends through the caller or the switch gives the agent back as ready, idle time kept (`release`).
- Every talk is followed by wrap_up, which may last no time at all.
- A state asked for while on_call is kept as `pending` and taken after wrap_up; the last word wins.
- The fallback may connect an agent in any idle state, since it acts on what it last knew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from acd.core.site import AgentProfile
from acd.core.words import Phone
from routing.line import Key, Line
from routing.pool import Pool


class AgentState(StrEnum):
    LOGGED_OUT = "logged_out"
    NOT_READY = "not_ready"
    READY = "ready"
    RESERVED = "reserved"
    ON_CALL = "on_call"
    WRAP_UP = "wrap_up"


class AgentTrigger(StrEnum):
    LOG_IN = "log_in"
    LOG_OUT = "log_out"
    GET_READY = "get_ready"
    GET_NOT_READY = "get_not_ready"
    RESERVE = "reserve"
    RELEASE = "release"
    WITHDRAW = "withdraw"
    ANSWER = "answer"
    END_TALK = "end_talk"


S, T = AgentState, AgentTrigger
TRANSITIONS: dict[tuple[AgentState, AgentTrigger], AgentState] = {
    (S.LOGGED_OUT, T.LOG_IN): S.NOT_READY,
    (S.NOT_READY, T.GET_READY): S.READY,
    (S.NOT_READY, T.GET_NOT_READY): S.NOT_READY,
    (S.NOT_READY, T.LOG_OUT): S.LOGGED_OUT,
    (S.READY, T.GET_NOT_READY): S.NOT_READY,
    (S.READY, T.LOG_OUT): S.LOGGED_OUT,
    (S.READY, T.RESERVE): S.RESERVED,
    (S.RESERVED, T.RELEASE): S.READY,
    (S.RESERVED, T.WITHDRAW): S.NOT_READY,
    (S.RESERVED, T.ANSWER): S.ON_CALL,
    (S.ON_CALL, T.END_TALK): S.WRAP_UP,
    (S.WRAP_UP, T.GET_READY): S.READY,
    (S.WRAP_UP, T.GET_NOT_READY): S.NOT_READY,
    (S.WRAP_UP, T.LOG_OUT): S.LOGGED_OUT,
    (S.LOGGED_OUT, T.ANSWER): S.ON_CALL,
    (S.NOT_READY, T.ANSWER): S.ON_CALL,
    (S.READY, T.ANSWER): S.ON_CALL,
    (S.WRAP_UP, T.ANSWER): S.ON_CALL,
}


@dataclass(slots=True)
class Agent:
    """`standing` is what the agent counts as in a decision: `eligible`, a state, or what ails the phone.

    `pools` are those whose calls the agent may get, and while eligible the agent `stands` in the line of each;
    `queue_ids` the queues that ask one of them first. `idle_since` is when the agent was last free for calls.
    `call_id` is the call reserved or talked, or the one that the wrap-up belongs to. `calls_answered`, `talked_s`,
    `busy_s` (rung, talking, in wrap-up) and `free_s` count since the log-in.
    """

    profile: AgentProfile
    state: AgentState = AgentState.LOGGED_OUT
    since: float = 0.0
    reason: str = ""
    pending: AgentState | None = None
    pending_reason: str = ""
    station: str = ""
    phone: Phone = Phone.UNKNOWN
    phone_busy: bool = False
    idle_since: float = 0.0
    pools: list[Pool] = field(default_factory=list)
    stands: list[tuple[Line, Key]] = field(default_factory=list)
    queue_ids: tuple[str, ...] = ()
    calls_answered: int = 0
    talked_s: float = 0.0
    busy_s: float = 0.0
    free_s: float = 0.0
    standing: str = AgentState.LOGGED_OUT
    reservation_id: str = ""
    call_id: str = ""
    queue_id: str = ""
    presence: str = "absent"
    retired: bool = False

    @property
    def agent_id(self) -> str:
        return self.profile.agent_id

    @property
    def rank(self) -> int:
        return self.profile.rank

    @property
    def skills(self) -> Mapping[str, int]:
        return self.profile.skills

    @property
    def groups(self) -> tuple[str, ...]:
        return (self.profile.group,)

    @property
    def eligible(self) -> bool:
        return self.standing == "eligible"

    @property
    def occupancy(self) -> float:
        return self.busy_s / (self.busy_s + self.free_s) if self.busy_s else 0.0

    def spend(self, seconds: float) -> None:
        """So long the state has lasted that ends now."""
        if self.state in (AgentState.RESERVED, AgentState.ON_CALL, AgentState.WRAP_UP):
            self.busy_s += seconds
        elif self.state is AgentState.READY:
            self.free_s += seconds

    def forget_tally(self) -> None:
        self.calls_answered, self.talked_s, self.busy_s, self.free_s = 0, 0.0, 0.0, 0.0

    def rate_standing(self) -> str:
        """What keeps the agent from a call now, `eligible` if nothing does."""
        if self.state is not AgentState.READY:
            return self.state
        if self.phone is not Phone.REACHABLE:
            return f"phone_{self.phone}"
        return "phone_busy" if self.phone_busy else "eligible"

    def rate_presence(self) -> str:
        """What the fallback is told: it may ring those who are ready, or will be as soon as they hang up."""
        if self.state is AgentState.LOGGED_OUT:
            return "absent"
        free = self.state in (AgentState.READY, AgentState.RESERVED, AgentState.ON_CALL)
        return "ready" if free and self.pending in (None, AgentState.READY) else "paused"

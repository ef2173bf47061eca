"""Events: what happened, in the past tense. They are all the engine ever learns, and the journal keeps them.

`request_id` on an agent's event names the request that wants a `Reply` ("" wants none).
"""

from dataclasses import dataclass, field

from acd.core.memory import AgentMemory, CallMemory
from acd.core.site import Site
from acd.core.words import Phone, RingEnd, Side

# ---- from the PBX: calls ----


@dataclass(frozen=True, slots=True)
class CallArrived:
    """A caller dialled `dialled` and listens. `call_id` is the PBX's own id of the caller's first channel."""

    call_id: str
    dialled: str
    caller_number: str = ""
    caller_name: str = ""


@dataclass(frozen=True, slots=True)
class PromptEnded:
    """What `PlayPrompt` number `step` brought: the keys pressed ("" for none). `failed`: nothing could be played."""

    call_id: str
    step: int
    digits: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class CallWaiting:
    """The caller is in the waiting room and may be rung for: said each time they enter it.

    `reservation_id` is the last ring their channel has been through, "" before the first: by it a word that was
    said before a ring began is told from one said after it.
    """

    call_id: str
    reservation_id: str = ""


@dataclass(frozen=True, slots=True)
class AgentRinging:
    """The agent's phone rings for this reservation."""

    call_id: str
    reservation_id: str
    agent_id: str


@dataclass(frozen=True, slots=True)
class AgentAnswered:
    call_id: str
    reservation_id: str
    agent_id: str


@dataclass(frozen=True, slots=True)
class RingEnded:
    """The ring for this reservation ended without an answer."""

    call_id: str
    reservation_id: str
    agent_id: str
    end: RingEnd


@dataclass(frozen=True, slots=True)
class TalkEnded:
    """Caller and agent are no longer connected; `by` hung up first. The caller may still be on the line."""

    call_id: str
    reservation_id: str
    agent_id: str
    by: Side


@dataclass(frozen=True, slots=True)
class CallInAfterCall:
    call_id: str


@dataclass(frozen=True, slots=True)
class CallerHungUp:
    """The caller's channel is gone. `by` system: the switch, the PBX or the network ended it."""

    call_id: str
    by: Side = Side.CALLER
    cause: int = 16


@dataclass(frozen=True, slots=True)
class CallInFallback:
    """The PBX took the caller over, since it had not heard from the core."""

    call_id: str


@dataclass(frozen=True, slots=True)
class FallbackAnswered:
    call_id: str
    agent_id: str


@dataclass(frozen=True, slots=True)
class FallbackEnded:
    """The talk that the fallback connected ended; the caller hangs up next or goes back to waiting."""

    call_id: str
    by: Side = Side.SYSTEM


@dataclass(frozen=True, slots=True)
class CommandFailed:
    """The PBX could not do what was asked of this call; `gone`: the caller's channel does not exist."""

    call_id: str
    command: str
    reservation_id: str = ""
    gone: bool = False
    message: str = ""


# ---- from the PBX: phones and the link ----


@dataclass(frozen=True, slots=True)
class PhoneChanged:
    agent_id: str
    phone: Phone


@dataclass(frozen=True, slots=True)
class PhoneBusyChanged:
    """The agent's phone has (`busy`) or no longer has a channel of any kind on the PBX."""

    agent_id: str
    busy: bool


@dataclass(frozen=True, slots=True)
class PbxLost:
    """The link to the PBX is down. Calls there go on by themselves. Nothing had been heard for `silent_s` already."""

    reason: str = ""
    silent_s: float = 0.0


@dataclass(frozen=True, slots=True)
class CallSeen:
    """One caller as the PBX shows them after a (re)connect. `room` is the dialplan room they are in.

    Times are UTC seconds since the epoch, 0 where the PBX does not know. `agent_id` and `reservation_id` are
    those of the ring or talk in progress, if any; `talking` means a bridge of two.
    """

    call_id: str
    room: str
    dialled: str = ""
    caller_number: str = ""
    caller_name: str = ""
    queue_id: str = ""
    arrived_at: float = 0.0
    joined_at: float = 0.0
    answered_at: float = 0.0
    priority: int = 0
    reservation_id: str = ""
    agent_id: str = ""
    talking: bool = False


@dataclass(frozen=True, slots=True)
class CallGone:
    """A caller whose channel ended while nobody listened, as the PBX remembers it: where they were `last`, and when
    and by whom it was ended. `last.talking`: they had an agent on the line until then."""

    last: CallSeen
    ended_at: float
    by: Side = Side.CALLER
    cause: int = 16


@dataclass(frozen=True, slots=True)
class PbxState:
    """All that the PBX holds at one moment. Agents not in `phones` have an unknown phone. `members` is what the
    fallback takes the agents for (`ready`, `paused`; whom it lacks is absent); `ended` are calls it saw end of late."""

    calls: tuple[CallSeen, ...] = ()
    phones: dict[str, Phone] = field(default_factory=dict)
    busy_phones: frozenset[str] = frozenset()
    members: dict[str, str] = field(default_factory=dict)
    ended: tuple[CallGone, ...] = ()


@dataclass(frozen=True, slots=True)
class PbxSynced(PbxState):
    """The link is up, and this is all the PBX holds. With `more`, what happened while that was read follows, and at
    the end of it `PbxCaughtUp`: before then nobody is rung, who may be in another room by now."""

    more: bool = False


@dataclass(frozen=True, slots=True)
class PbxCaughtUp:
    """All that happened while the PBX's state was read has been told."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What the core believed (`core`) and what the PBX showed (`pbx`) of one call, phone or member of the fallback,
    twice in a row, first at `since`. `kind` is one of `DIFFERENCES`; `seen` the call, `phone` and `busy` the phone as
    the PBX shows it, `gone` a call that is over."""

    kind: str
    subject: str
    core: str
    pbx: str
    since: float
    seen: CallSeen | None = None
    phone: Phone = Phone.UNKNOWN
    busy: bool = False
    gone: CallGone | None = None


DIFFERENCES = ("call_gone", "call_unknown", "call_missed", "call_elsewhere", "phone", "member")


@dataclass(frozen=True, slots=True)
class Diverged:
    """The core and the PBX were compared and found to differ."""

    differences: tuple[Difference, ...]


# ---- from an earlier run of the switch ----


@dataclass(frozen=True, slots=True)
class Restored:
    """The switch begins again: what the run before remembered until `watched_until`, the last sign of its life (UTC
    seconds). `ended` are calls that have their record already, of late."""

    watched_until: float
    calls: tuple[CallMemory, ...] = ()
    agents: tuple[AgentMemory, ...] = ()
    ended: tuple[str, ...] = ()


# ---- from agents: by feature code, command line or desktop ----


@dataclass(frozen=True, slots=True)
class LoginRequested:
    """`station` says from where (`phone`, `cli`, `desktop:<id>`): a second station takes over from the first."""

    agent_id: str
    station: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class LogoutRequested:
    agent_id: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class ReadyRequested:
    agent_id: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class NotReadyRequested:
    agent_id: str
    reason: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class WrapUpExtended:
    agent_id: str
    extra_s: float
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class WrapUpEnded:
    """The agent ended the wrap-up before its time."""

    agent_id: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class StateAsked:
    """The agent wants to hear the own state."""

    agent_id: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class ReservationRejected:
    """The agent declines the call that rings (from a desktop; a phone's refusal comes as `RingEnded`)."""

    agent_id: str
    reservation_id: str
    request_id: str = ""


# ---- from the configuration ----


@dataclass(frozen=True, slots=True)
class SiteChanged:
    site: Site


PbxEvent = (
    CallArrived | PromptEnded | CallWaiting | AgentRinging | AgentAnswered | RingEnded | TalkEnded
    | CallInAfterCall | CallerHungUp | CallInFallback | FallbackAnswered | FallbackEnded | CommandFailed
    | PhoneChanged | PhoneBusyChanged | PbxLost | PbxSynced | PbxCaughtUp | Diverged
)  # fmt: skip
AgentEvent = (
    LoginRequested | LogoutRequested | ReadyRequested | NotReadyRequested | WrapUpExtended | WrapUpEnded
    | StateAsked | ReservationRejected
)  # fmt: skip
Event = PbxEvent | AgentEvent | Restored | SiteChanged

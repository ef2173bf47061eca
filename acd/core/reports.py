"""Reports: what the engine made of an event. Records, metrics, log and desktops all live on these.

Times are UTC seconds since the epoch on a clock that never steps; durations are seconds.
"""

from dataclasses import dataclass

from acd.core.words import Outcome, Side, VisitOutcome
from routing.decision import Decision
from routing.step import Step

# ---- parts of a call's record ----


@dataclass(frozen=True, slots=True)
class VisitRecord:
    """One visit to one queue. `wait_s` runs from entry to the answer (or the end of the visit), ringing included."""

    queue_id: str
    entered_at: float
    left_at: float
    outcome: VisitOutcome
    wait_s: float
    agent_id: str = ""
    flowed_out_to: str = ""


@dataclass(frozen=True, slots=True)
class RingRecord:
    """One reservation of the call: who was rung, why them, and what came of it. `ringing_at` 0: never rang."""

    reservation_id: str
    agent_id: str
    queue_id: str
    created_at: float
    ringing_at: float
    ended_at: float
    outcome: str
    reason: str
    decision: str


@dataclass(frozen=True, slots=True)
class CallRecord:
    """The whole call, written once, when it ended. `place` is where it was then (`waiting`, `talking`, ...).

    `unwatched_s` is how much of it no switch watched, since it was away or without a link to the PBX: what happened
    then is known from the PBX's memory. `fell_back`: the PBX's fallback had the call for a while.
    """

    call_id: str
    dialled: str
    caller_number: str
    caller_name: str
    language: str
    topic: str
    arrived_at: float
    ended_at: float
    outcome: Outcome
    reason: str
    place: str
    hung_up_by: Side
    queue_id: str
    agent_id: str
    answered_at: float
    ivr_s: float
    wait_s: float
    ring_s: float
    talk_s: float
    hold_s: float
    ivr_path: tuple[str, ...] = ()
    visits: tuple[VisitRecord, ...] = ()
    rings: tuple[RingRecord, ...] = ()
    unwatched_s: float = 0.0
    fell_back: bool = False


# ---- reports ----


@dataclass(frozen=True, slots=True)
class CallOpened:
    at: float
    call_id: str
    dialled: str
    caller_number: str


@dataclass(frozen=True, slots=True)
class CallMoved:
    """The call changed its place, by the trigger named."""

    at: float
    call_id: str
    before: str
    trigger: str
    after: str


@dataclass(frozen=True, slots=True)
class CallQueued:
    """The call entered a queue; `position` counts from 1."""

    at: float
    call_id: str
    queue_id: str
    position: int


@dataclass(frozen=True, slots=True)
class StepTaken:
    """The call has waited for so long that a step of its queue holds for it now; `number` counts from 1."""

    at: float
    call_id: str
    queue_id: str
    number: int
    step: Step


@dataclass(frozen=True, slots=True)
class VisitEnded:
    at: float
    call_id: str
    visit: VisitRecord


@dataclass(frozen=True, slots=True)
class Decided:
    """A call and an agent were brought together, or nobody was found when the call was looked at. `version` is that of
    the configuration in force, 0 if it is not kept."""

    at: float
    call_id: str
    queue_id: str
    decision: Decision
    version: int = 0


@dataclass(frozen=True, slots=True)
class ReservationCreated:
    at: float
    reservation_id: str
    call_id: str
    agent_id: str
    queue_id: str
    wait_s: float


@dataclass(frozen=True, slots=True)
class ReservationRinging:
    """The agent's phone rings, `delay_s` after the reservation was made."""

    at: float
    reservation_id: str
    call_id: str
    agent_id: str
    delay_s: float


@dataclass(frozen=True, slots=True)
class ReservationEnded:
    """`outcome`: accepted, rejected, timed_out or rescinded. `ring_s` is 0 if the phone never rang."""

    at: float
    reservation_id: str
    call_id: str
    agent_id: str
    queue_id: str
    outcome: str
    reason: str
    ring_s: float


@dataclass(frozen=True, slots=True)
class CallEstablished:
    at: float
    call_id: str
    reservation_id: str
    agent_id: str
    queue_id: str
    wait_s: float


@dataclass(frozen=True, slots=True)
class TalkFinished:
    at: float
    call_id: str
    agent_id: str
    queue_id: str
    talk_s: float
    by: Side


@dataclass(frozen=True, slots=True)
class CallEnded:
    at: float
    record: CallRecord


@dataclass(frozen=True, slots=True)
class AgentMoved:
    """The agent changed state. `reason` goes with not_ready; `seconds` is how long the state before lasted."""

    at: float
    agent_id: str
    before: str
    trigger: str
    after: str
    reason: str = ""
    call_id: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class AgentPending:
    """The agent asked for a state that comes after the call or wrap-up ("" takes it back)."""

    at: float
    agent_id: str
    pending: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AgentPhone:
    at: float
    agent_id: str
    phone: str
    busy: bool


@dataclass(frozen=True, slots=True)
class WrapUpFinished:
    """The wrap-up that followed a call ended; it belongs to that call's record."""

    at: float
    agent_id: str
    call_id: str
    queue_id: str
    wrap_up_s: float


@dataclass(frozen=True, slots=True)
class PbxLink:
    at: float
    up: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CallRestored:
    """A call that an earlier run of the switch left open goes on, from where that run remembered it."""

    at: float
    call_id: str
    place: str
    agent_id: str = ""


@dataclass(frozen=True, slots=True)
class AgentRestored:
    """An agent whom an earlier run of the switch left logged in is so again."""

    at: float
    agent_id: str
    state: str
    since: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DivergenceHealed:
    """Core and PBX differed about `subject`, first seen `heal_s` ago; the PBX was believed."""

    at: float
    kind: str
    subject: str
    core: str
    pbx: str
    heal_s: float


@dataclass(frozen=True, slots=True)
class NoTransition:
    """An event found no transition in its machine: counted and logged, never a crash."""

    at: float
    machine: str
    subject: str
    state: str
    trigger: str


Report = (
    CallOpened | CallMoved | CallQueued | StepTaken | VisitEnded | Decided | ReservationCreated | ReservationRinging
    | ReservationEnded | CallEstablished | TalkFinished | CallEnded | AgentMoved | AgentPending | AgentPhone
    | WrapUpFinished | PbxLink | CallRestored | AgentRestored | DivergenceHealed | NoTransition
)  # fmt: skip

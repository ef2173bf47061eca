"""A call: the whole contact of one caller, from the first ring to the last record.

Rules of the machine:
- A call is in exactly one place; `ended` is final, and an ended call holds nothing.
- A call that is rung for keeps its place in line: `returned` puts it back where it was.
- Whatever happens to the core, the PBX's fallback may take a call from any place before the answer, and give it back.
- A switch that begins anew finds calls in any room; they arrive and are moved at once to where they are.
- An outbound call begins at `dialling`.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from acd.core.reports import RingRecord, VisitRecord
from acd.core.words import Outcome, Side
from ivr.interpreter import Walk
from routing.line import Key, Line
from routing.pool import Pool
from routing.queue import Queue


class Place(StrEnum):
    ARRIVING = "arriving"
    IN_IVR = "in_ivr"
    WAITING = "waiting"
    RINGING = "ringing"
    TALKING = "talking"
    HELD = "held"
    CONSULTING = "consulting"
    CONFERENCED = "conferenced"
    WITH_IVR = "with_ivr"
    IN_FALLBACK = "in_fallback"
    AWAITING_CALLBACK = "awaiting_callback"
    LEAVING_MESSAGE = "leaving_message"
    AFTER_CALL = "after_call"
    DIALLING = "dialling"
    ENDED = "ended"


class CallTrigger(StrEnum):
    GREETED = "greeted"
    QUEUED = "queued"
    RESERVED = "reserved"
    RETURNED = "returned"
    ANSWERED = "answered"
    HELD = "held"
    RETRIEVED = "retrieved"
    CONSULTED = "consulted"
    CONFERENCED = "conferenced"
    SENT_TO_IVR = "sent_to_ivr"
    FELL_BACK = "fell_back"
    CALLBACK_ACCEPTED = "callback_accepted"
    CALLED_BACK = "called_back"
    SENT_TO_MESSAGE = "sent_to_message"
    TALK_ENDED = "talk_ended"
    ENDED = "ended"


P, T = Place, CallTrigger
TRANSITIONS: dict[tuple[Place, CallTrigger], Place] = {
    (P.ARRIVING, T.GREETED): P.IN_IVR,
    (P.ARRIVING, T.QUEUED): P.WAITING,
    (P.IN_IVR, T.QUEUED): P.WAITING,
    (P.IN_IVR, T.SENT_TO_MESSAGE): P.LEAVING_MESSAGE,
    (P.WAITING, T.RESERVED): P.RINGING,
    (P.WAITING, T.CALLBACK_ACCEPTED): P.AWAITING_CALLBACK,
    (P.WAITING, T.SENT_TO_MESSAGE): P.LEAVING_MESSAGE,
    (P.RINGING, T.RETURNED): P.WAITING,
    (P.RINGING, T.ANSWERED): P.TALKING,
    (P.TALKING, T.HELD): P.HELD,
    (P.HELD, T.RETRIEVED): P.TALKING,
    (P.TALKING, T.CONSULTED): P.CONSULTING,
    (P.HELD, T.CONSULTED): P.CONSULTING,
    (P.CONSULTING, T.RETRIEVED): P.TALKING,
    (P.CONSULTING, T.CONFERENCED): P.CONFERENCED,
    (P.CONFERENCED, T.RETRIEVED): P.TALKING,
    (P.TALKING, T.SENT_TO_IVR): P.WITH_IVR,
    (P.WITH_IVR, T.RETRIEVED): P.TALKING,
    (P.TALKING, T.QUEUED): P.WAITING,
    (P.TALKING, T.TALK_ENDED): P.AFTER_CALL,
    (P.HELD, T.TALK_ENDED): P.AFTER_CALL,
    (P.CONSULTING, T.TALK_ENDED): P.AFTER_CALL,
    (P.CONFERENCED, T.TALK_ENDED): P.AFTER_CALL,
    (P.ARRIVING, T.FELL_BACK): P.IN_FALLBACK,
    (P.IN_IVR, T.FELL_BACK): P.IN_FALLBACK,
    (P.WAITING, T.FELL_BACK): P.IN_FALLBACK,
    (P.RINGING, T.FELL_BACK): P.IN_FALLBACK,
    (P.ARRIVING, T.TALK_ENDED): P.AFTER_CALL,
    (P.IN_FALLBACK, T.GREETED): P.IN_IVR,
    (P.IN_FALLBACK, T.QUEUED): P.WAITING,
    (P.IN_FALLBACK, T.ANSWERED): P.TALKING,
    (P.AWAITING_CALLBACK, T.CALLED_BACK): P.DIALLING,
    (P.DIALLING, T.QUEUED): P.WAITING,
    (P.DIALLING, T.ANSWERED): P.TALKING,
    **{(place, T.ENDED): P.ENDED for place in P if place is not P.ENDED},
}


@dataclass(slots=True)
class Visit:
    """The call's stay in one queue, open until it is answered, abandoned or flows out. `joined_at` is since when its
    place counts, by which its `key` is made; `stage` how many of the queue's steps have been taken."""

    queue: Queue
    entered_at: float
    joined_at: float
    key: Key
    stage: int = 0


@dataclass(slots=True)
class Call:
    """A call that is `seated` is in the waiting room, as the PBX has said, and may be rung for: it `stands` in a line
    of the `pool` whose agents it asks for.

    `ending` is the outcome already decided for a call that the switch itself ends; `hung_up_by` the side
    that ended the talk. `unwatched_s` is how much of
    it no switch watched, since it was away or without a link; `fell_back`: the PBX's fallback had it for a while.
    """

    call_id: str
    dialled: str
    caller_number: str
    caller_name: str
    arrived_at: float
    place: Place = Place.ARRIVING
    since: float = 0.0
    language: str = "zh"
    topic: str = ""
    walk: Walk | None = None
    step: int = 0
    queued_at: float = 0.0
    visit: Visit | None = None
    priority: int = 0
    pool: Pool | None = None
    stands: tuple[Line, Key] | None = None
    attempts: int = 0
    reservation_id: str = ""
    agent_id: str = ""
    answered_at: float = 0.0
    talk_s: float = 0.0
    ending: tuple[Outcome, str] | None = None
    hung_up_by: Side = Side.SYSTEM
    visits: list[VisitRecord] = field(default_factory=list)
    rings: list[RingRecord] = field(default_factory=list)
    unwatched_s: float = 0.0
    fell_back: bool = False

    @property
    def seated(self) -> bool:
        return self.stands is not None

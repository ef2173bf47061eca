"""A reservation: one call held for one agent while the phone rings.

Rules of the machine:
- It begins pending and is ended by exactly one of: accepted, rejected (by the agent), timed_out (nobody answered),
  rescinded (the caller left, the phone failed, or the switch took it back).
- An accepted one is completed when the talk ends. Nothing revives an ended one: a late answer is refused.
- Its id is `<call id>.<attempt>`; every word from the PBX about the ring carries it.
"""

from dataclasses import dataclass
from enum import StrEnum


class ReservationState(StrEnum):
    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    TIMED_OUT = "timed_out"
    RESCINDED = "rescinded"
    COMPLETED = "completed"


class ReservationTrigger(StrEnum):
    ACCEPT = "accept"
    REJECT = "reject"
    TIME_OUT = "time_out"
    RESCIND = "rescind"
    COMPLETE = "complete"


S, T = ReservationState, ReservationTrigger
TRANSITIONS: dict[tuple[ReservationState, ReservationTrigger], ReservationState] = {
    (S.PENDING, T.ACCEPT): S.ACCEPTED,
    (S.PENDING, T.REJECT): S.REJECTED,
    (S.PENDING, T.TIME_OUT): S.TIMED_OUT,
    (S.PENDING, T.RESCIND): S.RESCINDED,
    (S.ACCEPTED, T.COMPLETE): S.COMPLETED,
}


@dataclass(slots=True)
class Reservation:
    """`decision` says in words why this agent; `ringing_at` is 0 until the phone has rung."""

    reservation_id: str
    call_id: str
    agent_id: str
    queue_id: str
    created_at: float
    decision: str
    state: ReservationState = ReservationState.PENDING
    ringing_at: float = 0.0

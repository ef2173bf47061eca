"""The caller's channel: the room it is in, and the variables by which the PBX remembers the call."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from acd.core.events import CallSeen

if TYPE_CHECKING:
    from acd.pbx.simulated.caller import SimulatedCaller
    from acd.pbx.simulated.leg import Leg


class Room(StrEnum):
    ENTRY = "entry"
    WAITING_ROOM = "waiting-room"
    RING = "ring"
    AFTER_CALL = "after-call"
    CLOSING = "closing"
    FALLBACK = "fallback"


@dataclass(slots=True, eq=False)
class Channel:
    """`stop` calls off what goes on in the room (a prompt, a turn); `leg` is the agent's, while there is one.

    Times are UTC seconds, 0 while unset. `rescinded` is the reservation whose answer is to be refused.
    """

    call_id: str
    caller: "SimulatedCaller"
    dialled: str
    number: str
    name: str
    arrived_at: float
    room: Room = Room.ENTRY
    entered_at: float = 0.0
    queue_id: str = ""
    joined_at: float = 0.0
    priority: int = 0
    reservation_id: str = ""
    agent_id: str = ""
    answered_at: float = 0.0
    rescinded: str = ""
    leg: "Leg | None" = None
    stop: Callable[[], None] | None = field(default=None, repr=False)

    @property
    def talking(self) -> bool:
        return self.leg is not None and self.leg.up

    def seen(self) -> CallSeen:
        """The channel as `Status` shows it."""
        return CallSeen(
            self.call_id, self.room, self.dialled, self.number, self.name, self.queue_id, self.arrived_at,
            self.joined_at, self.answered_at, self.priority, self.reservation_id, self.agent_id, self.talking,
        )  # fmt: skip

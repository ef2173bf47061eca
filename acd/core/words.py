"""The words the whole switch shares: sides, causes, outcomes, states of a phone."""

from enum import StrEnum


class Side(StrEnum):
    """Who ended something. `system`: the switch, the PBX or the network; neither person did."""

    CALLER = "caller"
    AGENT = "agent"
    SYSTEM = "system"


class Phone(StrEnum):
    """What the PBX knows of an agent's phone. Unknown is never treated as reachable."""

    REACHABLE = "reachable"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


class RingEnd(StrEnum):
    """Why a ring ended without an answer, as the PBX saw it."""

    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    FAILED = "failed"
    RESCINDED = "rescinded"


class Outcome(StrEnum):
    """How a whole call ended; its reason is a word beside it."""

    ANSWERED = "answered"
    SELF_SERVED = "self_served"
    ABANDONED = "abandoned"
    MESSAGE_LEFT = "message_left"
    CALLBACK_NOT_REACHED = "callback_not_reached"
    TRANSFERRED_OUT = "transferred_out"
    BLOCKED = "blocked"
    CLOSED = "closed"
    FAILED = "failed"


class VisitOutcome(StrEnum):
    """How one visit to one queue ended. Per queue, always: offered = answered + abandoned + flowed_out + open."""

    OPEN = "open"
    ANSWERED = "answered"
    ABANDONED = "abandoned"
    FLOWED_OUT = "flowed_out"


class Reason(StrEnum):
    """The system's own reasons for not_ready; an agent's reasons are the site's (break, meal, ...)."""

    LOGIN = "login"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    DEVICE_DOWN = "device_down"
    DESKTOP_LOST = "desktop_lost"
    FORCED = "forced"
    RELOGIN = "relogin_elsewhere"
    RESTORED = "restored"
    UNSPECIFIED = "unspecified"

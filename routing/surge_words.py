"""What a surge is told, and what it decides. Every decision carries the figures of its moment, for the journal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from routing.ladder import Way

FigureValues = Mapping[str, float]


# ---- what it is told ----


@dataclass(frozen=True, slots=True)
class ConditionChanged:
    """A condition that the plans or donors name holds, or does not. One that was never told of is unknown."""

    condition: str
    holds: bool


@dataclass(frozen=True, slots=True)
class LoggedIn:
    agent_id: str


@dataclass(frozen=True, slots=True)
class LoggedOut:
    agent_id: str


@dataclass(frozen=True, slots=True)
class AskAccepted:
    """A person agreed: the button, the key 1, the answer of another system."""

    ask_id: str


@dataclass(frozen=True, slots=True)
class AskRefused:
    ask_id: str


@dataclass(frozen=True, slots=True)
class AgentReturned:
    """Who was given back has ended the last call and belongs to the home group alone again."""

    agent_id: str


@dataclass(frozen=True, slots=True)
class FloorRecounted:
    """The switch began again, or the site changed: who is logged in may be another than was told."""


@dataclass(frozen=True, slots=True)
class HoldOrdered:
    """Nothing is opened, closed or filled by itself for `for_s` (None: for as long as a hold may last)."""

    surge_id: str
    by: str
    for_s: float | None = None


@dataclass(frozen=True, slots=True)
class ResumeOrdered:
    """The hold and all skips end."""

    surge_id: str
    by: str


@dataclass(frozen=True, slots=True)
class SkipOrdered:
    """The step is not taken in this surge."""

    surge_id: str
    step_id: str
    by: str


@dataclass(frozen=True, slots=True)
class StepUpOrdered:
    """Take this step now, or the next one (empty)."""

    surge_id: str
    by: str
    step_id: str = ""


@dataclass(frozen=True, slots=True)
class StepDownOrdered:
    """Give this step back now, or the last one (empty)."""

    surge_id: str
    by: str
    step_id: str = ""


Order = HoldOrdered | ResumeOrdered | SkipOrdered | StepUpOrdered | StepDownOrdered
SurgeEvent = ConditionChanged | LoggedIn | LoggedOut | AskAccepted | AskRefused | AgentReturned | FloorRecounted | Order


# ---- what it decides ----


class Why(StrEnum):
    """Why a step or a loan began or ended."""

    CONDITION = "condition"
    ORDERED = "ordered"
    NO_LADDER = "no_ladder_in_force"
    NOT_CONFIGURED = "not_in_the_configuration"
    STEP_CLOSED = "step_closed"
    SURPLUS = "more_than_seats_max"
    DONOR_UNHEALTHY = "donor_unhealthy"
    DONOR_SHORT = "donor_short_of_people"
    NOT_LENDABLE = "group_lends_nobody"
    LOGGED_OUT = "logged_out"
    UNKNOWN_AGENT = "unknown_agent"


class Answer(StrEnum):
    """What became of a question."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    CAME = "came"
    DID_NOT_COME = "did_not_come"
    LOGGED_OUT = "logged_out"


@dataclass(frozen=True, slots=True)
class LadderTaken:
    """Another ladder is in force (empty: none). Steps that both have by the same id go on."""

    surge_id: str
    ladder_id: str
    before: str
    figures: FigureValues


@dataclass(frozen=True, slots=True)
class StepOpened:
    """`number` is the step's in its ladder, from 1; `level` how many steps are open now. `passed_over` says of earlier
    steps why they were not taken."""

    surge_id: str
    ladder_id: str
    step_id: str
    number: int
    level: int
    why: Why
    figures: FigureValues
    passed_over: Mapping[str, str] = field(default_factory=dict)
    by: str = ""


@dataclass(frozen=True, slots=True)
class StepClosed:
    """`number` is 0 where the ladder in force does not have the step; `seats` how many people were lent by it."""

    surge_id: str
    ladder_id: str
    step_id: str
    number: int
    level: int
    why: Why
    figures: FigureValues
    seats: int = 0
    by: str = ""


@dataclass(frozen=True, slots=True)
class StepShort:
    """Nobody is left to ask, and fewer came than the step's least number."""

    surge_id: str
    step_id: str
    seats: int
    seats_min: int
    figures: FigureValues


@dataclass(frozen=True, slots=True)
class LadderExhausted:
    """The ladder's condition holds, and no step can be taken: time for the shift leader."""

    surge_id: str
    ladder_id: str
    passed_over: Mapping[str, str]
    figures: FigureValues


@dataclass(frozen=True, slots=True)
class Lend:
    """From now on the agent belongs to the group `group_id`, too. `choice` says whom it was chosen from."""

    agent_id: str
    group_id: str
    surge_id: str
    step_id: str
    rule: str
    choice: str
    figures: FigureValues


@dataclass(frozen=True, slots=True)
class GiveBack:
    """The agent gets no further call by way of `group_id`; one that goes on is ended in peace. Then, at once for who is
    free, the surge is told `AgentReturned`. Exactly one for each Lend; who logged out is back with it."""

    agent_id: str
    group_id: str
    surge_id: str
    step_id: str
    why: Why
    figures: FigureValues


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the person by these ways until `until`. `logged_in`: to be lent; else: to come in."""

    ask_id: str
    agent_id: str
    ways: tuple[Way, ...]
    until: float
    logged_in: bool
    surge_id: str
    step_id: str
    figures: FigureValues


@dataclass(frozen=True, slots=True)
class AskEnded:
    """What became of a question; who accepts a call is `came` or `did_not_come` later."""

    ask_id: str
    agent_id: str
    answer: Answer
    surge_id: str
    step_id: str
    figures: FigureValues


@dataclass(frozen=True, slots=True)
class CallOff:
    """The person is not needed any more: take the question back, or tell who said yes."""

    ask_id: str
    agent_id: str
    why: Why
    surge_id: str
    step_id: str
    figures: FigureValues


@dataclass(frozen=True, slots=True)
class Notify:
    """Tell the people of these groups that the step was taken."""

    group_ids: tuple[str, ...]
    ways: tuple[Way, ...]
    surge_id: str
    step_id: str
    figures: FigureValues


@dataclass(frozen=True, slots=True)
class Held:
    surge_id: str
    until: float
    by: str
    figures: FigureValues


@dataclass(frozen=True, slots=True)
class Resumed:
    """`by` is empty where the hold's time was over."""

    surge_id: str
    by: str
    figures: FigureValues


@dataclass(frozen=True, slots=True)
class StepSkipped:
    surge_id: str
    step_id: str
    by: str
    figures: FigureValues


@dataclass(frozen=True, slots=True)
class OrderRefused:
    """The order changed nothing; `why` is said to who gave it."""

    order: Order
    why: str


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A word that fits nothing: an answer to a question that is over, a return of somebody who was not lent."""

    event: SurgeEvent
    why: str


SurgeDecision = (
    LadderTaken | StepOpened | StepClosed | StepShort | LadderExhausted | Lend | GiveBack | Ask | AskEnded | CallOff
    | Notify | Held | Resumed | StepSkipped | OrderRefused | Unmatched
)  # fmt: skip

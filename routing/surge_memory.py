"""What a surge must not forget when the switch is killed: plain values, to be stored and given back as they are.

Which conditions hold is not among them: that is told anew, and until it is, nothing is opened, closed or recalled.
"""

from dataclasses import dataclass

from routing.loan import Loan


@dataclass(frozen=True, slots=True)
class OpenStep:
    """`short`: nobody is left to ask, and fewer people came than the step's least number."""

    step_id: str
    opened_at: float
    ordered: bool = False
    short: bool = False


@dataclass(frozen=True, slots=True)
class SurgeMemory:
    """One plan's state. `open` has the open steps in the order in which they were taken.

    `ladder_id` is the ladder in force (empty: none), `group_id` the group that people are lent to. A step was opened or
    closed last at `changed_at`. Nothing is opened
    by itself before `may_open_at`, nothing closed before `may_close_at`. `held_until` is 0 where nobody holds;
    `exhausted` says that the shift leader was told that no step is left.
    """

    surge_id: str
    group_id: str
    ladder_id: str = ""
    open: tuple[OpenStep, ...] = ()
    changed_at: float | None = None
    may_open_at: float = 0.0
    may_close_at: float = 0.0
    held_until: float = 0.0
    skipped: tuple[str, ...] = ()
    exhausted: bool = False


@dataclass(frozen=True, slots=True)
class Rest:
    """The group had to call people back, and lends nobody until then."""

    group_id: str
    until: float


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the questions of one open step; `declined` are not asked again by it."""

    surge_id: str
    step_id: str
    asked: int = 0
    accepted: int = 0
    refused: int = 0
    unanswered: int = 0
    came: int = 0
    declined: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Memory:
    """`asks` counts all questions so far: the next one's id follows from it."""

    surges: tuple[SurgeMemory, ...] = ()
    loans: tuple[Loan, ...] = ()
    rests: tuple[Rest, ...] = ()
    tallies: tuple[Tally, ...] = ()
    asks: int = 0

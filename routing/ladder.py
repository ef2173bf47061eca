"""A surge ladder as the site's supervisors describe it: values, without what is open or lent.

Conditions are named here, not held: whoever drives a `Surges` tells it which of these names hold.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite

from routing.lending import Choice


class Way(StrEnum):
    """How people are reached who are not at their desk's phone: a line on the screen, a call that asks them to press 1,
    or a request to another system."""

    BANNER = "banner"
    CALL = "call"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Donor:
    """A group whose people may be lent.

    At least `stay_min` of those who are logged in stay, and nobody is lent unless the condition `healthy` holds (empty:
    always). After it had to call people back it lends nobody for `rest_s`.
    """

    group_id: str
    stay_min: int = 0
    healthy: str = ""
    rest_s: float = 300.0

    def __post_init__(self) -> None:
        if self.stay_min < 0:
            raise ValueError(f"stay_min of the group {self.group_id} is {self.stay_min}: give at least 0")
        _check_seconds(f"rest_s of the group {self.group_id}", self.rest_s)


@dataclass(frozen=True, slots=True)
class Lending:
    """People of a group who are logged in. `answer_s`: they are asked, and have so long to agree; None: nobody is."""

    group_id: str
    choose: Choice = Choice.LONGEST_IDLE
    answer_s: float | None = None


@dataclass(frozen=True, slots=True)
class Calling:
    """People of a group who are not logged in: `answer_s` to say that they come, then `arrive_s` to log in."""

    group_id: str
    ways: tuple[Way, ...]
    answer_s: float = 60.0
    arrive_s: float = 1800.0
    choose: Choice = Choice.TOP_DOWN


@dataclass(frozen=True, slots=True)
class Telling:
    """Groups that are told of the step; no answer is expected."""

    group_ids: tuple[str, ...]
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class LadderStep:
    """`seats_min` to `seats_max` people more: those of `lend` first, and of `call` for the seats that are left.

    `opens` and `closes` take the place of the ladder's conditions, `settle_s` that of the plan's time; without the
    condition `active` (empty: always) the step does not exist for the time being.
    """

    step_id: str
    names: Mapping[str, str] = field(default_factory=dict)
    seats_min: int = 0
    seats_max: int = 0
    lend: Lending | None = None
    call: Calling | None = None
    tell: Telling | None = None
    opens: str = ""
    closes: str = ""
    active: str = ""
    settle_s: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.seats_min <= self.seats_max:
            said = f"seats_min is {self.seats_min} and seats_max {self.seats_max}"
            raise ValueError(f"step {self.step_id}: {said}: give 0 <= seats_min <= seats_max")
        if self.settle_s is not None:
            _check_seconds(f"settle_s of the step {self.step_id}", self.settle_s)


@dataclass(frozen=True, slots=True)
class Ladder:
    """Steps, the first to be taken first, each while `opens` holds; given back while `closes` does.

    In force while the condition `active` holds (empty: always) and no ladder before it is.
    """

    ladder_id: str
    opens: str
    closes: str
    steps: tuple[LadderStep, ...]
    names: Mapping[str, str] = field(default_factory=dict)
    active: str = ""

    def step(self, step_id: str) -> LadderStep | None:
        return next((step for step in self.steps if step.step_id == step_id), None)

    def number(self, step_id: str) -> int:
        """From 1; 0 for a step that is not this ladder's."""
        return next((n for n, step in enumerate(self.steps, 1) if step.step_id == step_id), 0)


@dataclass(frozen=True, slots=True)
class SurgePlan:
    """The ladders of some queues, whose people are lent to the group `group_id`.

    After a step is taken nothing is changed for `settle_s`, after one is given back nothing for `settle_closed_s`.
    A hold of the shift leader ends by itself after `hold_s_max`.
    """

    surge_id: str
    queue_ids: tuple[str, ...]
    group_id: str
    ladders: tuple[Ladder, ...]
    names: Mapping[str, str] = field(default_factory=dict)
    settle_s: float = 240.0
    settle_closed_s: float = 90.0
    hold_s_max: float = 7200.0

    def __post_init__(self) -> None:
        for name in ("settle_s", "settle_closed_s", "hold_s_max"):
            _check_seconds(f"{name} of {self.surge_id}", getattr(self, name))

    def ladder(self, ladder_id: str) -> Ladder | None:
        return next((ladder for ladder in self.ladders if ladder.ladder_id == ladder_id), None)

    def conditions(self) -> Iterator[str]:
        """The names of all conditions that it is to be told of, those of its donors aside."""
        for ladder in self.ladders:
            yield from filter(None, (ladder.active, ladder.opens, ladder.closes))
            for step in ladder.steps:
                yield from filter(None, (step.active, step.opens, step.closes))


def _check_seconds(name: str, seconds: float) -> None:
    if not (isfinite(seconds) and seconds > 0.0):
        raise ValueError(f"{name} is {seconds}: give a finite number of seconds above 0")
